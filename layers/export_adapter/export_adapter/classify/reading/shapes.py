"""Where one accounting system says what went wrong: the `[[cause]]` entries of its rule file."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from export_adapter.classify.reading import limits
from export_adapter.classify.reading.causes import Cause, cause_of, scalar
from export_adapter.model import Json

_FEW: Final = 100
"""Keys of an object that are compared in any case: objects of errors have few."""

_PLAIN_PATH: Final = re.compile(r"[\w$#:-]+(?:\.[\w$#:-]+)*\Z")


type Path = Callable[[Json], Json]
"""Finds a value in a tree; None where there is none."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One place where causes stand, and where in each of them its code, message and field are.

    Exactly one of `at` (JMESPath from the top) and `find` (the objects under a key of that name, at any
    depth) leads to the objects; texts that stand there are messages, unless `message` names a path to one.
    With `pairs` their keys are the fields and their values the messages.
    `outer_code` are paths from the top, for objects without a code of their own. `split` cuts a message
    into several, `strip` is cut off each.
    """

    name: str
    at: Path | None = None
    find: str | None = None
    code: tuple[Path, ...] = ()
    message: tuple[Path, ...] = ()
    title: tuple[Path, ...] = ()
    field: tuple[Path, ...] = ()
    pairs: bool = False
    also: bool = False
    outer_code: tuple[Path, ...] = ()
    code_pattern: re.Pattern[str] | None = None
    split: re.Pattern[str] | None = None
    strip: re.Pattern[str] | None = None


def path_of(expression: str) -> Path:
    """Return the cheapest reader of an expression. An invalid one is found by `check_path`."""
    if is_jmespath(expression):
        return partial(_by_jmespath, expression)
    return partial(_by_names, tuple(name for name in expression.split(".") if name != "@"))


def is_jmespath(expression: str) -> bool:
    """Whether an expression is more than names separated by dots, or "@"."""
    return expression != "@" and not _PLAIN_PATH.match(expression)


def _by_names(names: tuple[str, ...], tree: Json) -> Json:
    """Follow names in any case; on the way, the first element of a list stands for it.

    Most paths are of this kind, and a tenth of the price of JMESPath.
    """
    for name in names:
        while isinstance(tree, list):
            tree = tree[0] if tree else None
        if not isinstance(tree, dict):
            return None
        tree = tree[name] if name in tree else _in_any_case(tree, name)
    return tree


def _by_jmespath(expression: str, tree: Json) -> Json:
    """Search with JMESPath; an expression that does not fit the value finds nothing."""
    import jmespath  # type: ignore[import-untyped]  # noqa: PLC0415 (slow to load, and rarely needed)

    try:
        found: Json = jmespath.search(expression, tree)
    except (jmespath.exceptions.JMESPathError, TypeError, ValueError, RecursionError):
        return None
    return found


def check_path(expression: str) -> str | None:
    """Return what is wrong with a JMESPath expression, or None."""
    if not is_jmespath(expression):
        return None
    import jmespath  # noqa: PLC0415 (as in _by_jmespath)

    try:
        jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError as wrong:
        return " ".join(str(wrong).split())
    return None


def causes_of(shapes: tuple[Shape, ...], tree: Json) -> tuple[list[Cause], str]:
    """Return the causes that the shapes find, and the name of the first shape that found one.

    Shapes are tried in order; after the first that finds something, only those marked `also` add to it.
    """
    causes: list[Cause] = []
    by = ""
    for shape in shapes:
        if by and not shape.also:
            continue
        found = [cause for cause in _of_shape(shape, tree) if not cause.says_nothing]
        if found:
            by = by or shape.name
            causes += found
        if len(causes) >= limits.CAUSES:
            break
    return causes[: limits.CAUSES], by


def _of_shape(shape: Shape, tree: Json) -> Iterator[Cause]:
    places = find_all(tree, shape.find) if shape.find else [shape.at(tree) if shape.at else None]
    outer_code = _first(shape.outer_code, tree)
    left = 2 * limits.CAUSES
    for place in places:
        for node in place if isinstance(place, list) else [place]:
            left -= 1
            if left < 0:
                return
            if isinstance(node, dict):
                yield from _pairs(shape, node, outer_code) if shape.pairs else _cause(shape, node, outer_code)
            elif isinstance(node, str) and node.strip() and not shape.message:
                yield from _split(shape, outer_code, node, None, "")


def _pairs(shape: Shape, node: dict[str, Json], code: str) -> Iterator[Cause]:
    for key, value in list(node.items())[: limits.CAUSES]:
        for message in value if isinstance(value, list) else [value]:
            text = scalar(message)
            if text:
                yield from _split(shape, code, text, key, "")


def _cause(shape: Shape, node: dict[str, Json], outer_code: str) -> Iterator[Cause]:
    code = _first(shape.code, node, shape.code_pattern)
    message, field, title = (_first(paths, node) for paths in (shape.message, shape.field, shape.title))
    if code or message or title:
        yield from _split(shape, code or outer_code, message, field, title)


def _split(shape: Shape, code: str, message: str, field: str | None, title: str) -> Iterator[Cause]:
    parts = shape.split.split(message[: limits.PATTERN])[: limits.CAUSES] if shape.split else [message]
    if shape.strip:
        parts = [shape.strip.sub("", part.strip()[: limits.PATTERN], count=1) for part in parts if part]
    for part in [part for part in parts if part and part.strip()] or [""]:
        yield cause_of(code, part, field, title)


def _first(paths: tuple[Path, ...], node: Json, pattern: re.Pattern[str] | None = None) -> str:
    """Return the first text that there is, or what the pattern takes out of the first that fits it."""
    for path in paths:
        text = scalar(path(node))
        if not text.strip():
            continue
        if pattern is None:
            return text
        found = pattern.search(text[: limits.MESSAGE])
        if found:
            return str(found[found.lastindex or 0])
    return ""


def _in_any_case(tree: dict[str, Json], name: str) -> Json:
    if len(tree) > _FEW:
        return None
    folded = name.lower()
    return next((value for key, value in tree.items() if key.lower() == folded), None)


def find_all(tree: Json, name: str) -> list[Json]:
    """Return what stands under every key of that name (in any case), outermost first."""
    found: list[Json] = []
    folded = name.lower()
    level: list[Json] = [tree]
    for _ in range(limits.DEPTH):
        below: list[Json] = []
        for node in level:
            if isinstance(node, dict):
                for key, child in node.items():
                    if isinstance(child, dict | list):
                        if key.lower() == folded:
                            found.append(child)
                        below.append(child)
                    elif isinstance(child, str) and child and key.lower() == folded:
                        found.append(child)
            elif isinstance(node, list):
                below.extend(child for child in node if isinstance(child, dict | list))
        if not below or len(found) >= limits.CAUSES:
            break
        level = below
    return found
