"""Texts that make a pattern slow, derived from the pattern itself.

A pattern is slow where the same characters can be divided among its parts in many ways, or where a search
that has failed starts again at the next character and reads the same text. So the texts repeat what the
pattern's parts accept, end in a character that fits nowhere, and grow to any size.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

# Python's own reading of a pattern: the standard library has no public one, and a second one would differ.
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any, Final

LONGEST_TEXT: Final = 4_000
"""Characters that reach a pattern at most."""

_ALPHABET: Final = " a0\n'\"._-/:<>()[]{}=,;&@#%+*!?$~|\\é\tbcdefghijklmnopqrstuvwxyz123456789"
_FITS_NOWHERE: Final = "\0"
_REPEATS: Final = frozenset({ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT})
_LEAVES: Final = frozenset({ops.LITERAL, ops.NOT_LITERAL, ops.IN, ops.ANY, ops.CATEGORY})
_LOOKS: Final = frozenset({ops.ASSERT, ops.ASSERT_NOT})
_CATEGORIES: Final[dict[object, Callable[[str], bool]]] = {
    ops.CATEGORY_DIGIT: str.isdigit,
    ops.CATEGORY_NOT_DIGIT: lambda sign: not sign.isdigit(),
    ops.CATEGORY_SPACE: str.isspace,
    ops.CATEGORY_NOT_SPACE: lambda sign: not sign.isspace(),
    ops.CATEGORY_WORD: lambda sign: sign.isalnum() or sign == "_",
    ops.CATEGORY_NOT_WORD: lambda sign: not (sign.isalnum() or sign == "_"),
}

type _Element = tuple[Any, Any]
"""An operator of the parser, and what it is applied to."""

type _Tree = Iterable[_Element]


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
    signs = _telling_signs([accepted for _, accepted, _, _ in repeats])
    attacks: dict[Attack, None] = {}
    for head, accepted, item, most in repeats:
        sample = _sample(item)
        units = [sign for sign in signs if sign in accepted] or [_ALPHABET[0]]
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


def repeated(pattern: str) -> Iterator[tuple[int | None, bool]]:
    """Yield of each repetition how often at most (None without bound), and whether it repeats a group.

    Raises:
        re.error: It is not a regular expression.
        RecursionError: It is nested too deep.
    """
    for _, _, item, most in _repeats(_parser.parse(pattern), ""):
        yield None if most >= int(ops.MAXREPEAT) else most, len(item) > 1 or item[0][0] not in _LEAVES


def repetitions(pattern: str, flags: int = 0) -> int:
    """Return what a pattern's repetitions multiply to: `{m,n}` counts n-m+1, `?` counts 2.

    Raises:
        re.error: It is not a regular expression.
        RecursionError: It is nested too deep.
    """
    return _ways(_parser.parse(pattern, flags), max)


def ways(pattern: str, flags: int = 0) -> int:
    """Return in how many ways a pattern can be tried at one place: repetitions, and alternatives.

    Of the alternatives those count that can begin with the same character.

    Raises:
        re.error: It is not a regular expression.
        RecursionError: It is nested too deep.
    """
    return _ways(_parser.parse(pattern, flags), None)


def seconds(search: Callable[[str], object], text: str, attempts: int = 2) -> float:
    """Return the CPU time of a search, the least of several attempts: others use the machine, too."""
    return min(_once(search, text) for _ in range(attempts))


def is_slow(search: Callable[[str], object], attack: Attack, limit: float) -> bool:
    """Whether a search takes more CPU time than `limit` seconds on the grown attack.

    The text grows up to LONGEST_TEXT, and no further where it is slow already: the check is bounded, too.
    """
    for size in (LONGEST_TEXT // 16, LONGEST_TEXT // 4, LONGEST_TEXT):
        text = attack.text(size)
        if _once(search, text) > limit and seconds(search, text) > limit:
            return True
    return False


def _once(search: Callable[[str], object], text: str) -> float:
    start = time.thread_time()
    search(text)
    return time.thread_time() - start


def _repeats(tree: _Tree, head: str) -> Iterator[tuple[str, str, list[_Element], int]]:
    """Yield each repetition: what stands before it, the characters it takes, what it repeats, how often."""
    for op, argument in tree:
        if op in _REPEATS:
            _, most, item = argument
            yield head, _accepted(item), list(item), int(most)
        for inner in _inside((op, argument)):
            yield from _repeats(inner, head)
        head += _sample([(op, argument)])


def _inside(element: _Element) -> list[_Tree]:
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


def _sample(tree: _Tree) -> str:
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
            sample += _accepted([(op, argument)])[:1]
        elif op not in _LOOKS:
            sample += next((_sample(inner) for inner in _inside((op, argument))), "")
    return sample[:LONGEST_TEXT]


def _accepted(tree: _Tree) -> str:
    """Return the characters of the alphabet with which a match of the tree can begin."""
    for op, argument in tree:
        if op is ops.LITERAL:
            return chr(argument)
        if op in {ops.IN, ops.NOT_LITERAL, ops.ANY}:
            return "".join(sign for sign in _ALPHABET if _takes((op, argument), sign))
        inner = "".join(_accepted(each) for each in _inside((op, argument)) if op not in _LOOKS)
        if inner:
            return inner
    return ""


def _takes(element: _Element, sign: str) -> bool:
    """Whether one element of a pattern takes a character."""
    op, argument = element
    if op is ops.ANY:
        return sign != "\n"
    if op is ops.NOT_LITERAL:
        return bool(ord(sign) != argument)
    if op is ops.LITERAL:
        return bool(ord(sign) == argument)
    if op is ops.RANGE:
        first, last = argument
        return bool(first <= ord(sign) <= last)
    if op is ops.CATEGORY:
        return _CATEGORIES[argument](sign)
    items: list[_Element] = list(argument)
    is_negated = items[0][0] is ops.NEGATE
    return is_negated is not any(_takes(item, sign) for item in items[is_negated:])


def _telling_signs(sets: list[str]) -> list[str]:
    """Return a character for each combination of the sets that accept it; those of most sets first."""
    by_sets: dict[tuple[int, ...], str] = {}
    for sign in dict.fromkeys("".join(sets)):
        by_sets.setdefault(tuple(number for number, one in enumerate(sets) if sign in one), sign)
    return [by_sets[places] for places in sorted(by_sets, key=len, reverse=True)]


def _ways(tree: _Tree, of_branches: Callable[[list[int]], int] | None) -> int:
    """Multiply the ways of a tree's elements; of alternatives, those that begin alike are added up."""
    product = 1
    for op, argument in tree:
        inside = _inside((op, argument))
        inner = [_ways(each, of_branches) for each in inside]
        if op in _REPEATS:
            least, most, _ = argument
            product *= inner[0] * (int(most) - int(least) + 1)
        elif op is ops.BRANCH:
            product *= of_branches(inner) if of_branches else _that_begin_alike(inside, inner)
        elif inner:
            product *= max(inner)
    return product


def _that_begin_alike(branches: list[_Tree], inner: list[int]) -> int:
    """Return the most ways in which alternatives can be tried that begin with the same character."""
    first = [_accepted(branch) for branch in branches]
    unknown = sum(count for begin, count in zip(first, inner, strict=True) if not begin)
    alike = (
        sum(count for begin, count in zip(first, inner, strict=True) if sign in begin)
        for sign in dict.fromkeys("".join(first))
    )
    return unknown + max(alike, default=0)
