"""JSON as text: written with anything in it, and compared without losing how a number was spelled."""

import json
import re
from collections.abc import Iterator
from typing import Final

_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}:,]|[^\s\[\]{}:,"]+', re.DOTALL)


class Raw(str):
    """Text that is written as it is: a number that Python cannot hold, a thousand brackets, broken JSON."""

    __slots__ = ()


class Pairs(list[tuple[str, object]]):
    """An object whose keys may come twice."""


def write(node: object, *, ascii_only: bool = True) -> str:
    """Write a tree of JSON values, Raw and Pairs."""
    match node:
        case Raw():
            return str(node)
        case dict() | Pairs():
            pairs = node.items() if isinstance(node, dict) else node
            inside = (
                f"{write(key, ascii_only=ascii_only)}:{write(value, ascii_only=ascii_only)}"
                for key, value in pairs
            )
            return f"{{{','.join(inside)}}}"
        case list():
            return f"[{','.join(write(each, ascii_only=ascii_only) for each in node)}]"
        case _:
            return json.dumps(node, ensure_ascii=ascii_only)


def members(text: str) -> dict[str, list[str]]:
    """Return the values of an object by key, in the one spelling of `_tokens`; a key may come twice.

    Nothing recurses, so that any depth can be read. What is not an object has no members.
    """
    tokens = list(_tokens(text))
    found: dict[str, list[str]] = {}
    if tokens[:1] == ["{"] and tokens[-1:] == ["}"]:
        for pair in _parts(tokens[1:-1]):
            if len(pair) > 2 and pair[0][0] == '"' and pair[1] == ":":
                found.setdefault(json.loads(pair[0]), []).append("".join(pair[2:]))
    return found


def elements(text: str) -> list[str]:
    """Return the elements of an array, in the one spelling of `_tokens`; none of anything else."""
    tokens = list(_tokens(text))
    if tokens[:1] != ["["] or tokens[-1:] != ["]"]:
        return []
    return ["".join(part) for part in _parts(tokens[1:-1])]


def _tokens(text: str) -> Iterator[str]:
    """Split JSON; white space goes, and each string is escaped in the same way. Numbers stay as they are."""
    for token in _TOKEN.findall(text):
        try:
            yield json.dumps(json.loads(token)) if token[0] == '"' and "\\" in ascii(token) else token
        except ValueError:
            yield token


def _parts(tokens: list[str]) -> Iterator[list[str]]:
    """Split at the commas that are outside all brackets."""
    part: list[str] = []
    depth = 0
    for token in tokens:
        if token == "," and not depth:
            yield part
            part = []
            continue
        depth += (token in "[{") - (token in "]}")
        part.append(token)
    if part:
        yield part
