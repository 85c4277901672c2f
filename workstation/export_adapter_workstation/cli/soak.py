"""`export-adapter soak`: many results while everything fails at random, and a reconciliation afterwards."""

import sys

import click

from export_adapter_workstation.cli.terminal import Progress, terminal
from export_adapter_workstation.local.aws import EmbeddedAwsError
from export_adapter_workstation.soak.plan import SoakPlan
from export_adapter_workstation.soak.run import soak as run_soak
from export_adapter_workstation.soak.table import print_report

_USUAL = SoakPlan()


@click.command(short_help="Send many results while random parts fail; check that none is lost.")
@click.option(
    "--items",
    default=_USUAL.items,
    show_default=True,
    type=click.IntRange(200, 1_000_000),
    help="Results to send.",
)
@click.option(
    "--jobs",
    default=_USUAL.jobs,
    show_default=True,
    type=click.IntRange(4, 10_000),
    help="Export jobs they belong to.",
)
@click.option("--seed", default=_USUAL.seed, show_default=True, help="The same seed gives the same traffic.")
@click.option(
    "--faults",
    default=_USUAL.fault_rate,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of the requests that Pleo answers with a fault.",
)
@click.option("--kills", default=_USUAL.kills, show_default=True, help="How many functions are killed.")
@click.option(
    "--rotations", default=_USUAL.rotations, show_default=True, help="How many secrets are rotated."
)
def soak(*, items: int, jobs: int, seed: int, faults: float, kills: int, rotations: int) -> None:
    """Send many results while random parts fail, then check that none was lost.

    Runs on an embedded AWS, with a local Pleo that throttles, fails, hangs and answers incompletely, with
    functions that are killed while they run, and with secrets that are rotated. The exit status is 1 unless
    every result ended as it should.
    """
    console = terminal()
    plan = SoakPlan(items=items, jobs=jobs, seed=seed, fault_rate=faults, kills=kills, rotations=rotations)
    try:
        report = run_soak(plan, Progress(console))
    except EmbeddedAwsError as problem:
        raise click.ClickException(str(problem)) from problem
    print_report(report, console)
    sys.exit(0 if report.reconciliation.is_clean else 1)
