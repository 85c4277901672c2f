"""Reads what looks like JSON but is not: cut off in the middle, or a Python or JavaScript rendering.

A repr() of a dict, util.inspect() of an error, JSON whose end is missing: the values that are there are
read, what is open at the end is closed. Nothing is evaluated.
"""

import re
from typing import Final

from export_adapter.classify.reading import limits
from export_adapter.model import Json

_TOKEN: Final = re.compile(
    r"\s*+(?:(?P<punctuation>[{}\[\]:,()])|[bBuUrR]{0,2}(?P<quote>[\"'])|(?P<word>[^\s{}\[\]:,()\"']++))"
)
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " ", "0": " "}
_DIGITS_OF_ESCAPES: Final = {"x": 2, "u": 4}
_HEXADECIMAL: Final = frozenset("0123456789abcdefABCDEF")
_WORDS: Final[dict[str, Json]] = {
    "null": None,
    "none": None,
    "undefined": None,
    "nan": None,
    "true": True,
    "false": False,
}
_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?\Z")

BEGINNING: Final = re.compile(r"\{\s*+(?:[bu]?[\"'\\]|[A-Za-z_$][\w$]{0,60}\s*+:|\})|\[\s*+[{\[\"']")
"""Where an object or a list begins inside a text."""


def read_lenient(text: str) -> Json:
    """Return the first object or list of `text`, which must begin with it."""
    text = text[: limits.LENIENT]
    reader = _Reader()
    at = 0
    for _ in range(2 * limits.TOKENS):
        token = _TOKEN.match(text, at, at + limits.PATTERN)
        if token is None:
            break
        at = token.end()
        literal = ""
        if token["quote"]:
            end = _end_of_literal(text, at, token["quote"])
            literal = unescape(text[at : min(end, at + limits.PATTERN)])
            at = end + 1
        if not reader.take(token["punctuation"], token["word"], literal):
            break
    return reader.root


def _end_of_literal(text: str, at: int, quote: str) -> int:
    """Return the place of the quotation mark that closes a literal, or the end of the text."""
    while (at := text.find(quote, at)) >= 0:
        first = at
        while text[first - 1] == "\\":
            first -= 1
        if (at - first) % 2 == 0:
            return at
        at += 1
    return len(text)


def unescape(text: str) -> str:
    """Return a string literal's content, without its quotation marks and with its first escapes resolved."""
    text = text[: limits.TEXT]
    if text[:1] in {'"', "'"}:
        closed = len(text) > 1 and text[-1] == text[0] and not text[:-1].endswith("\\")
        text = text[1:-1] if closed else text[1:]
    if "\\" not in text:
        return text
    pieces = iter(text.split("\\", limits.TOKENS))
    first = next(pieces)
    # Nothing between two backslashes: the first stands for the second, and what follows is plain.
    return first + "".join(_resolved(piece) if piece else "\\" + next(pieces, "") for piece in pieces)


def _resolved(piece: str) -> str:
    """Return what stands after a backslash with its first characters resolved."""
    kind = piece[0]
    count = _DIGITS_OF_ESCAPES.get(kind, 0)
    digits = piece[1 : 1 + count]
    if not count or len(digits) < count or not _HEXADECIMAL.issuperset(digits):
        return _ESCAPED.get(kind, kind) + piece[1:]
    character = chr(int(digits, 16))
    # Half of a surrogate pair: a lone one cannot be written to a log or sent.
    half = "\ud800" <= character <= "\udfff"
    return (" " if half else character) + piece[1 + count :]


class _Reader:
    """Builds the value token by token; `take` returns False when the first value is complete."""

    def __init__(self) -> None:
        self.root: Json = None
        self._open: list[list[Json] | dict[str, Json]] = []
        self._keys: list[str | None] = []
        self._after_word = False

    def take(self, punctuation: str | None, word: str | None, literal: str) -> bool:
        if punctuation:
            self._after_word = False
            return self._punctuation(punctuation)
        if word is not None:
            self._word(word)
        else:
            self._after_word = False
            self._value(literal)
        return True

    def _punctuation(self, sign: str) -> bool:
        if sign in "{[(":
            self._begin({} if sign == "{" else [])
        elif sign in "}])":
            if self._open:
                self._open.pop()
                self._keys.pop()
            return bool(self._open)
        elif sign == "," and self._keys:
            self._keys[-1] = None
        return True

    def _begin(self, value: list[Json] | dict[str, Json]) -> None:
        if len(self._open) < limits.DEPTH:
            self._value(value)
        if self.root is None:
            self.root = value
        self._open.append(value)
        self._keys.append(None)

    def _word(self, word: str) -> None:
        folded = word.lower()
        value: Json = _WORDS.get(folded, word)
        if _NUMBER.match(word):
            value = float(word) if "." in word else int(word)
        if self._after_word and self._open:
            self._extend(word)
        else:
            self._value(value)
        self._after_word = True

    def _extend(self, word: str) -> None:
        """Add a word to the unquoted text that it follows (JavaScript prints an error's text bare)."""
        container, key = self._open[-1], self._keys[-1]
        if isinstance(container, dict) and key is not None and isinstance(container.get(key), str):
            container[key] = f"{container[key]} {word}"

    def _value(self, value: Json) -> None:
        if not self._open:
            return
        container = self._open[-1]
        if isinstance(container, list):
            container.append(value)
        elif self._keys[-1] is None:
            self._keys[-1] = str(value)
        else:
            container.setdefault(self._keys[-1], value)
