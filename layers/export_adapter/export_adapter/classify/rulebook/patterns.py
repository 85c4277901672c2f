"""What a pattern of a rule may be, so that it is fast and no text can make it run away."""

import re
from functools import lru_cache
from typing import Final

from export_adapter.classify.rulebook.literals import needs_of
from export_adapter.classify.rulebook.vocabulary import NAME, Vocabulary

LONGEST: Final = 400
"""Characters of one pattern, as it is written."""

_MOST_REPETITIONS: Final = 200
_ESCAPED_OR_CLASS: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_UNBOUNDED: Final = re.compile(r"[*+]|\{\d+,\}|\{,\d*\}")
_BOUND: Final = re.compile(r"\{(\d+)(?:,(\d+))?\}")
_REPEATED_GROUP: Final = re.compile(r"\)\{")


@lru_cache(maxsize=512)
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
    bare = _ESCAPED_OR_CLASS.sub("_", pattern)
    unbounded = _UNBOUNDED.search(bare)
    if unbounded:
        return (
            f"repeats without bound ('{unbounded[0]}'): write {{0,60}} or {{1,60}}, "
            "so that no text can make it run away"
        )
    for bound in _BOUND.finditer(bare):
        if int(bound[2] or bound[1]) > _MOST_REPETITIONS:
            return f"repeats more than {_MOST_REPETITIONS} times ('{bound[0]}')"
    if _REPEATED_GROUP.search(bare):
        return "repeats a group: repeat a character or a class instead; a group may only be optional (?)"
    return None
