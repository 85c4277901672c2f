"""Changes the code of precedence, batch, deliver and settle in small ways, to see whether a test fails.

    python -m export_adapter_workstation.checks.mutants [--resume]

mutmut needs the package in a folder src beside its tests, so it works on a copy below .run/mutants; the
project itself is never changed. It changes the bodies of functions, not the constants of modules. The exit
status is 1 if fewer than 98 of 100 mutants die.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

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
class Score:
    """How many mutants of a step there were, and how many of them died."""

    mutants: int = 0
    killed: int = 0

    @property
    def share(self) -> float:
        """The share that died; 1 where there are no mutants."""
        return self.killed / self.mutants if self.mutants else 1.0


def mutants_in(results: str) -> dict[str, str]:
    """Return the status of each mutant by its name, from what `mutmut results --all true` writes."""
    lines = (line.strip().rpartition(": ") for line in results.splitlines() if ": " in line)
    return {name: status for name, _, status in lines}


def scores(mutants: Mapping[str, str]) -> Mapping[str, Score]:
    """Count by step. What was not checked, because the run was interrupted, counts as living."""
    counts = dict.fromkeys(STEPS, Score())
    for name, status in mutants.items():
        step = name.split(".")[1]
        counts[step] = Score(counts[step].mutants + 1, counts[step].killed + (status in _KILLED))
    return counts


def main(arguments: list[str]) -> int:
    """Run it; return the exit status."""
    if not (arguments == ["--resume"] and _COPY.exists()):
        prepare()
    os.nice(15)
    _mutmut("run", "--max-children", str(os.process_cpu_count() or 1))
    found = mutants_in(_mutmut("results", "--all", "true", is_read=True))
    living = {name: status for name, status in found.items() if status not in _KILLED}
    for step, score in scores(found).items():
        click.echo(f"{step}: {score.killed} of {score.mutants} mutants killed ({score.share:.1%})")
    for name, status in living.items():
        click.echo(f"lives: {name} ({status})")
    if living:
        click.echo(f"To see one: cd {_COPY.relative_to(ROOT)} && ../../.venv/bin/mutmut show NAME")
    return 0 if found and Score(len(found), len(found) - len(living)).share >= GOAL else 1


def prepare() -> None:
    """Make a new copy for mutmut to work on."""
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


def _mutmut(*arguments: str, is_read: bool = False) -> str:
    """Run mutmut in its copy; return what it wrote if `is_read`."""
    ended = subprocess.run(  # noqa: S603 -- the project's own tool
        [_MUTMUT, *arguments],
        cwd=_COPY,
        stdout=subprocess.PIPE if is_read else None,
        text=True,
        check=not is_read,
    )
    return ended.stdout or ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
