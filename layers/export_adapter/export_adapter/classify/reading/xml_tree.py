"""XML becomes a JSON-like tree: objects by local names, every child element a list.

`<a><b c="1">x</b></a>` becomes `{"a": [{"b": [{"c": "1", "#text": "x"}]}]}`; an element without
attributes and children is its text. Where an attribute and a child share a name, the child has it.
"""

import html
import re
from typing import TYPE_CHECKING, Final

from export_adapter.classify.reading import limits
from export_adapter.model import Json

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

type _Node = dict[str, Json]

_DECLARATION: Final = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_TOKEN: Final = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    r"|<!--.*?(?:-->|\Z)"
    r"|<[!?][^>]*>?"
    r"|<(?P<end>/)?(?P<name>[A-Za-z_][\w:.-]{0,100}+)"
    r"(?P<attributes>(?:\s++[\w:.-]++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'))*+)[^<>]*+>",
    re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(r"\s([\w:.-]++)\s*+=\s*+(?:\"([^\"<]*+)\"|'([^'<]*+)')")


def read_xml(text: str) -> tuple[Json, bool]:
    """Return the tree and whether the document was whole; a cut-off or wrong one gives what is there."""
    text = _DECLARATION.sub("", text[: limits.TEXT], count=1)
    if text.count("<") < limits.NODES:
        root = _parse(text)
        if root is not None:
            return {_local(root.tag): [_tree(root, [limits.NODES], 0)]}, True
    return _scan(text), False


def _parse(text: str) -> "Element | None":
    # Loaded with the first XML body: most environments never see one, and a cold start pays for it.
    from xml.etree.ElementTree import ParseError  # noqa: PLC0415 (as above)

    from defusedxml import DefusedXmlException  # noqa: PLC0415 (as above)
    from defusedxml.ElementTree import fromstring  # noqa: PLC0415 (as above)

    try:
        return fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None


def _local(name: str) -> str:
    return name.rpartition("}")[2].rpartition(":")[2]


def _tree(element: "Element", nodes_left: list[int], depth: int) -> Json:
    nodes_left[0] -= 1
    node: _Node = {}
    if depth < limits.DEPTH:
        for child in element:
            if nodes_left[0] <= 0:
                break
            _add(node, _local(child.tag), child, nodes_left, depth)
    for name, value in element.attrib.items():
        node.setdefault(_local(name), value)
    text = (element.text or "").strip()
    if not node:
        return text
    if text:
        node["#text"] = text
    return node


def _add(node: _Node, name: str, child: "Element", nodes_left: list[int], depth: int) -> None:
    siblings = node.setdefault(name, [])
    if isinstance(siblings, list):
        siblings.append(_tree(child, nodes_left, depth + 1))


def _scan(text: str) -> Json:
    """Read tag by tag and close at the end what is still open. Entities other than XML's own stay text."""
    root: _Node = {}
    open_elements: list[tuple[str, _Node]] = [("", root)]
    at = 0
    for count, token in enumerate(_TOKEN.finditer(text)):
        if count > limits.NODES:
            break
        _append_text(open_elements[-1][1], text[at : token.start()])
        at = token.end()
        if token["cdata"] is not None:
            _append_text(open_elements[-1][1], token["cdata"], raw=True)
        elif token["name"] and token["end"]:
            _close(open_elements, _local(token["name"]))
        elif token["name"]:
            _open(open_elements, _local(token["name"]), token)
    else:
        _append_text(open_elements[-1][1], text[at:].partition("<")[0])
    while len(open_elements) > 1:
        _close(open_elements, open_elements[-1][0])
    return root or None


def _open(open_elements: list[tuple[str, _Node]], name: str, token: re.Match[str]) -> None:
    node: _Node = {
        _local(found[1]): html.unescape(found[2] or found[3] or "")
        for found in _ATTRIBUTE.finditer(token["attributes"])
        if not found[1].startswith("xmlns")
    }
    if token[0].endswith("/>") or len(open_elements) > limits.DEPTH:
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


def _append_text(node: _Node, text: str, *, raw: bool = False) -> None:
    if text.strip():
        known = node.get("#text")
        node["#text"] = (known if isinstance(known, str) else "") + (text if raw else html.unescape(text))
