"""The body of a record, freed of what the queue's feeder wrapped around it."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NoReturn

from export_adapter.model import Json

MAX_NESTING: Final = 64
"""Levels of arrays and objects. Real bodies stay below 20; beyond this only an attack goes."""

_MAX_WRAPPERS: Final = 4
# Possessive, and without need of a closing quote, so that it never tries again: an open string of escaped
# quotes would otherwise take quadratic time.
_STRING: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET: Final = re.compile(r"[\[\]{}]")


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The message's own JSON object."""

    message: dict[str, Json]


@dataclass(frozen=True, slots=True)
class NotUnwrapped:
    """Why no message could be found in the body, in words for whoever wrote it."""

    reason: str


def unwrap(body: str) -> Unwrapped | NotUnwrapped:
    """Find the message in a record's body.

    The body is the message itself, an EventBridge event, an SNS notification or a structured
    CloudEvent, also one inside the other (EventBridge to SNS to SQS).
    """
    content: Json = body
    for _ in range(_MAX_WRAPPERS + 1):
        if isinstance(content, str):
            parsed = _parse(content)
            if isinstance(parsed, NotUnwrapped):
                return parsed
            content = parsed.value
        if not isinstance(content, dict):
            return NotUnwrapped(f"body must be a JSON object, not {_kind(content)}")
        if isinstance(content, Twice):
            return NotUnwrapped(f"{content.key}: the key comes twice in one object")
        inner = _inside(content)
        if inner is None:
            return Unwrapped(content)
        content = inner.value
    return NotUnwrapped(f"body is wrapped more than {_MAX_WRAPPERS} times")


@dataclass(frozen=True, slots=True)
class _Found:
    value: Json


def _inside(content: dict[str, Json]) -> _Found | None:
    """Return what the wrapper holds, or nothing where the content is the message itself."""
    if "results" in content or "exportJobId" in content:
        return None
    if content.get("Type") == "Notification" and "Message" in content:
        return _Found(content["Message"])
    if "detail-type" in content and "detail" in content:
        return _Found(content["detail"])
    if "specversion" in content and "data" in content:
        return _Found(content["data"])
    return None


def _parse(text: str) -> _Found | NotUnwrapped:
    if not text.strip():
        return NotUnwrapped("body is empty")
    if _nesting(text) > MAX_NESTING:
        return NotUnwrapped(f"body is nested deeper than {MAX_NESTING} levels")
    try:
        return _Found(
            json.loads(text, parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_object)
        )
    except json.JSONDecodeError as broken:
        what = broken.msg.removesuffix(" at")  # some of Python's messages end so, others do not
        return NotUnwrapped(f"body is not JSON: {what} at line {broken.lineno} column {broken.colno}")
    except ValueError:
        # An integer beyond Python's limit on digits, NaN, Infinity or a float that overflows: none of
        # them can be written back as it came.
        return NotUnwrapped("body is not JSON: it holds a number that cannot be represented")


def _nesting(text: str) -> int:
    """Count the levels without recursion, so that the parser never meets what would exhaust its stack."""
    if text.count("[") + text.count("{") <= MAX_NESTING:
        return 0
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


class Twice(dict[str, "Json"]):
    """A JSON object in which `key` comes twice: Python keeps the last one, what the first said is gone.

    In a message or a result that would be a loss. In what an accounting system answered it does no harm.
    """

    __slots__ = ("key",)

    def __init__(self, pairs: Iterable[tuple[str, Json]], key: str) -> None:
        super().__init__(pairs)
        self.key = key


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    counts = Counter(key for key, _ in pairs)
    return Twice(pairs, max(counts, key=counts.__getitem__))


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        _refuse(digits)
    return number


def _refuse(constant: str) -> NoReturn:
    message = f"{constant[:20]} is not a JSON number"
    raise ValueError(message)


def _kind(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"
