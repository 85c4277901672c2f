"""A body is read by what it is, not by what its header says: JSON, XML, HTML, a form or plain text.

The text is hostile until it is read. Whatever looks at all of it takes time in proportion to its length
(string methods, the JSON scanner); a pattern sees at most `limits.PATTERN` characters of it at a time.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from export_adapter.classify.reading import limits
from export_adapter.classify.reading.scanners import (
    BEGINNING,
    LOOKS_LIKE_HTML,
    read_html,
    read_lenient,
    read_xml,
    unescape,
)
from export_adapter.model import Json
from export_adapter.text import names_a_secret

_FORM: Final = re.compile(
    r"[\w.%+\[\]-]{1,100}=[^&\s<>{}]{0,2000}(?:&[\w.%+\[\]-]{1,100}=[^&<>{}]{0,2000})*+&?\Z"
)
_BYTES: Final = re.compile(r"[bBuU]{1,2}([\"'])")
_MARKUP: Final = re.compile(
    r"<(?:\?xml|!doctype|html"
    r"|(?:[\w-]{1,30}:)?[\w-]{0,40}(?:envelope|exception|response|errors?|fault)(?! [-\d\[])[\s>])",
    re.IGNORECASE,
)
_MOST_FORM_FIELDS: Final = 100
_MOST_DIGITS: Final = 18
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
        return Body("text", text=number_text(value))
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
    literal = _BYTES.match(text[:3]) if first in "bBuU" and depth < limits.NESTED else None
    if literal and len(text) > literal.end() and text.endswith(literal[1]):
        return open_text(unescape(text[literal.end() : -1]), depth + 1)
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
    head = text[: limits.PATTERN]
    found = BEGINNING.search(head) if "{" in head or "[" in head else None
    # A list has no keys of its own: apart from "password:" nobody could tell what is in it.
    if found and not (found[0][0] == "[" and names_a_secret(head[: found.start()])):
        body = _json(text[found.start() :], limits.NESTED - 1)
        if isinstance(body.tree, dict | list):
            return head[: found.start()].strip(" \t\r\n-:"), body
    markup = _MARKUP.search(head) if "<" in head else None
    if markup:
        body = _markup(text[markup.start() :])
        if body.tree is not None or body.text:
            return head[: markup.start()].strip(" \t\r\n-:"), body
    return None


def number_text(value: float) -> str:
    """Return a number as text; nothing for one that cannot be shown (infinity, thousands of digits)."""
    if isinstance(value, int):
        return str(value) if value.bit_length() <= limits.SHORT else ""
    return str(value) if math.isfinite(value) else ""


def _whole_number(text: str) -> Json:
    # A long number is an id, and reading thousands of digits takes longer the more there are.
    return int(text) if len(text) <= _MOST_DIGITS else text[: limits.SHORT]


def _decimal_number(text: str) -> Json:
    value = float(text)
    return value if math.isfinite(value) else text[: limits.SHORT]


def _no_number(_name: str) -> Json:
    return None


_DECODER: Final = json.JSONDecoder(
    strict=False, parse_int=_whole_number, parse_float=_decimal_number, parse_constant=_no_number
)


def _json(text: str, depth: int) -> Body:
    value: Json = None
    end = 0
    if not _is_crowded(text):
        try:
            value, end = _DECODER.raw_decode(text)
        except (ValueError, RecursionError):
            end = 0
    if end < len(text):
        if text[0] == '"':
            return _prose(unescape(text), depth)
        if not BEGINNING.match(text[: limits.PATTERN]):
            return _prose(text, depth)
        return Body("json, not whole", tree=opened(value if end else read_lenient(text)))
    if isinstance(value, str):
        return open_text(value, depth + 1) if depth < limits.NESTED else Body("text", text=value)
    return Body("json", tree=opened(value))


def _is_crowded(text: str) -> bool:
    """Whether a text holds so many values that most of them would be made for nothing.

    Making a hundred thousand takes longer than all the rest, and `opened` keeps limits.NODES of them.
    """
    if len(text) <= limits.TEXT:
        return False
    containers = text.count("{") + text.count("[") + text.count('":')
    return containers > limits.MADE or text.count(",") > 2 * limits.MADE


def _beginning_of_form(text: str) -> str:
    """Return the first fields of a form, whole ones."""
    head = text if len(text) <= limits.PATTERN else text[: limits.PATTERN].rpartition("&")[0]
    return "&".join(head.split("&", _MOST_FORM_FIELDS)[:_MOST_FORM_FIELDS])


def _markup(text: str) -> Body:
    if not LOOKS_LIKE_HTML.match(text[: limits.PATTERN]):
        tree, whole = read_xml(text)
        if tree is not None:
            return Body("xml" if whole else "xml, not whole", tree=tree)
    title, visible = read_html(text)
    return Body("html", title=title, text=visible)


def _prose(text: str, depth: int) -> Body:
    if depth < limits.NESTED:
        inside = embedded(text)
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
