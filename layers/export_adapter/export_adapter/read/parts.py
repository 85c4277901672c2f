"""The text of a message, cut into parts: each value beside the very text that it was written as.

A result is parked as that text. So nothing that Python cannot hold, or would write differently, changes it: a
number of 5,000 digits, 1e400, a key given twice, 70 levels of nesting.
"""

import json
import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn, cast

from export_adapter.model import Json

MAX_NESTING: Final = 64
"""Levels of arrays and objects that are parsed, or a few more. Real bodies stay below 20."""

MAX_RESULTS: Final = 14_000
"""A result takes at least 79 bytes, so that SQS, which takes 1 MiB, cannot carry more valid ones."""

MAX_FIELDS: Final = 10_000
"""Fields of a message, or of a wrapper around it."""

_LONGEST_INTEGER: Final = 4_300
"""Digits from which Python refuses to convert between text and int."""

_OPENED_ARRAY: Final = "results"
_OPENED_OBJECTS: Final = frozenset({"detail", "Message", "data"})
_MOST_OPENED: Final = 5

_SPACE: Final = re.compile(r"[ \t\n\r]*+")
_SEPARATOR: Final = re.compile(r"[ \t\n\r]*+([,\]}]?+)[ \t\n\r]*+")
_AS_TEXT: Final = str.maketrans({'"': "'", "\\": "/"} | dict.fromkeys(map(chr, range(0x20)), " "))


def _brackets(skipped: int) -> re.Pattern[str]:
    """Return what finds the next run of opening or closing brackets.

    It skips strings, and arrays and objects of at most `skipped` levels: nearly all there are. It is
    possessive, a string needs no closing quote, and at the end of the text it finds an empty run. A search
    that fails, or tries again, would begin anew at each position and take quadratic time.
    """
    plain = r'[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+"?'
    skips = plain
    for _ in range(skipped):
        skips = rf"{plain}|[\[{{](?:{skips})*+[\]}}]"
    return re.compile(rf"(?:{skips})*+([\[{{]++|[\]}}]++|)", re.DOTALL)


_BRACKETS: Final = _brackets(4)


class UnreadableError(ValueError):
    """A text that is not read any further; the message says why and holds nothing of the text."""


class Twice(dict[str, "Json"]):
    """A JSON object in which `key` comes twice: Python keeps the last value, and the first is gone.

    In a message or a result that would be a loss. In what an accounting system answered it does no harm.
    """

    __slots__ = ("key",)

    def __init__(self, pairs: Iterable[tuple[str, Json]], key: str) -> None:
        super().__init__(pairs)
        self.key = key


@dataclass(frozen=True, slots=True)
class Element:
    """An element of an array: its value, and the text that it was written as."""

    value: Json
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A JSON value, and where it stands in the text `source`.

    What was opened has parts instead of a value: `elements` where it is an array, `fields` where it is an
    object, and then perhaps a name that comes `twice`.
    """

    source: str = field(repr=False)
    start: int
    end: int
    value: Json = None
    fields: Mapping[str, "Part"] | None = None
    elements: tuple[Element, ...] | None = None
    twice: str | None = None

    @property
    def text(self) -> str:
        """The value as it was written."""
        return self.source[self.start : self.end]

    def json(self) -> Json:
        """Return the whole value, opened or not."""
        if self.fields is not None:
            return {name: part.json() for name, part in self.fields.items()}
        return self.value if self.elements is None else [one.value for one in self.elements]


def parts_of(text: str) -> Part:
    """Cut a JSON text into the parts of a message, or of the wrappers around one.

    The time it takes grows with the length of the text alone. What is nested too deep inside of a result is
    read as a string: its text, with the characters replaced that a JSON string cannot hold.

    Raises:
        UnreadableError: It is not JSON, or it holds more than is read.
    """
    if text.startswith("\ufeff"):
        raise UnreadableError("body is not JSON: it begins with a byte order mark")
    cutter = _Cutter(text, *_flattened(text))
    try:
        part = cutter.value("body", cutter.past_space(0))
        cutter.expect_end(part.end)
    except json.JSONDecodeError as broken:
        what = broken.msg.removesuffix(" at")  # some of Python's messages end so, others do not
        reason = f"body is not JSON: {what} at line {broken.lineno} column {broken.colno}"
        raise UnreadableError(reason) from broken
    return part


def _flattened(text: str) -> tuple[str, list[int]]:
    """Return a text of the same length in which each subtree that is nested too deep is a string.

    It counts without recursion, so that the parser never meets what would exhaust its stack. Also returns
    where these strings begin.
    """
    if text.count("[") + text.count("{") <= MAX_NESTING:
        return text, []
    pieces: list[str] = []
    begins: list[int] = []
    flat = ""
    depth = copied = begin = 0
    for found in _BRACKETS.finditer(text):
        run, at, before = found[1], found.start(1), depth
        if not run:
            break
        if run[0] in "[{":
            depth += len(run)
            if before <= MAX_NESTING < depth:
                begin = at + MAX_NESTING - before
            continue
        depth -= len(run)
        if depth <= MAX_NESTING < before:
            flat = flat or text.translate(_AS_TEXT)
            end = at + before - MAX_NESTING
            pieces += (text[copied:begin], '"', flat[begin + 1 : end - 1], '"')
            begins.append(begin)
            copied = end
    if depth > MAX_NESTING:
        raise UnreadableError(f"body is nested deeper than {MAX_NESTING} levels")
    return ("".join((*pieces, text[copied:])), begins) if begins else (text, begins)


@dataclass(frozen=True, slots=True)
class _Cutter:
    """Cuts `text`. `flat` is the same text flattened, `too_deep` is where its flattened subtrees begin."""

    text: str
    flat: str
    too_deep: list[int]

    def value(self, name: str, at: int, opened: int = 0) -> Part:
        """Return the part at `at`, which stands under `name`; `opened` objects are open around it."""
        sign = self.flat[at : at + 1]
        if sign == "{" and (not opened or (name in _OPENED_OBJECTS and opened < _MOST_OPENED)):
            return self._object(at, opened + 1)
        if sign == "[" and name == _OPENED_ARRAY and opened:
            return self._array(at)
        part = self._decoded(name, at)
        place = bisect_left(self.too_deep, at)
        if place < len(self.too_deep) and self.too_deep[place] < part.end:
            raise UnreadableError(f"{_shown(name)} is nested deeper than {MAX_NESTING} levels")
        return part

    def expect_end(self, at: int) -> None:
        """Raise JSONDecodeError where anything but white space follows."""
        end = self.past_space(at)
        if end != len(self.text):
            raise json.JSONDecodeError("Extra data", self.text, end)

    def past_space(self, at: int) -> int:
        """Return where the white space that begins at `at` ends."""
        found = _SPACE.match(self.flat, at)
        return found.end() if found else at

    def _separator(self, at: int) -> tuple[str, int, int]:
        """Return the comma or closing bracket after white space, its place, and the place of what follows."""
        found = _SEPARATOR.match(self.flat, at)
        return (found[1], found.start(1), found.end()) if found else ("", at, at)

    def _decoded(self, name: str, at: int) -> Part:
        try:
            value, end = _STRICT.raw_decode(self.flat, at)
        except json.JSONDecodeError:
            raise
        except ValueError as number:
            # An integer beyond Python's limit on digits, a float that overflows, NaN or Infinity.
            raise UnreadableError(
                f"body is not JSON: {_shown(name)} holds a number that cannot be represented"
            ) from number
        return Part(self.text, at, end, value)

    def _object(self, start: int, opened: int) -> Part:
        fields: dict[str, Part] = {}
        twice: list[str] = []

        def one(at: int) -> int:
            if self.flat[at : at + 1] != '"':
                raise json.JSONDecodeError("Expecting property name enclosed in double quotes", self.text, at)
            decoded, at = _STRICT.raw_decode(self.flat, at)
            name = cast("str", decoded)
            at = self.past_space(at)
            if self.flat[at : at + 1] != ":":
                raise json.JSONDecodeError("Expecting ':' delimiter", self.text, at)
            part = self.value(name, self.past_space(at + 1), opened)
            if name in fields:
                twice.append(name)
            fields[name] = part
            return part.end

        end = self._each(start, "}", MAX_FIELDS, "body must have at most {} fields", one)
        return Part(self.text, start, end, fields=fields, twice=next(iter(twice), None))

    def _array(self, start: int) -> Part:
        elements: list[Element] = []

        def one(at: int) -> int:
            value, end = _TOLERANT.raw_decode(self.flat, at)
            elements.append(Element(value, self.text[at:end]))
            return end

        end = self._each(start, "]", MAX_RESULTS, f"{_OPENED_ARRAY}: must have at most {{}} elements", one)
        return Part(self.text, start, end, elements=tuple(elements))

    def _each(self, start: int, close: str, most: int, too_many: str, one: Callable[[int], int]) -> int:
        """Call `one`, which returns where it ends, at each member of what is at `start`. Return its end."""
        at = self.past_space(start + 1)
        if self.flat[at : at + 1] == close:
            return at + 1
        for _ in range(most):
            sign, stands, at = self._separator(one(at))
            if sign == close:
                return stands + 1
            if sign != ",":
                raise json.JSONDecodeError("Expecting ',' delimiter", self.text, stands)
        raise UnreadableError(too_many.format(most))


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return Twice(pairs, name)
        seen.add(name)
    return made


def _integer(digits: str) -> int | float:
    """Read an integer; one that Python refuses becomes infinity, which the contract takes in a body only."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        _refuse(digits)
    return number


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant[:20]} is not a JSON number")


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else " " for character in name[:100])


_STRICT: Final = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
"""For the envelope: numbers that cannot be held are refused."""

_TOLERANT: Final = json.JSONDecoder(parse_int=_integer, object_pairs_hook=_object)
"""For a result: what an accounting system answered may hold any number. Its text is kept beside it."""
