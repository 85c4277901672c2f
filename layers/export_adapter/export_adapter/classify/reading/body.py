"""A body is read by what it is, not by what its header says."""

import json
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from export_adapter.classify.reading import limits
from export_adapter.classify.reading.html_text import LOOKS_LIKE_HTML, read_html
from export_adapter.classify.reading.lenient import BEGINNING, read_lenient, unescape
from export_adapter.classify.reading.xml_tree import read_xml
from export_adapter.model import Json
from export_adapter.text import names_a_secret

_FORM: Final = re.compile(
    r"[\w.%+\[\]-]{1,100}=[^&\s<>{}]{0,2000}(?:&[\w.%+\[\]-]{1,100}=[^&<>{}]{0,2000})*+&?\Z"
)
_BYTES: Final = re.compile(r"[bBuU]{1,2}([\"'])(.*)\1\Z", re.DOTALL)
_MARKUP: Final = re.compile(
    r"<(?:\?xml|!doctype|html"
    r"|(?:[\w-]{1,30}:)?[\w-]{0,40}(?:envelope|exception|response|errors?|fault)(?! [-\d\[])[\s>])",
    re.IGNORECASE,
)
_MOST_FORM_FIELDS: Final = 100
_MOST_VALUES: Final = 4 * limits.NODES
_CHARACTERS_A_NODE: Final = 16
_BOM: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
_OPENS: Final = ("{", "[", "<", '"{', '"[', "b'", 'b"')


@dataclass(frozen=True, slots=True)
class Body:
    """What a body turned out to be: a tree of objects, a text, or both (a text with JSON inside)."""

    format: str
    tree: Json = None
    title: str = ""
    text: str = ""


def open_body(value: Json) -> Body:
    """Read a JSON value that stands for a body: an object, a list, or a string that may hold anything."""
    if isinstance(value, str):
        return open_text(value)
    if value is None or isinstance(value, bool):
        return Body("empty")
    if isinstance(value, int | float):
        return Body("text", text=str(value))
    return Body("json", tree=opened(value))


def open_text(text: str, depth: int = 0) -> Body:
    """Read a text: JSON, XML, HTML, a form, a rendering of an exception, or plain text."""
    text = text.strip(_BOM + " \t\r\n\x00")
    if not text:
        return Body("empty")
    first = text[0]
    if first in '{["':
        return _json(text, depth)
    if first == "<" and not _is_repr(text):
        return _markup(text)
    if "=" in text[:120] and _FORM.match(form := _beginning_of_form(text)):
        return Body("form", tree=dict(parse_qsl(form)))
    if first in "bBuU" and depth < limits.NESTED and (literal := _BYTES.match(text[: limits.TEXT])):
        return open_text(unescape(literal[2]), depth + 1)
    return _prose(text, depth)


def opened(value: Json) -> Json:
    """Return `value` within the limits, with JSON and XML inside its strings opened in place.

    The value itself is returned where nothing has to change, which is nearly always.
    """
    if _is_modest(value):
        return value
    return _copy(value, [limits.NODES], 0, 0)


def embedded(text: str) -> tuple[str, Body] | None:
    """Return the prose before an object, a list or a document inside a text, and that; None without one."""
    found = BEGINNING.search(text) if "{" in text or "[" in text else None
    # A list has no keys of its own: apart from "password:" nobody could tell what is in it.
    if found and not (found[0][0] == "[" and names_a_secret(text[: found.start()])):
        body = _json(text[found.start() :], limits.NESTED - 1)
        if isinstance(body.tree, dict | list):
            return text[: found.start()].strip(" \t\r\n-:"), body
    markup = _MARKUP.search(text) if "<" in text else None
    if markup:
        body = _markup(text[markup.start() :])
        if body.tree is not None or body.text:
            return text[: markup.start()].strip(" \t\r\n-:"), body
    return None


def _json(text: str, depth: int) -> Body:
    if _is_crowded(text) and BEGINNING.match(text):
        return Body("json, not whole", tree=opened(read_lenient(text)))
    try:
        value: Json = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        if text[0] == '"':
            return _prose(unescape(text), depth)
        if not BEGINNING.match(text):
            return _prose(text, depth)
        return Body("json, not whole", tree=opened(read_lenient(text)))
    if isinstance(value, str):
        return open_text(value, depth + 1) if depth < limits.NESTED else Body("text", text=value)
    return Body("json", tree=opened(value))


def _is_crowded(text: str) -> bool:
    """Whether a text holds so many objects, lists and keys that most of them would be made for nothing.

    Making a hundred thousand takes longer than all the rest, and `opened` keeps limits.NODES of them.
    """
    if len(text) <= limits.TEXT:
        return False
    return text.count("{") + text.count("[") + text.count('":') > _MOST_VALUES


def _beginning_of_form(text: str) -> str:
    """Return the first fields of a form, whole ones: a text of a megabyte is not looked at to its end."""
    head = text if len(text) <= limits.TEXT else text[: limits.TEXT].rpartition("&")[0]
    return "&".join(head.split("&", _MOST_FORM_FIELDS)[:_MOST_FORM_FIELDS])


def _markup(text: str) -> Body:
    if not LOOKS_LIKE_HTML.match(text):
        tree, whole = read_xml(text)
        if tree is not None:
            return Body("xml" if whole else "xml, not whole", tree=tree)
    title, visible = read_html(text)
    return Body("html", title=title, text=visible)


def _prose(text: str, depth: int) -> Body:
    if depth < limits.NESTED:
        inside = embedded(text[: limits.TEXT])
        if inside:
            before, body = inside
            return Body(f"text with {body.format}", body.tree, body.title, f"{before}\n{body.text}".strip())
    return Body("text", text=text)


def _is_repr(text: str) -> bool:
    """Whether a text is Python's rendering of an object (<Fault 2: '...'>, <urlopen error timed out>)."""
    return text.endswith(">") and " " in text and text.count("<") == 1 and not text.endswith("/>")


def _is_modest(value: Json) -> bool:
    """Whether a value is within the limits and none of its strings holds another document."""
    nodes_left = limits.NODES
    level: list[Json] = [value]
    for _ in range(limits.DEPTH):
        below: list[Json] = []
        for node in level:
            if not isinstance(node, dict | list) or len(node) > min(nodes_left, limits.WIDTH):
                return False
            nodes_left -= len(node)
            for child in node.values() if isinstance(node, dict) else node:
                if isinstance(child, str):
                    if child.startswith(_OPENS):
                        return False
                elif isinstance(child, dict | list):
                    below.append(child)
        if not below:
            return True
        level = below
    return False


def _copy(value: Json, nodes_left: list[int], depth: int, nested: int) -> Json:
    nodes_left[0] -= 1
    if isinstance(value, str):
        if nested < limits.NESTED and value.startswith(_OPENS) and nodes_left[0] > 0:
            nodes_left[0] -= len(value) // _CHARACTERS_A_NODE
            inside = open_text(value, nested + 1).tree
            if isinstance(inside, dict | list):
                return _copy(inside, nodes_left, depth, nested + 1)
        return value[: limits.TEXT]
    if not isinstance(value, dict | list) or depth >= limits.DEPTH:
        return None if isinstance(value, dict | list) else value
    if isinstance(value, list):
        kept: list[Json] = []
        for child in value[: limits.WIDTH]:
            if nodes_left[0] <= 0:
                break
            kept.append(_copy(child, nodes_left, depth + 1, nested))
        return kept
    copy: dict[str, Json] = {}
    for key, child in value.items():
        if nodes_left[0] <= 0 or len(copy) >= limits.WIDTH:
            break
        copy[key] = _copy(child, nodes_left, depth + 1, nested)
    return copy
