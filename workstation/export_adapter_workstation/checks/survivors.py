"""The mutants that no test kills, and what docs/mutants.md has to say for each of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_SECTION: Final = re.compile(r"^### `([^`]+)`$", re.MULTILINE)
_DIFF: Final = re.compile(r"```diff\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to a function: the lines that went and those that came, without their indentation."""

    function: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


def function_of(mutant: str) -> str:
    """Return the function in mutmut's name for a mutant: module, class if any, and name."""
    module, _, mangled = mutant.rpartition(".")
    name = re.sub(r"__mutmut_\d+$", "", mangled)
    name = name.removeprefix("xǁ").replace("ǁ", ".") if name.startswith("xǁ") else name.removeprefix("x_")
    return f"{module.removeprefix('export_adapter.')}.{name}"


def change_of(mutant: str, shown: str) -> Change:
    """Read what `mutmut show` writes of a mutant."""
    return _change(function_of(mutant), shown)


def argued(document: str) -> frozenset[Change]:
    """Read the changes that a document argues for: a heading for each function, a diff for each change."""
    _, *sections = _SECTION.split(document)
    named = zip(sections[::2], sections[1::2], strict=True)
    return frozenset(_change(function, diff) for function, text in named for diff in _DIFF.findall(text))


def _change(function: str, diff: str) -> Change:
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    return Change(function, _with("-", lines), _with("+", lines))


def _with(sign: str, lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line[1:].strip() for line in lines if line.startswith(sign) and line[1:].strip())
