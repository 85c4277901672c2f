"""Reads what looks like JSON but is not: cut off in the middle, or a Python or JavaScript rendering.

A repr() of a dict, util.inspect() of an error, JSON whose end is missing: the values that are there are
read, what is open at the end is closed. Nothing is evaluated.
"""

import re
from typing import Final

from export_adapter.classify.reading import limits
from export_adapter.model import Json

_TOKEN: Final = re.compile(
    r"\s*+(?:(?P<punctuation>[{}\[\]:,()])"
    r"|[bBuUrR]{0,2}(?P<text>\"(?:[^\"\\]++|\\.)*+\"?+|'(?:[^'\\]++|\\.)*+'?+)"
    r"|(?P<word>[^\s{}\[\]:,()\"']++))",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " ", "0": " "}
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
    reader = _Reader()
    for count, token in enumerate(_TOKEN.finditer(text[: limits.TEXT])):
        if count > 2 * limits.NODES or not reader.take(token):
            break
    return reader.root


def unescape(text: str) -> str:
    """Return a string literal's content, without its quotation marks."""
    if text[:1] in {'"', "'"}:
        closed = len(text) > 1 and text[-1] == text[0] and not text[:-1].endswith("\\")
        text = text[1:-1] if closed else text[1:]
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(escape: re.Match[str]) -> str:
    hexadecimal = escape[1] or escape[2]
    if hexadecimal:
        character = chr(int(hexadecimal, 16))
        # Half of a surrogate pair: a lone one cannot be written to a log or sent.
        return " " if "\ud800" <= character <= "\udfff" else character
    return _ESCAPED.get(escape[3], escape[3])


class _Reader:
    """Builds the value token by token; `take` returns False when the first value is complete."""

    def __init__(self) -> None:
        self.root: Json = None
        self._open: list[list[Json] | dict[str, Json]] = []
        self._keys: list[str | None] = []
        self._after_word = False

    def take(self, token: re.Match[str]) -> bool:
        punctuation = token["punctuation"]
        if punctuation:
            self._after_word = False
            return self._punctuation(punctuation)
        if token["text"] is not None:
            self._after_word = False
            self._value(unescape(token["text"]))
        else:
            self._word(token["word"])
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
