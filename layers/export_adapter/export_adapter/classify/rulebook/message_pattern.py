"""Patterns of messages: tried only where they can match, compiled when first needed, never running away.

A pattern such as `{account}.{0,60}{unknown}` has hundreds of words in it. As one regular expression it
would try every word at every place, again for each place where the first one fits. So the words of each
name are looked for once in a message, whatever the number of patterns that use them, and what is left of
a pattern is asked only of the text between.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from export_adapter.classify.rulebook.literals import AnyOf, needs_of, top_level_names
from export_adapter.classify.rulebook.vocabulary import Vocabulary

type Captured = Mapping[str, str | None]
"""What the groups of a pattern captured, by name."""

type _Span = tuple[int, int]

_MOST_SPANS: Final = 30
_BEFORE: Final = 250
_GAP: Final = re.compile(r"\.\{(\d+),(\d+)\}\Z")


class MessageText:
    """A text that many patterns are tried on. It remembers which words it contains, and where."""

    __slots__ = ("_known", "_spans", "folded", "text")

    def __init__(self, text: str, folded: str) -> None:
        self.text = text
        self.folded = folded
        self._known: dict[int, bool] = {}
        self._spans: dict[str, tuple[_Span, ...]] = {}

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

    def spans(self, name: str, vocabulary: Vocabulary) -> tuple[_Span, ...]:
        """Return where the words of a name stand."""
        known = self._spans.get(name)
        if known is None:
            found: list[_Span] = []
            for match in vocabulary.words(name).finditer(self.text):
                found.append(match.span())
                if len(found) >= _MOST_SPANS:
                    break
            known = self._spans[name] = tuple(found)
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
    def names(self) -> tuple[str, ...]:
        """The names of the vocabulary that stand outside groups, in order."""
        return tuple(name for name, _, _ in top_level_names(self.pattern))

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """What stands before, between and after the names, as patterns."""
        pieces, at = [], 0
        for _, start, end in top_level_names(self.pattern):
            pieces.append(self.pattern[at:start])
            at = end
        return tuple(self.vocabulary.expand(piece) for piece in (*pieces, self.pattern[at:]))

    @cached_property
    def _compiled(self) -> tuple[re.Pattern[str], ...]:
        """The pieces, each compiled for how it is asked: the first up to a word, the others from one on."""
        first, *others = self.pieces
        if not others:
            return (re.compile(first, re.IGNORECASE),)
        return (
            re.compile(rf"(?:{first})\Z" if first else "", re.IGNORECASE),
            *(re.compile(piece, re.IGNORECASE) for piece in others),
        )

    @cached_property
    def _gaps(self) -> tuple[tuple[int, int] | None, ...]:
        """For each piece between two names its least and most width, where it lets anything stand there."""
        found = (_GAP.match(piece) for piece in self.pieces)
        return tuple((int(gap[1]), int(gap[2])) if gap else None for gap in found)

    def search(self, message: MessageText) -> Captured | None:
        """Return what the first match captured, None without one."""
        for needed in self.needs:
            if not message.has_any(needed):
                return None
        if not self.names:
            match = self._compiled[0].search(message.text)
            return match.groupdict() if match else None
        for name in self.names:
            if not message.spans(name, self.vocabulary):
                return None
        return next(self._matches(message), None)

    def _matches(self, message: MessageText) -> Iterator[Captured]:
        for start, end in message.spans(self.names[0], self.vocabulary):
            captured = self._before(message.text, start)
            if captured is not None:
                yield from self._rest(message, end, 1, captured)

    def _before(self, text: str, start: int) -> Captured | None:
        if not self.pieces[0]:
            return {}
        match = self._compiled[0].search(text, max(0, start - _BEFORE), start)
        return match.groupdict() if match else None

    def _rest(self, message: MessageText, at: int, place: int, captured: Captured) -> Iterator[Captured]:
        """Go on after the name before `place`, which ends at `at`."""
        if place == len(self.names):
            match = self._compiled[place].match(message.text, at)
            if match:
                yield {**captured, **match.groupdict()}
            return
        gap, piece = self._gaps[place], self._compiled[place]
        for start, end in message.spans(self.names[place], self.vocabulary):
            if start < at:
                continue
            if gap:
                if gap[0] <= start - at <= gap[1]:
                    yield from self._rest(message, end, place + 1, captured)
            elif match := piece.fullmatch(message.text, at, start):
                yield from self._rest(message, end, place + 1, {**captured, **match.groupdict()})


def message_pattern(pattern: str, vocabulary: Vocabulary) -> MessagePattern:
    """Return a pattern for messages, with the texts that it cannot match without."""
    return MessagePattern(pattern, needs_of(pattern, vocabulary.needs), vocabulary)
