"""Which plain texts a message must contain for a pattern to match it at all.

Hundreds of patterns look for their match in every message. Compiling and running all of them would cost
milliseconds; asking whether the words that a pattern cannot do without stand in the message costs next to
nothing. This module finds those words by reading the pattern.
"""

import re
from collections.abc import Callable
from typing import Final

type AnyOf = tuple[str, ...]
"""Lower-case texts of which at least one must stand in a message."""

type Named = Callable[[str], AnyOf]
"""What a {name} of the vocabulary needs."""

_TOKEN: Final = re.compile(
    r"(?P<plain>[^\\\[\](){}.^$|?*+]++)"
    r"|\\(?P<escaped>.)"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\]){0,80}+\])"
    r"|\{(?P<name>[a-z]\w{0,40}+)\}"
    r"|(?P<look>\(\?(?:[=!]|<[=!]))"
    r"|(?P<open>\((?:\?(?::|>|P<\w{1,40}+>|-?[a-z]{1,5}:))?)"
    r"|(?P<close>\))"
    r"|(?P<bar>\|)"
    r"|(?P<anchor>[\^$])"
    r"|(?P<any>.)",
    re.DOTALL,
)
_QUANTIFIER: Final = re.compile(r"(?:[?*+]|\{(?P<least>\d*)(?:,\d*)?\})[?+]?")
_ZERO_WIDTH: Final = "bBAZ"
_SETS: Final = "dDsSwW0123456789"
_LEAST: Final = 3
_MOST_NEEDS: Final = 3


def needs_of(pattern: str, named: Named) -> tuple[AnyOf, ...]:
    """Return what a matching message must contain: of each of these at least one text.

    The most selective comes first. Empty where the pattern names no text of three characters.
    """
    return tuple(_Reading(pattern, named).alternatives()[:_MOST_NEEDS])


def top_level_names(pattern: str) -> list[tuple[str, int, int]]:
    """Return the {names} that stand outside groups, with their places; none where a bar stands there too."""
    names: list[tuple[str, int, int]] = []
    depth = 0
    for token in _TOKEN.finditer(pattern) if "{" in pattern else ():
        kind = token.lastgroup
        if kind in {"open", "look"}:
            depth += 1
        elif kind == "close":
            depth -= 1
        elif depth == 0 and kind == "bar":
            return []
        elif depth == 0 and kind == "name":
            names.append((token["name"], token.start(), token.end()))
    return names


class _Reading:
    """Reads a pattern from left to right; `at` is where it has come to."""

    def __init__(self, pattern: str, named: Named) -> None:
        self._pattern = pattern
        self._named = named
        self._at = 0

    def alternatives(self) -> list[AnyOf]:
        """Read up to the end of the group, or of the pattern, and return what it needs."""
        branches: list[list[AnyOf]] = []
        while True:
            needs, ended_by = self._branch()
            branches.append(needs)
            if ended_by != "bar":
                break
        if len(branches) == 1:
            return branches[0]
        if not all(branches):
            return []
        return [tuple(dict.fromkeys(text for branch in branches for text in branch[0]))]

    def _branch(self) -> tuple[list[AnyOf], str]:
        """Read up to a bar or the end; what it needs, the most selective first."""
        needs: list[AnyOf] = []
        run = ""
        ended_by = "end"
        while token := _TOKEN.match(self._pattern, self._at):
            self._at = token.end()
            kind = token.lastgroup or ""
            if kind in {"bar", "close"}:
                ended_by = kind
                break
            literal, inner = self._element(token, kind)
            if literal is None:  # no width: what stands around it still touches
                continue
            quantifier = _QUANTIFIER.match(self._pattern, self._at)
            if quantifier is None and literal:
                run += literal
                continue
            least = 1
            if quantifier:
                self._at = quantifier.end()
                least = self._least(quantifier)
            # Of a run of letters the quantifier is for the last one alone.
            run += literal if least else literal[:-1]
            needs.append((run,))
            run = ""
            if least:
                needs.extend(inner)
        needs.append((run,))
        good = [texts for texts in needs if min(map(len, texts)) >= _LEAST]
        good.sort(key=lambda texts: (len(texts) > 1, -min(map(len, texts))))
        return good, ended_by

    def _element(self, token: re.Match[str], kind: str) -> tuple[str | None, list[AnyOf]]:
        """Return an element's literal ("" for none, None for no width), and what it needs inside."""
        if kind == "plain":
            return token["plain"].lower(), []
        if kind == "escaped":
            sign = token["escaped"]
            return (None if sign in _ZERO_WIDTH else "" if sign in _SETS else sign.lower()), []
        if kind == "name":
            needed = self._named(token["name"])
            return "", [needed] if needed else []
        if kind == "open":
            return "", self.alternatives()
        if kind == "look":
            self.alternatives()
        return (None if kind in {"look", "anchor"} else ""), []

    @staticmethod
    def _least(quantifier: re.Match[str]) -> int:
        """Return 0 where what is quantified may be missing."""
        if quantifier[0][0] in "?*":
            return 0
        return 0 if quantifier["least"] in {"", "0"} else 1
