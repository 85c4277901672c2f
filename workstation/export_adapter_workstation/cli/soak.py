"""`export-adapter soak`: many results while everything fails at random, and the books afterwards."""

import sys

import click

from export_adapter_workstation.cli.terminal import Progress, terminal
from export_adapter_workstation.local.aws import EmbeddedAwsError
from export_adapter_workstation.soak.run import SoakPlan
from export_adapter_workstation.soak.run import soak as run_soak
from export_adapter_workstation.soak.tables import print_report

_USUAL = SoakPlan()


@click.command(short_help="Look for lost results while everything fails at random.")
@click.option("--items", default=_USUAL.items, show_default=True, type=click.IntRange(200, 1_000_000))
@click.option("--jobs", default=_USUAL.jobs, show_default=True, type=click.IntRange(4, 10_000))
@click.option("--seed", default=_USUAL.seed, show_default=True, help="The same seed draws the same traffic.")
@click.option(
    "--faults",
    default=_USUAL.fault_rate,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of the requests that Pleo answers with a fault.",
)
@click.option("--kills", default=_USUAL.kills, show_default=True, help="Functions killed at work.")
@click.option("--rotations", default=_USUAL.rotations, show_default=True, help="Secrets rotated.")
def soak(*, items: int, jobs: int, seed: int, faults: float, kills: int, rotations: int) -> None:
    """Look for lost results: send in many while everything fails at random, then do the books.

    On an embedded AWS, with a local Pleo that throttles, breaks, hangs and half-answers, functions that are
    killed at work and secrets that are rotated. Ends with 1 where the books do not balance.
    """
    console = terminal()
    plan = SoakPlan(items=items, jobs=jobs, seed=seed, fault_rate=faults, kills=kills, rotations=rotations)
    try:
        report = run_soak(plan, Progress(console))
    except EmbeddedAwsError as problem:
        console.print(f"[red]{problem}[/red]")
        sys.exit(1)
    print_report(report, console)
    sys.exit(0 if report.passed else 1)
