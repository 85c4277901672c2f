"""Text from outside, made fit for a terminal or a ticket: printable, bounded, secrets masked."""

import json
import re
from typing import Final

from export_adapter.classify.words import ELLIPSIS, without_secrets
from export_adapter.model import Json

_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]+"
)
_UUID: Final = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_SECRET_KEY: Final = re.compile(
    r"authori[sz]ation|cookie|token|secret|passw|pwd|(?:api|private)[ _-]?key|credential|signature",
    re.IGNORECASE,
)
_MOST_READ: Final = 20_000
_DEEPEST: Final = 12
_MOST_ELEMENTS: Final = 100


def shown(text: str, longest: int = 300) -> str:
    """Return one printable line of at most `longest` characters, without secrets and personal data.

    Ids of entries, jobs and requests stay: whoever is on call looks things up by them.
    """
    line = " ".join(_UNPRINTABLE.sub(" ", text[:_MOST_READ]).split())
    ids = _UUID.findall(line)
    parts = [without_secrets(part) for part in _UUID.split(line)]
    masked = "".join(part + each for part, each in zip(parts, [*ids, ""], strict=True))
    return masked if len(masked) <= longest else masked[: longest - 1].rstrip() + ELLIPSIS


def shown_json(value: Json, most_lines: int) -> list[str]:
    """Return a JSON value as printable lines, without secrets; a string that holds JSON counts as that."""
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, str):
        lines = [shown(line) for line in value[:_MOST_READ].splitlines() if line.strip()]
    else:
        lines = json.dumps(_masked(value, 0), indent=2, ensure_ascii=False).splitlines()
    if len(lines) <= most_lines:
        return lines
    return [*lines[:most_lines], f"{ELLIPSIS} and {len(lines) - most_lines} more lines"]


def _parsed(text: str) -> Json:
    """Return what a text holds as JSON, where that is an object or an array; else the text."""
    if not text.lstrip().startswith(("{", "[")) or len(text) > _MOST_READ:
        return text
    try:
        found: Json = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found


def _masked(value: Json, depth: int) -> Json:
    if depth == _DEEPEST:
        return ELLIPSIS
    match value:
        case str():
            return shown(value)
        case list():
            return [_masked(one, depth + 1) for one in value[:_MOST_ELEMENTS]]
        case dict():
            return {
                shown(name, 100): ELLIPSIS if _SECRET_KEY.search(name) and one else _masked(one, depth + 1)
                for name, one in list(value.items())[:_MOST_ELEMENTS]
            }
        case _:
            return value
