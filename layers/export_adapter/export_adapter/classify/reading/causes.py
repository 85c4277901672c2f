"""Causes: what a failure says went wrong, and how they are found in a body that no rule file describes.

There they are the objects with a code or a message, at any depth. The search is bounded, and keeps away from
what the request echoes (words_of_keys.toml): only objects that stand where errors stand are read.
"""

import html
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from export_adapter.classify.reading import limits
from export_adapter.classify.reading.body import number_text
from export_adapter.model import Json
from export_adapter.text import cut, names_a_secret, value_of

_WORDS: Final = Path(__file__).with_name("words_of_keys.toml").read_text(encoding="utf-8")
_KEYS: Final = {kind: tuple(words.split()) for kind, words in tomllib.loads(_WORDS).items()}
_MESSAGE_RANK: Final = {key: rank for rank, key in enumerate(_KEYS["messages"])}
_CODE_RANK: Final = {key: rank for rank, key in enumerate(_KEYS["codes"])}
_FIELD_RANK: Final = {key: rank for rank, key in enumerate(_KEYS["fields"])}
_STATUSES: Final = frozenset(_KEYS["statuses"])
_ECHOES: Final = frozenset(_KEYS["echoes"])
_ONLY_IF_WORDY: Final = frozenset(_KEYS["codes_if_wordy"])
_PASSED_THROUGH: Final = frozenset(_KEYS["passed_through"])
_NOT_A_LETTER: Final = re.compile(r"[^a-z0-9æøåäöüéñ]+")
_LONGEST_KEY: Final = 60
_LONGEST_CODE: Final = 120
_LIKE_A_CODE: Final = re.compile(r"[#/]?[\w.:/$#\[\]-]{1,120}\Z")
_NO_CODE: Final = re.compile(
    r"(?:https?://|about:blank\Z|errors?\Z|warning\Z|string\Z|object\Z)", re.IGNORECASE
)
_MESSAGE_IN_OBJECT: Final = ("value", "text", "message", "#text", "_", "en", "content")
_FLAGS: Final = frozenset(["true", "false", "null", "none", "undefined", "ok"])
_HTTP_STATUSES: Final = range(400, 600)
_TRACEBACK: Final = "Traceback (most recent call last)"
_FRAMES: Final = ("\tat ", "\n at ", "\n  at ", "\n    at ")
_CAUSED_BY: Final = "Caused by: "

_QUOTES: Final = str.maketrans(
    "\u2019\u2018\u201a\u2032\u00b4\u201c\u201d\u201e\u00ab\u00bb\x00",
    "'" * 5 + '"' * 5 + " ",
    "\u200b\u00ad\ufeff",
)
"""Plain quotation marks for all others, nothing for what is invisible, a blank for NUL."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that the accounting system (or the exporter) says went wrong.

    `code` is folded (see `fold_code`), `shown_code` as it was sent. `message` and `title` are one line
    each; `text`, which rules are matched against, is both together; `folded` is `text` in lower case.
    """

    code: str | None
    message: str
    field: str | None
    title: str
    shown_code: str | None
    text: str
    folded: str

    @property
    def says_nothing(self) -> bool:
        """Whether there is neither a code nor a text."""
        return not self.code and not self.text


def fold_code(code: str) -> str:
    """Return a code as rules compare it: lower case, no leading '#', no leading zeros of a number."""
    folded = code.strip().lstrip("#").lower()
    if folded[:1] == "0" and folded.isdigit():
        return folded.lstrip("0") or "0"
    return folded


def cause_of(
    code: str | None = None, message: str = "", field_name: str | None = None, title: str = ""
) -> Cause:
    """Make a cause from texts as they were sent; blanks count as nothing."""
    shown_code = one_line(code, _LONGEST_CODE) if code else ""
    message = one_line(without_frames(message))
    # What is the value of a field, or of a code such as "password", may be a secret: later nobody could tell.
    is_word = shown_code.isalpha() and shown_code[1:].islower()
    for subject in (field_name, shown_code if is_word else None):
        message = value_of(subject, message) if subject else message
    title = one_line(title)
    if not message:
        message, title = title, ""
    if not title or title.lower() in message.lower():
        title, text = "", message
    elif message.lower() in title.lower():
        message, title, text = title, "", title
    else:
        text = f"{title}: {message}"
    return Cause(
        code=fold_code(shown_code) or None,
        message=message,
        field=one_line(field_name, _LONGEST_CODE) or None if field_name else None,
        title=title,
        shown_code=shown_code or None,
        text=text,
        folded=text.lower(),
    )


def one_line(text: str, longest: int = limits.MESSAGE) -> str:
    """Return `text` on one line, at most `longest` characters, composed (NFC), with plain quotation marks.

    Patterns of rules are matched against this form, so they need no spelling of blanks and quotes.
    """
    text = cut(text.lstrip(), 2 * longest)
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        # Half of a surrogate pair is legal in JSON and cannot be sent on.
        text = text.encode("utf-8", "ignore").decode()
        text = unicodedata.normalize("NFC", text).translate(_QUOTES)
    elif "\x00" in text:
        text = text.replace("\x00", " ")
    return cut(" ".join(text.split()), longest)


def without_frames(text: str) -> str:
    """Return what a stack trace says in the end: Python's last line, Java's first line and last cause."""
    head = text[: limits.TEXT]
    before, traceback, _ = head.partition(_TRACEBACK)
    if traceback:
        end = text[-limits.TEXT :].rstrip()
        return f"{before[: limits.MESSAGE]} {end[end.rfind('\n') + 1 :][: limits.PATTERN]}"
    if any(frame in head for frame in _FRAMES):
        first, _, causes = head.partition(_CAUSED_BY)
        last = causes.rpartition(_CAUSED_BY)[2]
        return f"{_prose_of(first)} {_prose_of(last)}" if causes else _prose_of(first)
    return text


def _prose_of(trace: str) -> str:
    lines = trace[: limits.PATTERN].split("\n")
    if len(trace) > limits.PATTERN and len(lines) > 1:
        lines.pop()  # it was cut, so that it cannot be told what it is
    return "\n".join(line for line in lines if not (line.lstrip().startswith("at ") and "(" in line))


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
            if _fold_key(key) in _STATUSES and isinstance(value, int | str):
                text = value if isinstance(value, str) else number_text(value)
                if len(text) == 3 and text.isdigit() and int(text) in _HTTP_STATUSES:  # noqa: PLR2004 (digits)
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
    return number_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


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
        folded = _fold_key(key)
        if folded in _ECHOES or (cause and _is_read(folded, child)):
            continue
        errors_below = _holds_errors(folded)
        if isinstance(child, dict | list):
            # {"errors": {"AccountNumber": ["does not exist"]}}: the key is the field.
            may_be_field = in_error and not errors_below and folded not in _MESSAGE_RANK
            named = key if may_be_field and (depth > 0 or _holds_texts(child)) else field
            below = errors_below or (in_error and depth > 0)
            yield from _causes(child, named, depth + 1, in_error=below)
        elif isinstance(child, str) and in_error and cause is None and depth > 0 and child.strip():
            yield cause_of(message=child, field_name=key)


def _holds_texts(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], str)


def _is_read(folded: str, child: Json) -> bool:
    """Whether a value is part of its object's own cause already: a wrapped text, a path's segments."""
    if folded in _FIELD_RANK:
        return not isinstance(child, dict)
    return (folded in _MESSAGE_RANK or folded in _CODE_RANK) and _holds_one_text(child)


def _cause(node: dict[str, Json], field: str | None) -> Cause | None:
    """Read an object's own code, message, second text and field, where it has a code or a message."""
    messages: list[tuple[int, str]] = []
    codes: list[tuple[int, str]] = []
    fields: list[tuple[int, str]] = []
    for key, value in node.items():
        folded = _fold_key(key)
        text = scalar(value)
        if not text or folded in _ECHOES:
            continue
        if folded in _FIELD_RANK and isinstance(value, list):
            text = ".".join(part for part in value if isinstance(part, str))  # a path's segments
        if folded in _CODE_RANK and not isinstance(value, dict) and _is_code(folded, text):
            codes.append((_CODE_RANK[folded], text))
        elif folded in _MESSAGE_RANK and _says_something(value, text):
            messages.append((_MESSAGE_RANK[folded], text))
        elif folded in _FIELD_RANK:
            fields.append((_FIELD_RANK[folded], text))
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
    return text[:10].lower() not in _FLAGS and any(sign.isalpha() for sign in text[:60])


def _is_code(folded: str, text: str) -> bool:
    if len(text) > _LONGEST_CODE + 1 or not _LIKE_A_CODE.match(text) or _NO_CODE.match(text):
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
            _fold_key(key) in _CODE_RANK for key in value
        )
    return False


def _fold_key(key: str) -> str:
    """Return a key as it is compared: lower case, letters and digits alone, without a namespace."""
    return _folded(key if len(key) <= _LONGEST_KEY else key[-_LONGEST_KEY:])


@lru_cache(maxsize=1024)
def _folded(key: str) -> str:
    return _NOT_A_LETTER.sub("", key.lower().rpartition(":")[2])


@lru_cache(maxsize=1024)
def _holds_errors(folded: str) -> bool:
    """Whether objects under this key are errors."""
    if folded in _PASSED_THROUGH or folded.endswith(_KEYS["containers_at_the_end"]):
        return True
    return any(word in folded for word in _KEYS["containers"])
