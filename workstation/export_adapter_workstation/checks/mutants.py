"""Changes the code of precedence, batch, deliver and settle in small ways, and sees whether a test notices.

    python -m export_adapter_workstation.checks.mutants [--resume]

mutmut wants the package in a folder src beside its tests, so it works on a copy below .run/mutants; the
project itself is never changed. What it changes is the bodies of functions, not constants of modules. Exits
with 1 where fewer than 98 of 100 mutants die.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from export_adapter_workstation.project import ROOT

STEPS: Final = ("precedence", "batch", "deliver", "settle")
TESTS: Final = tuple(f"tests/unit/{each}" for each in (*STEPS, "flow"))
GOAL: Final = 0.98

_PACKAGE: Final = ROOT / "layers" / "export_adapter" / "export_adapter"
_COPY: Final = ROOT / ".run" / "mutants"
_MUTMUT: Final = Path(sys.prefix) / "bin" / "mutmut"
_ALSO_COPIED: Final = (
    "tests",
    "docs",
    "events",
    "functions",
    "workstation",
    "template.yaml",
    "samconfig.toml",
)
_KILLED: Final = frozenset({"killed", "timeout", "segfault", "caught by type check"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of the code, by mutmut's name for it, and what became of it."""

    name: str
    status: str

    @property
    def step(self) -> str:
        """The step that it is in."""
        return self.name.split(".")[1]


@dataclass(frozen=True, slots=True)
class Score:
    """How many mutants of a step there were, and how many of them died."""

    mutants: int
    killed: int

    @property
    def share(self) -> float:
        """The share that died; all of none."""
        return self.killed / self.mutants if self.mutants else 1.0


def mutants_in(results: str) -> tuple[Mutant, ...]:
    """Read what `mutmut results --all true` writes."""
    lines = (line.strip().rpartition(": ") for line in results.splitlines() if ": " in line)
    return tuple(Mutant(name, status) for name, _, status in lines)


def scores(mutants: Iterable[Mutant]) -> Mapping[str, Score]:
    """Count by step. What was not checked, because the run was interrupted, counts as living."""
    everything = tuple(mutants)
    return {
        step: Score(
            mutants=sum(one.step == step for one in everything),
            killed=sum(one.step == step and one.status in _KILLED for one in everything),
        )
        for step in STEPS
    }


def main(arguments: list[str]) -> int:
    """Run it; return the exit status."""
    if not (arguments == ["--resume"] and _COPY.exists()):
        prepare()
    os.nice(15)
    _mutmut("run", "--max-children", str(os.process_cpu_count() or 1))
    found = mutants_in(_mutmut("results", "--all", "true", is_kept=True))
    living = [one for one in found if one.status not in _KILLED]
    console = Console()
    by_step = scores(found)
    console.print(_table(by_step))
    for one in living:
        click.echo(f"lives: {one.name} ({one.status})")
    if living:
        console.print(f"To see one: cd {_COPY.relative_to(ROOT)} && ../../.venv/bin/mutmut show NAME")
    is_good = bool(found) and len(found) - len(living) >= GOAL * len(found)
    return 0 if is_good else 1


def prepare() -> None:
    """Make the copy that mutmut works on anew."""
    shutil.rmtree(_COPY, ignore_errors=True)
    _COPY.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_PACKAGE, _COPY / "src" / "export_adapter", ignore=ignored)
    for name in _ALSO_COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, _COPY / name, ignore=ignored)
        else:
            shutil.copy(source, _COPY)
    (_COPY / "pyproject.toml").write_text(configuration(), encoding="utf-8")


def configuration() -> str:
    """Return the copy's pyproject.toml: the project's settings for pytest, and mutmut's own."""
    pytest = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    options = pytest["ini_options"]
    return "\n".join(
        [
            "[tool.pytest.ini_options]",
            'pythonpath = [".", "workstation"]',
            f"addopts = {options['addopts']!r}",
            f"filterwarnings = {options['filterwarnings']!r}",
            "[tool.mutmut]",
            'source_paths = ["src"]',
            f"only_mutate = {[f'src/export_adapter/{step}*' for step in STEPS]!r}",
            f"also_copy = {[name for name in _ALSO_COPIED if name != 'tests']!r}",
            f"pytest_add_cli_args_test_selection = {list(TESTS)!r}",
            "pytest_add_cli_args = ['-x', '-p', 'no:cacheprovider', '-p', 'no:xdist']",
            "",
        ]
    )


def _mutmut(*arguments: str, is_kept: bool = False) -> str:
    """Run mutmut in its copy; return what it wrote, where that is to be kept."""
    ended = subprocess.run(  # noqa: S603 -- the project's own tool
        [_MUTMUT, *arguments],
        cwd=_COPY,
        stdout=subprocess.PIPE if is_kept else None,
        text=True,
        check=not is_kept,
    )
    return ended.stdout or ""


def _table(by_step: Mapping[str, Score]) -> Table:
    table = Table(title="Mutants", title_justify="left")
    for name in ("step", "mutants", "killed", "living", "share killed"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for step, score in by_step.items():
        living = score.mutants - score.killed
        style = "" if score.share >= GOAL else "bold red"
        table.add_row(
            step, str(score.mutants), str(score.killed), str(living), f"{score.share:.1%}", style=style
        )
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
