"""What a pattern of a rule may be, so that it is fast and no text can make it run away."""

import re
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import Final

from export_adapter.classify.rulebook import attack
from export_adapter.classify.rulebook.literals import needs_of
from export_adapter.classify.rulebook.vocabulary import NAME, Vocabulary

LONGEST: Final = 400
"""Characters of one pattern, as it is written."""

MOST_REPETITIONS: Final = 1_000
"""What the repetitions of one pattern of a customer's own may multiply to."""

SLOW: Final = 0.01
"""Seconds of CPU that one pattern may take on the worst text of 4,000 characters."""

_MOST_WAYS: Final = 10_000
_MOST_TIMES: Final = 200


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a field's, exception's or header's pattern, compiled when it is first needed."""
    return re.compile(pattern, re.IGNORECASE)


def problem_with(pattern: str, vocabulary: Vocabulary, *, for_message: bool = True) -> str | None:
    """Return what is wrong with a pattern, in words for its author, or None.

    A pattern must compile, be short, repeat within bounds (so that no text can make it run away), and, for
    a message, name a text of at least three characters that it cannot match without.
    """
    if len(pattern) > LONGEST:
        return f"is longer than {LONGEST} characters: write several patterns, as a list"
    for name in NAME.findall(pattern):
        if name not in vocabulary.names:
            return f"names {{{name}}}, which vocabulary.toml does not have"
    wrong = _runs_away(vocabulary.expand(pattern))
    if wrong:
        return wrong
    if re.search(r"\{[a-z]\w*\}(?:[?*+]|\{\d)", pattern):
        return "repeats a {name}, or makes one optional: write two patterns, as a list"
    if for_message and not needs_of(pattern, vocabulary.needs):
        return (
            "names no text of at least three characters that a message must contain: "
            "add one outside optional parts, or write the alternatives as a list of patterns"
        )
    return None


def _runs_away(pattern: str) -> str | None:
    try:
        known = re.compile(pattern, re.IGNORECASE)
    except re.error as wrong:
        return f"is not a regular expression: {wrong}"
    if known.search(""):
        return "matches an empty text, so it would match every failure"
    for most, is_group in attack.repeated(pattern):
        if most is None:
            return (
                "repeats without bound (*, + or {2,}): write {0,60} or {1,60}, "
                "so that no text can make it run away"
            )
        if most > _MOST_TIMES:
            return f"repeats more than {_MOST_TIMES} times ({most})"
        if is_group and most > 1:
            return "repeats a group: repeat a character or a class instead; a group may only be optional (?)"
    return None


def problem_of_own(
    pieces: Sequence[str], example: str, head: str, search: Callable[[str], object], cpu_until: float
) -> str | None:
    """Return why a customer's own pattern could make the function slow, or None.

    Args:
        pieces: The regular expressions that it is made of; it must have passed `problem_with`.
        example: The whole pattern, with a word for each {name}: the attacks are derived from it.
        head: What a text must contain for the pattern to be tried at all.
        search: How the pattern is tried on a text.
        cpu_until: The thread's CPU time (time.thread_time) at which the check must end.

    Raises:
        TimeoutError: It has not ended by then.
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
        if time.thread_time() > cpu_until:
            raise TimeoutError
        if attack.is_slow(search, attack.Attack(head + each.head, each.unit, each.tail), SLOW):
            return "is slow on long messages: begin it with a word, and repeat fewer characters"
    return None
