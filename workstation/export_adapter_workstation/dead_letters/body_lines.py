"""A body as lines for a terminal or a ticket: printable, bounded, secrets masked."""

import json
from typing import Final

from export_adapter.model import Json
from export_adapter.text import ELLIPSIS, names_a_secret, shown, value_of

_MOST_READ: Final = 20_000
_DEEPEST: Final = 12
_MOST_ELEMENTS: Final = 100


def body_lines(value: Json, most_lines: int) -> list[str]:
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
            is_pair = names_a_secret(str(value.get("name") or ""))
            return {
                shown(name, 100): _value(name, one, depth) if not is_pair or name != "value" else ELLIPSIS
                for name, one in list(value.items())[:_MOST_ELEMENTS]
            }
        case _:
            return value


def _value(key: str, value: Json, depth: int) -> Json:
    if isinstance(value, str):
        return shown(value_of(key, value))
    return ELLIPSIS if value and names_a_secret(key) else _masked(value, depth + 1)
