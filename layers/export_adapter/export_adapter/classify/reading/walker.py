"""Finds causes in a body that no rule file describes: objects with a code or a message, at any depth.

It is bounded, and it keeps away from what the request echoes (`words_of_keys`): only objects that
stand where errors stand are read.
"""

import re
from collections.abc import Iterator
from typing import Final

from export_adapter.classify.reading import limits
from export_adapter.classify.reading.report import Cause, cause_of
from export_adapter.classify.reading.words_of_keys import (
    CODE_RANK,
    FIELD_RANK,
    MESSAGE_RANK,
    STATUSES,
    fold_key,
    holds_errors,
    is_echo,
)
from export_adapter.model import Json
from export_adapter.text import names_a_secret

_LIKE_A_CODE: Final = re.compile(r"[#/]?[\w.:/$#\[\]-]{1,120}\Z")
_ONLY_IF_WORDY: Final = frozenset(["error", "type", "name", "key", "rule", "violation", "errortype"])
_NO_CODE: Final = re.compile(
    r"(?:https?://|about:blank\Z|errors?\Z|warning\Z|string\Z|object\Z)", re.IGNORECASE
)
_MESSAGE_IN_OBJECT: Final = ("value", "text", "message", "#text", "_", "en", "content")
_FLAGS: Final = frozenset(["true", "false", "null", "none", "undefined", "ok"])
_HTTP_STATUSES: Final = range(400, 600)


def walk(tree: Json) -> tuple[Cause, ...]:
    """Return the causes of a tree, the outermost first, at most `limits.CAUSES`."""
    found: list[Cause] = []
    seen: set[str] = set()
    for cause in _causes(tree, None, 0, in_error=True):
        mark = f"{cause.code}|{cause.text}"
        if mark not in seen:
            seen.add(mark)
            found.append(cause)
            if len(found) >= limits.CAUSES:
                break
    return tuple(found)


def status_in(tree: Json) -> int:
    """Return the HTTP status that a body repeats, at its top or in the object right below, or 0."""
    if isinstance(tree, list):
        tree = tree[0] if tree else None
    if not isinstance(tree, dict):
        return 0
    for node in (tree, *(child for child in list(tree.values())[:20] if isinstance(child, dict))):
        for key, value in list(node.items())[:40]:
            if fold_key(key) in STATUSES and isinstance(value, int | str):
                text = str(value)
                if text.isdigit() and len(text) == 3 and int(text) in _HTTP_STATUSES:  # noqa: PLR2004 (digits)
                    return int(text)
    return 0


def scalar(value: Json) -> str:
    """Return the text of a value: itself, a number, or the first of a list (XML's elements are lists)."""
    for _ in range(3):
        if isinstance(value, str):
            return value
        if isinstance(value, list) and value:
            value = value[0]
        elif isinstance(value, dict):
            if names_a_secret(str(value.get("name") or "")):
                return ""
            value = next((value[key] for key in _MESSAGE_IN_OBJECT if key in value), None)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _causes(node: Json, field: str | None, depth: int, *, in_error: bool) -> Iterator[Cause]:
    if depth > limits.DEPTH:
        return
    if isinstance(node, list):
        for child in node[: 2 * limits.CAUSES]:
            if isinstance(child, str):
                if in_error and child.strip():
                    yield cause_of(message=child, field_name=field)
            elif isinstance(child, dict | list):
                yield from _causes(child, field, depth + 1, in_error=in_error)
    elif isinstance(node, dict):
        yield from _object(node, field, depth, in_error=in_error)


def _object(node: dict[str, Json], field: str | None, depth: int, *, in_error: bool) -> Iterator[Cause]:
    cause = _cause(node, field) if in_error else None
    if cause:
        yield cause
    for key, child in node.items():
        folded = fold_key(key)
        if is_echo(folded) or (cause and _is_read(folded, child)):
            continue
        errors_below = holds_errors(folded)
        if isinstance(child, dict | list):
            # {"errors": {"AccountNumber": ["does not exist"]}}: the key is the field.
            may_be_field = in_error and not errors_below and folded not in MESSAGE_RANK
            named = key if may_be_field and (depth > 0 or _holds_texts(child)) else field
            below = errors_below or (in_error and depth > 0)
            yield from _causes(child, named, depth + 1, in_error=below)
        elif isinstance(child, str) and in_error and cause is None and depth > 0 and child.strip():
            yield cause_of(message=child, field_name=key)


def _holds_texts(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], str)


def _is_read(folded: str, child: Json) -> bool:
    """Whether a value is part of its object's own cause already: a wrapped text, a path's segments."""
    if folded in FIELD_RANK:
        return not isinstance(child, dict)
    return (folded in MESSAGE_RANK or folded in CODE_RANK) and _holds_one_text(child)


def _cause(node: dict[str, Json], field: str | None) -> Cause | None:
    """Read an object's own code, message, second text and field, where it has a code or a message."""
    messages: list[tuple[int, str]] = []
    codes: list[tuple[int, str]] = []
    fields: list[tuple[int, str]] = []
    for key, value in node.items():
        folded = fold_key(key)
        text = scalar(value)
        if not text or is_echo(folded):
            continue
        if folded in FIELD_RANK and isinstance(value, list):
            text = ".".join(part for part in value if isinstance(part, str))  # a path's segments
        if folded in CODE_RANK and not isinstance(value, dict) and _is_code(folded, text):
            codes.append((CODE_RANK[folded], text))
        elif folded in MESSAGE_RANK and _says_something(value, text):
            messages.append((MESSAGE_RANK[folded], text))
        elif folded in FIELD_RANK:
            fields.append((FIELD_RANK[folded], text))
    if not codes and not messages:
        return None
    messages.sort()
    return cause_of(
        code=min(codes)[1] if codes else None,
        message=messages[0][1] if messages else "",
        field_name=min(fields)[1] if fields else field,
        title=". ".join(text for _, text in messages[1:3]),
    )


def _says_something(value: Json, text: str) -> bool:
    """Whether a message's value is a text with words in it, and not a flag or a list of objects."""
    if isinstance(value, list | dict) and not _holds_one_text(value):
        return False
    return text.lower() not in _FLAGS and any(sign.isalpha() for sign in text[:60])


def _is_code(folded: str, text: str) -> bool:
    if not _LIKE_A_CODE.match(text) or _NO_CODE.match(text):
        return False
    if folded in _ONLY_IF_WORDY:
        return not text.isdigit() and len(text) > 1 and text.lower() not in _FLAGS
    return True


def _holds_one_text(value: Json) -> bool:
    """Whether a message's value is a wrapped text ({"lang", "value"}, or XML's one-element list)."""
    if isinstance(value, list):
        return len(value) == 1 and (isinstance(value[0], str) or _holds_one_text(value[0]))
    if isinstance(value, dict):
        return any(isinstance(value.get(key), str) for key in _MESSAGE_IN_OBJECT) and not any(
            fold_key(key) in CODE_RANK for key in value
        )
    return False
