"""The sentences of rules: texts with places for names, and with parts that are left out without them.

`{account}` is filled with what a message pattern captured under that name. A part in square brackets is
kept only where all its names are known; `[a|b]` takes the first alternative that is complete.
`{system}` is always known, every other name must stand in brackets.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

NAMES: Final = frozenset(
    {
        "account",
        "amount",
        "code",
        "company",
        "currency",
        "date",
        "dimension",
        "document",
        "field",
        "item",
        "journal",
        "limit",
        "period",
        "permission",
        "system",
        "tax_code",
        "value",
        "vendor",
    }
)
"""What a pattern may capture and a sentence may name."""

LONGEST: Final = 300
"""Characters of a sentence as it stands in a file, so that the system's own words fit after it."""

_PART: Final = re.compile(r"\[([^\[\]]*)\]|([^\[\]]+)")
_NAME: Final = re.compile(r"\{(\w+)\}")
_MARKUP: Final = re.compile(r"[<>*`#!\n\t]|https?:|  ")


@dataclass(frozen=True, slots=True)
class _Alternative:
    text: str
    names: frozenset[str]


@lru_cache(maxsize=2048)
def _parts(template: str) -> tuple[tuple[_Alternative, ...], ...]:
    return tuple(
        tuple(
            _Alternative(text, frozenset(_NAME.findall(text)))
            for text in (part[1].split("|") if part[1] is not None else [part[2]])
        )
        for part in _PART.finditer(template)
    )


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the sentence with its names filled in, and without the parts whose names are not known."""
    known = values.keys()
    text = "".join(
        next(
            (_NAME.sub(lambda name: values[name[1]], one.text) for one in part if one.names <= known),
            "",
        )
        for part in _parts(template)
    )
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def problem_with(template: str) -> str | None:
    """Return what is wrong with a sentence, in words for its author, or None."""
    if len(template) > LONGEST:
        return f"longer than {LONGEST} characters: the system's own words must fit after it"
    found = _MARKUP.search(template)
    if found:
        return f"must be plain text in one line: {found[0]!r} does not belong there"
    if "[" in re.sub(r"\[[^\[\]]*\]", "", template) or "]" in re.sub(r"\[[^\[\]]*\]", "", template):
        return "has a square bracket without its partner, or one inside another"
    if not template.endswith("."):
        return "must end with a full stop"
    first = template.lstrip("[")[:1]
    if not (first.isupper() or first == "{"):
        return "must begin with a capital letter or with a name such as {system}"
    return _problem_with_names(template)


def _problem_with_names(template: str) -> str | None:
    for part in _PART.finditer(template):
        for name in _NAME.findall(part[0]):
            if name not in NAMES:
                return f"'{{{name}}}' is not a name; there are {', '.join(sorted(NAMES))}"
            if part[1] is None and name != "system":
                return f"'{{{name}}}' is not always known: put it and its words in [square brackets]"
    return None
