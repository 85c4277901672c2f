"""XML becomes a JSON-like tree, and an HTML page what a person would see of it. Both may be cut off.

`<a><b c="1">x</b></a>` becomes `{"a": [{"b": [{"c": "1", "#text": "x"}]}]}`: objects by local names, every
child element a list; an element without attributes and children is its text. Where an attribute and a child
share a name, the child has it. A document type's entities are never expanded.
"""

import html
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from export_adapter.classify.reading import limits
from export_adapter.model import Json

type _Node = dict[str, Json]

_TAG: Final = re.compile(
    r"<(?P<end>/)?(?P<name>[A-Za-z_][\w:.-]{0,100}+)"
    r"(?P<attributes>(?:\s++[\w:.-]++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'))*+)[^<>]*+>"
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


class _Token(NamedTuple):  # twice as fast to make as a dataclass, and there are thousands
    """A tag with the text before it. `name` is "" after the last one, `raw` what a CDATA section holds."""

    before: str
    name: str = ""
    is_end: bool = False
    is_empty: bool = False
    attributes: str = ""
    raw: str = ""


def read_html(page: str) -> tuple[str, str]:
    """Return the title and the beginning of the visible text of a page."""
    title, seen, length, tag = "", [], 0, ""
    for token in _tokens(page[: limits.TEXT], unseen=_UNSEEN):
        text = " ".join(html.unescape(token.before).split())
        if tag == "title":
            title = title or text[:_LONGEST_TITLE]
        elif text:
            seen.append(text)
            length += len(text) + 1
            if length > _LONGEST_PAGE:
                break
        tag = "" if token.is_end else token.name.lower()
    return title, " ".join(seen)[:_LONGEST_PAGE]


def read_xml(text: str) -> tuple[Json, bool]:
    """Return the tree and whether the document was whole; None where there is no element.

    What is still open at the end is closed there. A tag that closes nothing is passed over.
    """
    root: _Node = {}
    open_elements: list[tuple[str, _Node]] = [("", root)]
    whole = True
    for token in _tokens(text[: limits.TEXT]):
        node = open_elements[-1][1]
        _add_text(node, html.unescape(token.before) if "&" in token.before else token.before)
        if token.raw:
            _add_text(node, token.raw)
        elif token.is_end:
            whole &= open_elements[-1][0] == _local(token.name)
            _close(open_elements, _local(token.name))
        elif token.name:
            _open(open_elements, token)
    whole &= len(open_elements) == 1
    while len(open_elements) > 1:
        _close(open_elements, open_elements[-1][0])
    return root or None, whole


def _tokens(text: str, unseen: frozenset[str] = frozenset()) -> Iterator[_Token]:
    """Yield the tags of a text, at most limits.TOKENS; what stands inside `unseen` elements is skipped."""
    folded = text.lower() if unseen and text.isascii() else text
    at = look = 0
    for _ in range(limits.TOKENS):
        start = text.find("<", look)
        if start < 0:
            break
        before = text[at : min(start, at + limits.PATTERN)]
        if text[start + 1 : start + 2] in {"!", "?"}:
            opening, closing = next(pair for pair in _NO_ELEMENT if text.startswith(pair[0], start))
            found = text.find(closing, start + len(opening))
            end = found if found >= 0 else len(text)
            raw = text[start + len(opening) : end][: limits.PATTERN] if closing == "]]>" else ""
            at = look = end + len(closing)
            yield _Token(before, raw=raw)
            continue
        tag = _TAG.match(text, start, start + limits.PATTERN)
        if tag is None:  # a sign in a text, or a tag that was cut off
            look = start + 1
            continue
        at = look = tag.end()
        name = tag["name"]
        if not tag["end"] and name.lower() in unseen:
            found = folded.find(f"</{name.lower()}", at)
            at = look = found if found >= 0 else len(text)
        yield _Token(before, name, tag["end"] is not None, text[tag.end() - 2] == "/", tag["attributes"])
    else:
        return
    yield _Token(text[at : at + limits.PATTERN].partition("<")[0])


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _open(open_elements: list[tuple[str, _Node]], token: _Token) -> None:
    name = _local(token.name)
    node: _Node = {
        _local(found[1]): html.unescape(found[2] or found[3] or "")
        for found in (_ATTRIBUTE.finditer(token.attributes) if token.attributes else ())
        if not found[1].startswith("xmlns")
    }
    if token.is_empty or len(open_elements) > limits.DEPTH:
        _attach(open_elements[-1][1], name, node)
    else:
        open_elements.append((name, node))


def _close(open_elements: list[tuple[str, _Node]], name: str) -> None:
    """Close the innermost open element of that name, and with it what was left open inside."""
    if all(name != open_name for open_name, _ in open_elements[1:]):
        return
    while True:
        closed, node = open_elements.pop()
        _attach(open_elements[-1][1], closed, node)
        if closed == name:
            return


def _attach(parent: _Node, name: str, node: _Node) -> None:
    text = node.get("#text")
    if isinstance(text, str):
        node["#text"] = text.strip()
        if not node["#text"]:
            del node["#text"]
    value: Json = node.get("#text", "") if not node.keys() - {"#text"} else node
    siblings = parent.get(name)
    if isinstance(siblings, list):
        siblings.append(value)
    else:
        parent[name] = [value]


def _add_text(node: _Node, text: str) -> None:
    known = node.get("#text")
    if not isinstance(known, str):
        known = ""
    if len(known) < limits.PATTERN and not text.isspace() and text:
        node["#text"] = known + text
