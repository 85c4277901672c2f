"""Patterns of messages, and the vocabulary: tried only where they can match, compiled when needed.

A pattern such as `{account}.{0,60}{unknown}` has hundreds of words in it. As one regular expression it
would try every word at every place, again for each place where the first one fits. So the words of each
name are looked for once in a message, whatever the number of patterns that use them, and what is left of
a pattern is asked only of the text between.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Final

from export_adapter.classify.rulebook.literals import AnyOf, needs_of, top_level_names

type Captured = Mapping[str, str | None]
"""What the groups of a pattern captured, by name."""

type _Span = tuple[int, int]

_MOST_SPANS: Final = 30
_BEFORE: Final = 250
_GAP: Final = re.compile(r"\.\{(\d+),(\d+)\}\Z")


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a field's, exception's or header's pattern, compiled when it is first needed."""
    return re.compile(pattern, re.IGNORECASE)


NAME: Final = re.compile(r"\{([a-z]\w{0,40})\}")
"""A name of the vocabulary in a pattern; a quantifier begins with a digit."""

_WHOLE_WORD: Final = 5
_OPTIONAL: Final = re.compile(r"\((?:\?:)?[^()]{0,80}\)\?|\[[^\]]{0,80}\]\?|.\?")
_ENDS_IN_LETTER: Final = re.compile(r"[^\W\d_][?)\]]{0,3}\Z")
_SPECIAL: Final = re.compile(r"[\\()\[\]{}?*+|^$.]")


class Vocabulary:
    """The pieces of patterns by name. A short word stands alone, a longer one may go on.

    ("moms" does not fit "momsen", "kostenstelle" fits "Kostenstellennummer": the languages that join words
    would otherwise need every compound.)
    """

    def __init__(self, entries: Mapping[str, tuple[str, ...]]) -> None:
        self._entries = entries
        self._needs: dict[str, AnyOf] = {}
        self._pieces: dict[str, str] = {}
        self._compiled: dict[str, re.Pattern[str]] = {}

    @property
    def names(self) -> frozenset[str]:
        """The names that patterns can use."""
        return frozenset(self._entries)

    def entries(self, name: str) -> tuple[str, ...]:
        """Return the pieces behind a name, in all languages."""
        return self._entries[name]

    def needs(self, name: str) -> AnyOf:
        """Return the texts of which a message must contain one for {name} to match, always the same tuple."""
        known = self._needs.get(name)
        if known is None:
            known = self._needs[name] = _needs(self._entries.get(name, ()))
        return known

    def words(self, name: str) -> re.Pattern[str]:
        """Return the pattern of a name's words, compiled when it is first needed."""
        known = self._compiled.get(name)
        if known is None:
            known = self._compiled[name] = re.compile(self._piece(name), re.IGNORECASE)
        return known

    def expand(self, pattern: str) -> str:
        """Return a pattern with its names replaced by their words."""
        return NAME.sub(lambda found: self._piece(found[1]), pattern) if "{" in pattern else pattern

    def example(self, pattern: str) -> str:
        """Return a pattern with one word for each of its names."""
        return NAME.sub(lambda found: f"(?:{self._entries[found[1]][0]})", pattern)

    def _piece(self, name: str) -> str:
        piece = self._pieces.get(name)
        if piece is None:
            # The longest first: "konto" would otherwise win over "kontonummer".
            words = sorted(dict.fromkeys(self._entries.get(name, ())), key=len, reverse=True)
            piece = self._pieces[name] = r"\b(?:" + "|".join(map(_bounded, words)) + ")"
        return piece


@cache
def _bounded(entry: str) -> str:
    short = len(_SPECIAL.sub("", _OPTIONAL.sub("", entry))) <= _WHOLE_WORD
    return rf"{entry}\b" if short and _ENDS_IN_LETTER.search(entry) else entry


def _needs(entries: tuple[str, ...]) -> AnyOf:
    texts: dict[str, None] = {}
    for entry in entries:
        # A plain word needs itself; reading it as a pattern would cost a hundred times as much.
        found = needs_of(entry, _nothing) if _SPECIAL.search(entry) else ((entry,),)
        if not found:
            return ()
        texts.update(dict.fromkeys(found[0]))
    # A text that contains another of them adds nothing.
    shortest_first = sorted(texts, key=len)
    kept: list[str] = []
    for text in shortest_first:
        if not any(shorter in text for shorter in kept):
            kept.append(text)
    return tuple(kept)


def _nothing(_name: str) -> AnyOf:
    return ()


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
