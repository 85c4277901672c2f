"""Texts that make a pattern slow, derived from the pattern itself.

A pattern is slow where the same characters can be divided among its parts in many ways, or where a search
that has failed starts again at the next character and reads the same text. So the texts repeat what the
pattern's parts accept, end in a character that fits nowhere, and grow to any size.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# Python's own reading of a pattern: the standard library has no public one, and a second one would differ.
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Final

from export_adapter.classify.rulebook.pattern_check import Element, Tree, accepted, inside

LONGEST_TEXT: Final = 4_000
"""Characters that reach a pattern at most."""

_FITS_NOWHERE: Final = "\0"
_REPEATS: Final = frozenset({ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT})
_LOOKS: Final = frozenset({ops.ASSERT, ops.ASSERT_NOT})


@dataclass(frozen=True, slots=True)
class Attack:
    """A text of any size: the head, the unit again and again, the tail."""

    head: str
    unit: str
    tail: str = _FITS_NOWHERE

    def text(self, size: int) -> str:
        """Return the text with about `size` characters, never more."""
        space = size - len(self.head) - len(self.tail)
        return (self.head + self.unit * max(space // len(self.unit), 0) + self.tail)[:size]


def attacks_on(pattern: str, flags: int = 0) -> list[Attack]:
    """Return attacks on a pattern, the same ones each time.

    Raises:
        re.error: It is not a regular expression.
        RecursionError: It is nested too deep.
    """
    tree = _parser.parse(pattern, flags)
    repeats = list(_repeats(tree, ""))
    signs = _telling_signs([signs_taken for _, signs_taken, _, _ in repeats])
    attacks: dict[Attack, None] = {}
    for head, signs_taken, item, most in repeats:
        sample = _sample(item)
        units = [sign for sign in signs if sign in signs_taken] or [" "]
        for unit in (*units, *([sample] if len(sample) > 1 else [])):
            attacks[Attack(head, unit)] = None
            attacks[Attack("", unit)] = None
            attacks[Attack("", head + unit * min(most, _LONG_ENOUGH))] = None
        if head:
            attacks[Attack("", head)] = None
    whole = _sample(tree)
    for unit in (whole, whole[:-1], " ", "\n"):
        if unit:
            attacks[Attack(whole[:-1], unit)] = None
            attacks[Attack("", unit)] = None
    return list(attacks)


_LONG_ENOUGH: Final = 60


def seconds(search: Callable[[str], object], text: str, attempts: int = 2) -> float:
    """Return the CPU time of a search, the least of several attempts: others use the machine, too."""
    return min(_once(search, text) for _ in range(attempts))


def _once(search: Callable[[str], object], text: str) -> float:
    start = time.thread_time()
    search(text)
    return time.thread_time() - start


def _repeats(tree: Tree, head: str) -> Iterator[tuple[str, str, list[Element], int]]:
    """Yield each repetition: what stands before it, the characters it takes, what it repeats, how often."""
    for op, argument in tree:
        if op in _REPEATS:
            _, most, item = argument
            yield head, accepted(item), list(item), int(most)
        for inner in inside((op, argument)):
            yield from _repeats(inner, head)
        head += _sample([(op, argument)])


def _sample(tree: Tree) -> str:
    """Return a short text that the tree matches, apart from what it looks ahead or back for."""
    sample = ""
    for op, argument in tree:
        if op in _REPEATS:
            least, _, item = argument
            once = _sample(item)
            sample += once * min(least, LONGEST_TEXT // max(len(once), 1))
        elif op is ops.LITERAL:
            sample += chr(argument)
        elif op in {ops.IN, ops.NOT_LITERAL, ops.ANY}:
            sample += accepted([(op, argument)])[:1]
        elif op not in _LOOKS:
            sample += next((_sample(inner) for inner in inside((op, argument))), "")
    return sample[:LONGEST_TEXT]


def _telling_signs(sets: list[str]) -> list[str]:
    """Return a character for each combination of the sets that accept it; those of most sets first."""
    by_sets: dict[tuple[int, ...], str] = {}
    for sign in dict.fromkeys("".join(sets)):
        by_sets.setdefault(tuple(number for number, one in enumerate(sets) if sign in one), sign)
    return [by_sets[places] for places in sorted(by_sets, key=len, reverse=True)]
