"""Scanners for documents that a strict parser refuses, because they are cut off or rendered by a program.

JSON that is cut off, Python's repr() of a dict, JavaScript's util.inspect() of an error: the values that are
there are read, what is open at the end is closed. XML becomes a JSON-like tree: `<a><b c="1">x</b></a>` is
`{"a": [{"b": [{"c": "1", "#text": "x"}]}]}`, objects by local names, every child element a list; an element
without attributes and children is its text; where an attribute and a child share a name, the child has it.
Of an HTML page the title and the visible text are read.

Nothing is evaluated, and entities that a document defines are never expanded. All of it takes time in
proportion to the length: a pattern is matched at a place, on at most `limits.PATTERN` characters.
"""

import html
import re
from collections.abc import Iterator
from typing import Final

from export_adapter.classify.reading import limits
from export_adapter.model import Json

_JSON_TOKEN: Final = re.compile(
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
    reader = _JsonReader()
    at = 0
    for _ in range(2 * limits.TOKENS):
        token = _JSON_TOKEN.match(text, at, at + limits.PATTERN)
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


class _JsonReader:
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


_TAG: Final = re.compile(
    r"<(/?)([A-Za-z_][\w:.-]{0,100}+)((?:\s++[\w:.-]++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'))*+)[^<>]*+>"
)
_ATTRIBUTE: Final = re.compile(r"\s([\w:.-]++)\s*+=\s*+(?:\"([^\"<]*+)\"|'([^'<]*+)')")
_NO_ELEMENT: Final = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<!", ">"), ("<?", ">"))
_UNSEEN: Final = frozenset(["script", "style", "svg", "noscript"])
_LONGEST_PAGE: Final = 600
_LONGEST_TITLE: Final = 300

LOOKS_LIKE_HTML: Final = re.compile(
    r"\s*+(?:<\?xml[^>]{0,200}+>\s*+)?(?:<!--.{0,2000}?-->\s*+)?"
    r"<(?:!doctype\s+html|html|head|body|title|center|h[1-6]|p|div|br|pre)(?=[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
"""A page by its first element: SOAP has a Body too, and any prefix may be called p."""


type _Tag = tuple[str, str, str, str]
"""The text before a tag, the element's name ("" where it is no element), its attributes, and what it does.

"/" closes the element, "//" opens and closes it, "" opens it.
"""


def read_html(page: str) -> tuple[str, str]:
    """Return the title and the beginning of the visible text of a page."""
    title, seen, length, tag = "", [], 0, ""
    for before, name, _, does in _tags(page[: limits.TEXT], unseen=_UNSEEN):
        text = " ".join(before.split()) if before else ""
        if text and tag == "title":
            title = title or text[:_LONGEST_TITLE]
        elif text:
            seen.append(text)
            length += len(text) + 1
            if length > _LONGEST_PAGE:
                break
        tag = "" if does else name.lower()
    return title, " ".join(seen)[:_LONGEST_PAGE]


def read_xml(text: str) -> tuple[Json, bool]:
    """Return the tree and whether the document was whole; None where there is no element.

    What is still open at the end is closed there. A tag that closes nothing is passed over.
    """
    tree = _OpenElement("", {})
    open_elements = [tree]
    whole = True
    for before, name, attributes, does in _tags(text[: limits.TEXT]):
        top = open_elements[-1]
        if before and not before.isspace() and len(top.text) < limits.PATTERN:
            top.text += before
        local = name.rpartition(":")[2]
        if does == "/":
            is_open = top.name == local and len(open_elements) > 1
            whole &= is_open
            while is_open or any(local == element.name for element in open_elements[1:]):
                closed = open_elements.pop()
                closed.close_in(open_elements[-1].node)
                if closed.name == local:
                    break
        elif name:
            element = _OpenElement(local, _attributes(attributes) if attributes else {})
            if does or len(open_elements) > limits.DEPTH:
                element.close_in(top.node)
            else:
                open_elements.append(element)
    whole &= len(open_elements) == 1
    while len(open_elements) > 1:
        open_elements.pop().close_in(open_elements[-1].node)
    return tree.node or None, whole


class _OpenElement:
    """An element whose end has not been seen yet."""

    __slots__ = ("name", "node", "text")

    def __init__(self, name: str, node: dict[str, Json]) -> None:
        self.name, self.node, self.text = name, node, ""

    def close_in(self, parent: dict[str, Json]) -> None:
        """Give the parent what the element holds: its text where that is all."""
        text = self.text.strip()
        if text and self.node:
            self.node["#text"] = text
        value: Json = self.node or text
        siblings = parent.get(self.name)
        if isinstance(siblings, list):
            siblings.append(value)
        else:
            parent[self.name] = [value]


def _attributes(text: str) -> dict[str, Json]:
    return {
        found[1].rpartition(":")[2]: html.unescape(found[2] or found[3] or "")
        for found in _ATTRIBUTE.finditer(text)
        if not found[1].startswith("xmlns")
    }


def _tags(text: str, unseen: frozenset[str] = frozenset()) -> Iterator[_Tag]:
    """Yield the tags of a text, at most limits.TOKENS; what stands inside `unseen` elements is skipped."""
    folded = text.lower() if unseen and text.isascii() else text
    at = look = 0
    for _ in range(limits.TOKENS):
        start = text.find("<", look)
        if start < 0:
            break
        tag = _TAG.match(text, start, start + limits.PATTERN)
        if tag:
            before = _said(text[at:start])
            at = look = tag.end()
            does, name, attributes = tag.groups()
            if not does and text[at - 2] == "/":
                does = "//"
            yield before, name, attributes, does
            if unseen and not does and name.lower() in unseen:
                found = folded.find(f"</{name.lower()}", at)
                at = look = found if found >= 0 else len(text)
        elif text[start + 1 : start + 2] in {"!", "?"}:
            opening, closing = next(pair for pair in _NO_ELEMENT if text.startswith(pair[0], start))
            found = text.find(closing, start + len(opening))
            end = found if found >= 0 else len(text)
            before = _said(text[at:start])
            at = look = end + len(closing)
            if closing == "]]>":
                before += text[start + len(opening) : end][: limits.PATTERN]
            yield before, "", "", ""
        else:  # a sign in a text, or a tag that was cut off
            look = start + 1
    else:
        return
    yield _said(text[at : at + limits.PATTERN].partition("<")[0]), "", "", ""


def _said(text: str) -> str:
    """Return what stands between two tags: only there, or each "<" that begins none would read it again."""
    text = text[: limits.PATTERN]
    return html.unescape(text) if "&" in text else text
