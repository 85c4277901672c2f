"""Fuzzes the whole handler for some time, or runs one saved case: `make fuzz`, `make fuzz SECONDS=60`.

    python -m tests.fuzz.run --seconds 1800 [--seed 7]
    python -m tests.fuzz.run .run/fuzz/1.json

Each finding is made smaller for a quarter of a minute and written to .run/fuzz. Exits with 1 where there is
one. The same seed makes the same cases, as far as time plays no part.
"""

import random
import sys
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from export_adapter_workstation.project import ROOT
from tests.fuzz.generate import LENGTHS, cases
from tests.fuzz.oracle import judge
from tests.fuzz.world import Case

FOLDER: Final = ROOT / ".run" / "fuzz"
_SECONDS_TO_SHRINK: Final = 15.0
_SMALL: Final = 4_200
"""How often a run is repeated in two rounds of three: that takes a tenth of the time, and shows the most."""

_ROUND: Final = settings(
    max_examples=100,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
    report_multiple_bugs=False,
    verbosity=Verbosity.quiet,
)


class FoundError(Exception):
    """Tells hypothesis that a case has the finding that is being made small."""


@dataclass
class Fuzz:
    """A run: how much was looked at, and the size of the smallest case of each finding."""

    seed: int
    seconds: float
    begun: float = field(default_factory=time.monotonic)
    count: int = 0
    slowest: float = 0.0
    smallest: dict[str, int] = field(default_factory=dict[str, int])
    _hunted: str = ""
    _hunted_until: float = 0.0

    def run(self) -> None:
        """Go round after round until time is up. A round ends with its first new finding."""
        while self._passed() < self.seconds:
            self._hunted = ""
            # What is new was noted when it was found. That a case fails only while there is time to make it
            # smaller is what hypothesis complains about then.
            with suppress(Exception), warnings.catch_warnings(action="ignore"):
                longest = _SMALL if self.seed % 3 else max(LENGTHS)
                seed(self.seed)(_ROUND(given(cases(longest))(self._look)))()
            self._say(
                f"{self.count} cases, seed {self.seed}, slowest {self.slowest:.1f} s on Lambda, "
                f"{len(self.smallest)} findings"
            )
            self.seed += 1

    def _look(self, case: Case) -> None:
        if self._passed() > self.seconds or (self._hunted and time.monotonic() > self._hunted_until):
            return
        verdict = judge(case)
        self.count += 1
        self.slowest = max(self.slowest, verdict.seconds)
        new = next((each for each in verdict.findings if each not in self.smallest), "")
        if new and not self._hunted:
            self._hunted, self._hunted_until = new, time.monotonic() + _SECONDS_TO_SHRINK
            self._say(f"FOUND {new}")
        if self._hunted in verdict.findings:
            if case.size < self.smallest.setdefault(self._hunted, sys.maxsize):
                self.smallest[self._hunted] = case.size
                case.save(FOLDER / f"{list(self.smallest).index(self._hunted) + 1}.json")
            raise FoundError(self._hunted)

    def _say(self, text: str) -> None:
        click.echo(f"{self._passed():6.0f} s  {text}")

    def _passed(self) -> float:
        return time.monotonic() - self.begun


@click.command()
@click.option("--seconds", default=1_800.0, show_default=True, help="How long to look.")
@click.option("--seed", "first", type=int, help="The seed of the first round; else one of chance.")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(seconds: float, first: int | None, file: Path | None) -> None:
    """Fuzz the handler, or run the one case in FILE."""
    if file:
        found = judge(Case.load(file)).findings
        click.echo("\n".join(found) or "nothing is wrong with it")
        sys.exit(1 if found else 0)
    fuzz = Fuzz(random.randrange(10**9) if first is None else first, seconds)  # noqa: S311 -- not for secrets
    fuzz.run()
    for place, finding in enumerate(fuzz.smallest, start=1):
        click.echo(f"{FOLDER.relative_to(ROOT)}/{place}.json: {finding}")
    click.echo(f"{fuzz.count} cases in {seconds:.0f} s, {len(fuzz.smallest)} findings")
    sys.exit(1 if fuzz.smallest else 0)


if __name__ == "__main__":
    main()
