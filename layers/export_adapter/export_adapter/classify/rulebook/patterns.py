"""Patterns of rules: compiled when first needed, searched only where they can match, never running away."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from export_adapter.classify.rulebook.literals import AnyOf, needs_of
from export_adapter.classify.rulebook.vocabulary import NAME, Vocabulary

LONGEST: Final = 400
"""Characters of one pattern, as it is written."""

_MOST_REPETITIONS: Final = 200
_ESCAPED_OR_CLASS: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_UNBOUNDED: Final = re.compile(r"[*+]|\{\d+,\}|\{,\d*\}")
_BOUND: Final = re.compile(r"\{(\d+)(?:,(\d+))?\}")
_REPEATED_GROUP: Final = re.compile(r"\)\{")


class MessageText:
    """A text that many patterns are tried on. It remembers which words it contains."""

    __slots__ = ("_known", "folded", "text")

    def __init__(self, text: str, folded: str) -> None:
        self.text = text
        self.folded = folded
        self._known: dict[int, bool] = {}

    def has_any(self, texts: AnyOf) -> bool:
        """Whether one of the texts stands in it. The vocabulary's lists are shared: they are asked once."""
        mark = id(texts)
        known = self._known.get(mark)
        if known is None:
            folded = self.folded
            known = False
            for text in texts:
                if text in folded:
                    known = True
                    break
            self._known[mark] = known
        return known


@dataclass(frozen=True)
class MessagePattern:
    """A pattern that is searched in messages, upper and lower case alike.

    `needs` are the texts that a matching message contains (see `literals`).
    """

    pattern: str
    needs: tuple[AnyOf, ...]
    vocabulary: Vocabulary

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern with its vocabulary, compiled when it is first needed: most never are."""
        return re.compile(self.vocabulary.expand(self.pattern), re.IGNORECASE)

    def search(self, message: MessageText) -> re.Match[str] | None:
        """Return the first match."""
        for needed in self.needs:
            if not message.has_any(needed):
                return None
        return self.compiled.search(message.text)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a field's, exception's or header's pattern, compiled when it is first needed."""
    return re.compile(pattern, re.IGNORECASE)


def message_pattern(pattern: str, vocabulary: Vocabulary) -> MessagePattern:
    """Return a pattern for messages, with the texts that it cannot match without."""
    return MessagePattern(pattern, needs_of(pattern, vocabulary.needs), vocabulary)


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
