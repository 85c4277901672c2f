"""What a pattern or a path of a rule file may be, so that no text and no document can stop the function.

A pattern is slow where the same characters can be divided among its parts in many ways. So repetitions have
bounds, and a customer's own pattern has one for all of them together. The tests also try the built-in
patterns on texts that slow them down.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from math import prod

# Python's own reading of a pattern: the standard library has no public one, and a second one would differ.
from re import _compiler, _parser  # type: ignore[attr-defined]
from re import _constants as ops  # type: ignore[attr-defined]
from typing import Any, Final

import jmespath  # type: ignore[import-untyped]

from export_adapter.classify import sentence
from export_adapter.classify.reading.shapes import check_path, is_jmespath
from export_adapter.classify.rulebook.literals import needs_of
from export_adapter.classify.rulebook.patterns import NAME, Vocabulary, message_pattern

LONGEST_SHOWN: Final = 60
"""Characters of a wrong value that a message shows."""

MOST_WAYS: Final = 1_000
"""Ways in which a customer's own pattern may be tried at one place: at most 30 ms for 4,000 characters."""

_LONGEST: Final = 400
_MOST_TIMES: Final = 200
_MOST_LISTS: Final = 16
_GROUP: Final = re.compile(r"\(\?P<(\w{1,60})>")
_REPEATED_NAME: Final = re.compile(r"\{[a-z]\w{0,40}\}(?:[?*+]|\{\d)")
_ALPHABET: Final = " a0\n'\"._-/:<>()[]{}=,;&@#%+*!?$~|\\é\tbcdefghijklmnopqrstuvwxyz123456789"
_REPEATS: Final = frozenset({ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT})
_LOOKS: Final = frozenset({ops.ASSERT, ops.ASSERT_NOT})
_CLASSES: Final = frozenset({ops.IN, ops.NOT_LITERAL, ops.ANY})
_CHARACTERS: Final = _CLASSES | {ops.LITERAL, ops.CATEGORY}

type Element = tuple[Any, Any]
"""An operator of Python's parser, and what it is applied to."""

type Tree = Iterable[Element]


def problem_with_pattern(pattern: str, *, is_own: bool) -> str | None:
    """Return what is wrong with a pattern that is not for messages, in words for its author, or None."""
    return _problem_with(pattern) or (_problem_with_ways([pattern]) if is_own else None)


def problem_with_message(pattern: str, vocabulary: Vocabulary, *, is_own: bool) -> str | None:
    """Return what is wrong with a pattern for messages, in words for its author, or None.

    Each message that it matches must contain a text of at least three characters: it is tried on no other.
    """
    for name in NAME.findall(pattern[:_LONGEST]):
        if name not in vocabulary.names:
            return f"names {{{name}}}, which vocabulary.toml does not have"
    if wrong := _problem_with(pattern, vocabulary):
        return wrong
    if _REPEATED_NAME.search(pattern):
        return "repeats a {name}, or makes one optional: write two patterns, as a list"
    for group in _GROUP.findall(pattern):
        if group not in sentence.NAMES:
            return f"captures '{group}'; there are {', '.join(sorted(sentence.NAMES))}"
    if not needs_of(pattern, vocabulary.needs):
        return (
            "names no text of at least three characters that a message must contain: "
            "add one outside optional parts, or write the alternatives as a list of patterns"
        )
    return _problem_with_ways(message_pattern(pattern, vocabulary).pieces) if is_own else None


def _problem_with(pattern: str, vocabulary: Vocabulary | None = None) -> str | None:
    if len(pattern) > _LONGEST:
        return f"is longer than {_LONGEST} characters: write several patterns, as a list"
    whole = vocabulary.expand(pattern) if vocabulary else pattern
    try:
        known = re.compile(whole, re.IGNORECASE)
    except re.error as wrong:
        return f"is not a regular expression: {wrong}"
    if known.search(""):
        return "matches an empty text, so it would match every failure"
    return next(_repeated_too_often(_parser.parse(whole)), None)


def _repeated_too_often(tree: Tree) -> Iterator[str]:
    for op, argument in tree:
        if op in _REPEATS:
            most, item = int(argument[1]), argument[2]
            if most >= int(ops.MAXREPEAT):
                yield "repeats without bound (*, + or {2,}): write bounds such as {0,60}"
            elif most > _MOST_TIMES:
                yield f"repeats more than {_MOST_TIMES} times ({most})"
            elif most > 1 and (len(item) > 1 or item[0][0] not in _CHARACTERS):
                yield "repeats a group: repeat a character or a class; a group may only be optional (?)"
        for inner in inside((op, argument)):
            yield from _repeated_too_often(inner)


def _problem_with_ways(pieces: Iterable[str]) -> str | None:
    """Return why a customer's own pattern could be slow, or None. `pieces` are what it is made of."""
    many = prod(_ways(_parser.parse(piece, re.IGNORECASE)) for piece in pieces)
    if many <= MOST_WAYS:
        return None
    return (
        "has repetitions, optional parts and alternatives that begin alike which multiply to "
        f"{many:,}, more than {MOST_WAYS:,}: write narrower ones such as {{0,20}}, or a list of patterns"
    )


def _ways(tree: Tree) -> int:
    """Return in how many ways a tree can be tried at one place: `{m,n}` counts n-m+1, `?` counts 2.

    Of alternatives those are added up that begin with the same character.
    """
    product = 1
    for op, argument in tree:
        trees = inside((op, argument))
        inner = [_ways(each) for each in trees]
        if op in _REPEATS:
            product *= inner[0] * (int(argument[1]) - int(argument[0]) + 1)
        elif op is ops.BRANCH:
            first = [accepted(branch).lower() for branch in trees]
            signs = dict.fromkeys("".join(first)) or [""]
            product *= max(
                sum(count for begin, count in zip(first, inner, strict=True) if not begin or sign in begin)
                for sign in signs
            )
        elif inner:
            product *= max(inner)
    return product


def inside(element: Element) -> list[Tree]:
    """Return the trees inside an element."""
    op, argument = element
    match argument:
        case (_, _, inner) if op in _REPEATS:
            return [inner]
        case (_, _, _, inner) if op is ops.SUBPATTERN:
            return [inner]
        case (_, branches) if op is ops.BRANCH:
            return list(branches)
        case (_, inner) if op in _LOOKS:
            return [inner]
        case (_, yes, no) if op is ops.GROUPREF_EXISTS:
            return [yes, *([no] if no else [])]
    return [argument] if op is ops.ATOMIC_GROUP else []


def accepted(tree: Tree) -> str:
    """Return the characters of a small alphabet with which a match of the tree can begin."""
    for op, argument in tree:
        if op is ops.LITERAL:
            return chr(argument)
        if op in _CLASSES:
            one = _compiler.compile(_parser.SubPattern(_parser.State(), [(op, argument)]))
            return "".join(filter(one.match, _ALPHABET))
        if inner := "".join(map(accepted, inside((op, argument)) if op not in _LOOKS else ())):
            return inner
    return ""


def problem_with_path(expression: str) -> str | None:
    """Return what is wrong with a JMESPath expression, in words for its author, or None."""
    if wrong := check_path(expression):
        return f"is not a JMESPath expression: {wrong}"
    if is_jmespath(expression) and _lists_of(jmespath.compile(expression).parsed) > _MOST_LISTS:
        return "makes too many lists of lists: name fewer paths in [brackets]"
    return None


def _lists_of(node: Mapping[str, Any]) -> int:
    """Return what the lists of an expression multiply to: `[a, b]` makes two values of one."""
    children = node.get("children", ())
    own = len(children) if str(node.get("type")).startswith("multi_select") else 1
    return own * prod(_lists_of(child) for child in children if isinstance(child, Mapping))


def shown(value: object) -> str:
    """Return a wrong value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
