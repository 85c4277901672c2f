"""What a pattern or a path of a rule file may be, so that no text and no document can stop the function."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import jmespath  # type: ignore[import-untyped]

from export_adapter.classify import sentence
from export_adapter.classify.reading.shapes import check_path, is_jmespath
from export_adapter.classify.rulebook import attack
from export_adapter.classify.rulebook.literals import needs_of
from export_adapter.classify.rulebook.patterns import NAME, MessageText, Vocabulary, compiled, message_pattern

LONGEST: Final = 400
"""Characters of one pattern, as it is written."""

LONGEST_SHOWN: Final = 60
"""Characters of a wrong value that a message shows."""

MOST_REPETITIONS: Final = 1_000
"""What the repetitions of one pattern of a customer's own may multiply to."""

SLOW: Final = 0.01
"""Seconds of CPU that one pattern of a customer's own may take on the worst text of 4,000 characters."""

_MOST_WAYS: Final = 10_000
_MOST_TIMES: Final = 200
_MOST_LISTS: Final = 16
_MOST_CALLS: Final = 4
_FUNCTIONS: Final = frozenset(
    {"contains", "ends_with", "join", "keys", "length", "not_null", "starts_with", "to_string", "type"}
)
"""Functions that a path may call. With map and literal lists, 200 characters would run for minutes."""
_GROUP: Final = re.compile(r"\(\?P<(\w{1,60})>")
_REPEATED_NAME: Final = re.compile(r"\{[a-z]\w{0,40}\}(?:[?*+]|\{\d)")


@dataclass(frozen=True, slots=True)
class PatternCheck:
    """Checks patterns.

    `cpu_until` is for a customer's own, which are tried on texts that slow them down: the thread's CPU time
    (time.thread_time) at which the check must end. The tests do that with the built-in ones.
    """

    cpu_until: float | None = None

    def of_field(self, pattern: str) -> str | None:
        """Return what is wrong with a pattern that is not for messages, or None.

        Raises:
            TimeoutError: The check has not ended by `cpu_until`.
        """
        self._hurry()
        wrong = _problem_with(pattern)
        if wrong or self.cpu_until is None:
            return wrong
        return self._problem_of_own([pattern], pattern, "", compiled(pattern).search)

    def of_message(self, pattern: str, vocabulary: Vocabulary) -> str | None:
        """Return what is wrong with a pattern for messages, or None.

        Raises:
            TimeoutError: The check has not ended by `cpu_until`.
        """
        self._hurry()
        wrong = _problem_with_message(pattern, vocabulary)
        if wrong or self.cpu_until is None:
            return wrong
        tried = message_pattern(pattern, vocabulary)
        head = "".join(f"{texts[0]} " for texts in tried.needs)
        return self._problem_of_own(
            tried.pieces,
            vocabulary.example(pattern),
            head,
            lambda text: tried.search(MessageText(text, text.lower())),
        )

    def _problem_of_own(
        self, pieces: Sequence[str], example: str, head: str, search: Callable[[str], object]
    ) -> str | None:
        """Return why a customer's own pattern could make the function slow, or None.

        `pieces` are the regular expressions that it is made of, `example` is the whole with a word for each
        {name}, and `head` is what a text must contain for the pattern to be tried at all.
        """
        many = prod(attack.repetitions(piece, re.IGNORECASE) for piece in pieces)
        if many > MOST_REPETITIONS:
            return (
                f"has repetitions that multiply to {many:,}, more than {MOST_REPETITIONS:,}: "
                "write narrower ones such as {0,20}, fewer of them, or a list of patterns"
            )
        if prod(attack.ways(piece, re.IGNORECASE) for piece in pieces) > _MOST_WAYS:
            return "has too many optional parts and alternatives that begin alike: write a list of patterns"
        for each in attack.attacks_on(example, re.IGNORECASE):
            self._hurry()
            if attack.is_slow(search, attack.Attack(head + each.head, each.unit, each.tail), SLOW):
                return "is slow on long messages: begin it with a word, and repeat fewer characters"
        return None

    def _hurry(self) -> None:
        if self.cpu_until is not None and time.thread_time() > self.cpu_until:
            raise TimeoutError


def _problem_with_message(pattern: str, vocabulary: Vocabulary) -> str | None:
    """Return what is wrong with a pattern for messages, in words for its author, or None.

    Each message that it matches must contain a text of at least three characters: it is tried on no other.
    """
    for name in NAME.findall(pattern[:LONGEST]):
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
    return None


def _problem_with(pattern: str, vocabulary: Vocabulary | None = None) -> str | None:
    """Return what is wrong with a pattern, in words for its author, or None: too long, or no expression."""
    if len(pattern) > LONGEST:
        return f"is longer than {LONGEST} characters: write several patterns, as a list"
    whole = vocabulary.expand(pattern) if vocabulary else pattern
    try:
        known = re.compile(whole, re.IGNORECASE)
    except re.error as wrong:
        return f"is not a regular expression: {wrong}"
    if known.search(""):
        return "matches an empty text, so it would match every failure"
    return next(_repeated_too_often(whole), None)


def _repeated_too_often(pattern: str) -> Iterator[str]:
    for most, is_group in attack.repeated(pattern):
        if most is None:
            yield "repeats without bound (*, + or {2,}): write bounds such as {0,60}"
        elif most > _MOST_TIMES:
            yield f"repeats more than {_MOST_TIMES} times ({most})"
        elif is_group and most > 1:
            yield "repeats a group: repeat a character or a class instead; a group may only be optional (?)"


def problem_with_path(expression: str) -> str | None:
    """Return what is wrong with a JMESPath expression, in words for its author, or None."""
    if wrong := check_path(expression):
        return f"is not a JMESPath expression: {wrong}"
    if not is_jmespath(expression):
        return None
    tree = jmespath.compile(expression).parsed
    if _lists_of(tree) > _MOST_LISTS:
        return "makes too many lists of lists: name fewer paths in [brackets]"
    return _what_multiplies(list(_nodes(tree)))


def _what_multiplies(nodes: Sequence[Mapping[str, Any]]) -> str | None:
    """Return which parts of an expression could make much of a small answer, or None."""
    calls = [node for node in nodes if node["type"] == "function_expression"]
    names = [str(call["value"]) for call in calls]
    if unknown := next((name for name in names if name not in _FUNCTIONS), None):
        return f"calls {unknown}; there are {', '.join(sorted(_FUNCTIONS))}"
    if any(node["type"] == "literal" and isinstance(node["value"], list | dict) for node in nodes):
        return (
            "holds a list or an object as a `literal`: only a text, a number, true, false or null may be one"
        )
    if max(map(names.count, _FUNCTIONS)) > _MOST_CALLS:
        return f"calls a function more than {_MOST_CALLS} times"
    if any(call["value"] == "join" and not _begins_with_literal(call) for call in calls):
        return "joins with something that is not a 'literal' text"
    return None


def _begins_with_literal(call: Mapping[str, Any]) -> bool:
    return [child["type"] for child in call["children"][:1]] == ["literal"]


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("children", ()):
        if isinstance(child, Mapping):
            yield from _nodes(child)


def _lists_of(node: Mapping[str, Any]) -> int:
    """Return what the lists of an expression multiply to: `[a, b]` makes two values of one."""
    children = node.get("children", ())
    own = len(children) if str(node.get("type")).startswith("multi_select") else 1
    return own * prod(_lists_of(child) for child in children if isinstance(child, Mapping))


def shown(value: object) -> str:
    """Return a wrong value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
