"""Words of many languages by what they mean, which patterns use as {name} (vocabulary.toml)."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Final

from export_adapter.classify.rulebook.literals import AnyOf, needs_of

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


def read_vocabulary(text: str) -> Vocabulary:
    """Read vocabulary.toml: a table for each name, with a list of words for each language."""
    return Vocabulary(
        {
            name: tuple(entry for language in languages.values() for entry in language)
            for name, languages in tomllib.loads(text).items()
        }
    )


NO_VOCABULARY: Final = Vocabulary({})
