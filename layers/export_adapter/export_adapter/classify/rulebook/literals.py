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

_QUANTIFIER: Final = re.compile(r"[?*+]|\{\d*,?\d*\}")
_CLASS: Final = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_NAME: Final = re.compile(r"\{([a-z]\w*)\}")
_PLAIN: Final = re.compile(r"[^\\\[\](){}.^$|?*+]+\Z")
_ZERO_WIDTH: Final = "bBAZ"
_SETS: Final = "dDsSwW"
_LEAST: Final = 3
_PLAIN_SIGNS: Final[dict[str, str | None]] = {"^": None, "$": None, ".": ""}
_MOST_NEEDS: Final = 3


def needs_of(pattern: str, named: Named) -> tuple[AnyOf, ...]:
    """Return what a matching message must contain: of each of these at least one text.

    The most selective comes first. Empty where the pattern names no text of three characters.
    """
    branches = _branches(pattern)
    if len(branches) == 1:
        return tuple(_of_branch(pattern, named)[:_MOST_NEEDS])
    found = [_of_branch(branch, named)[:1] for branch in branches]
    if not all(found):
        return ()
    return (tuple(dict.fromkeys(text for branch in found for text in branch[0])),)


def top_level_names(pattern: str) -> list[tuple[str, int, int]]:
    """Return the {names} that stand outside groups, with their places; none where a bar stands there too."""
    if "{" not in pattern or len(_branches(pattern)) > 1:
        return []
    names, at = [], 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 2
        elif sign == "[":
            at = _end_of_class(pattern, at)
        elif sign == "(":
            at = _end_of_group(pattern, at)
        elif sign == "{" and (name := _NAME.match(pattern, at)):
            names.append((name[1], at, name.end()))
            at = name.end()
        else:
            at += 1
    return names


def _of_branch(branch: str, named: Named) -> list[AnyOf]:
    """Return what a pattern without bars outside groups needs, the most selective first."""
    if _PLAIN.match(branch):
        return [(branch.lower(),)] if len(branch) >= _LEAST else []
    candidates: list[AnyOf] = []
    run = ""
    at = 0
    while at < len(branch):
        step, literal, inner = _element(branch, at, named)
        quantifier = _QUANTIFIER.match(branch, at + step)
        at = quantifier.end() if quantifier else at + step
        if quantifier and branch[at : at + 1] in {"?", "+"}:  # lazy or possessive
            at += 1
        if literal is None:  # an anchor or a lookaround: what stands around it still touches
            continue
        optional = quantifier is not None and (quantifier[0] in "?*" or quantifier[0][1:2] in {"0", ","})
        if literal and not optional:
            run += literal
            if not quantifier:
                continue
        candidates.append((run,))
        run = ""
        if inner and not optional:
            candidates.extend(inner)
    candidates.append((run,))
    good = [texts for texts in candidates if min(map(len, texts)) >= _LEAST]
    return sorted(good, key=lambda texts: (len(texts) > 1, -min(map(len, texts))))


def _element(branch: str, at: int, named: Named) -> tuple[int, str | None, tuple[AnyOf, ...]]:
    """Return an element's length, its literal and what it needs inside.

    The literal is "" where there is none, and None for what has no width.
    """
    sign = branch[at]
    if sign == "\\":
        following = branch[at + 1 : at + 2]
        if following in _ZERO_WIDTH:
            return 2, None, ()
        return 2, "" if following in _SETS or following.isdigit() else following.lower(), ()
    if sign == "[":
        return _end_of_class(branch, at) - at, "", ()
    if sign == "(":
        return _group(branch, at, named)
    if sign == "{" and (name := _NAME.match(branch, at)):
        needed = named(name[1])
        return len(name[0]), "", (needed,) if needed else ()
    return 1, _PLAIN_SIGNS.get(sign, sign.lower()), ()


def _group(branch: str, at: int, named: Named) -> tuple[int, str | None, tuple[AnyOf, ...]]:
    end = _end_of_group(branch, at)
    content = branch[at + 1 : end - 1]
    if content.startswith(("?=", "?!", "?<=", "?<!")):
        return end - at, None, ()
    if content.startswith("?P<"):
        content = content.partition(">")[2]
    elif content.startswith(("?:", "?>")):
        content = content[2:]
    return end - at, "", needs_of(content, named)


def _branches(pattern: str) -> list[str]:
    """Split a pattern at the bars that stand outside groups and classes."""
    if "|" not in pattern:
        return [pattern]
    branches, start, depth, at = [], 0, 0, 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 1
        elif sign == "[":
            at = _end_of_class(pattern, at) - 1
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
        elif sign == "|" and depth == 0:
            branches.append(pattern[start:at])
            start = at + 1
        at += 1
    return [*branches, pattern[start:]]


def _end_of_class(pattern: str, at: int) -> int:
    found = _CLASS.match(pattern, at)
    return found.end() if found else len(pattern)


def _end_of_group(pattern: str, at: int) -> int:
    depth = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 1
        elif sign == "[":
            at = _end_of_class(pattern, at) - 1
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return len(pattern)
