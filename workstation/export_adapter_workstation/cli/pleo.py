"""`export-adapter pleo`: control the local Pleo that `export-adapter up` runs."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from export_adapter_workstation.cli.demo_tables import job_table
from export_adapter_workstation.cli.stack_options import examples
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.dead_letters.tables import counted
from export_adapter_workstation.local.pleo import (
    EntryRefusal,
    Fault,
    FaultPlan,
    JobStatus,
    LocalPleo,
    LocalPleoError,
    jobs_for,
    passing_faults,
)
from export_adapter_workstation.local.running_stack import NothingRunningError, running_stack

_LATEST = 10


@click.group(short_help="Control the local Pleo of `make up`: make it fail, show what it stores.")
def pleo() -> None:
    """Control the local Pleo of `make up`: make it fail, and show what it stores.

    Programs use the same control over HTTP, under /_local/ at the local Pleo: docs/local-pleo.md.
    """


@pleo.command(
    epilog=examples(
        "export-adapter pleo fail --status 503 --for 60",
        "export-adapter pleo fail --status 429 --retry-after 5 --next 3",
        "export-adapter pleo fail --anything --rate 0.3",
    )
)
@click.option("--status", type=click.IntRange(200, 599), help="Answer with this HTTP status.")
@click.option("--body", default="error", show_default=True, type=click.Choice(["error", "html", "empty"]))
@click.option("--type", default="", help="The type of the error, as in Pleo's body.")
@click.option("--message", default=Fault().message, show_default=True, help="The message of the error.")
@click.option(
    "--retry-after", metavar="SECONDS", type=click.IntRange(0), help="Send this Retry-After header."
)
@click.option("--reset", is_flag=True, help="Reset the connection instead of answering.")
@click.option("--cut-off", is_flag=True, help="Stop in the middle of the answer.")
@click.option(
    "--delay",
    metavar="SECONDS",
    default=0.0,
    type=click.FloatRange(0),
    help="Answer only after this time.",
)
@click.option("--applied", is_flag=True, help="Apply the update although the caller gets an error.")
@click.option("--anything", is_flag=True, help="Pick a random temporary fault for each request.")
@click.option("--next", "times", type=click.IntRange(1), help="Only for this many requests.")
@click.option("--for", "seconds", type=click.FloatRange(0, min_open=True), help="Only for this many seconds.")
@click.option(
    "--rate", default=1.0, show_default=True, type=click.FloatRange(0, 1), help="Share of requests."
)
@click.option("--job", "job_id", metavar="ID", help="Only requests for this export job.")
@click.option("--company", "company_id", metavar="ID", help="Only requests for export jobs of this company.")
def fail(
    *,
    anything: bool,
    times: int | None,
    seconds: float | None,
    rate: float,
    job_id: str | None,
    company_id: str | None,
    **fields: Any,  # noqa: ANN401 -- the other options are fields of Fault, which click has checked
) -> None:
    """Make requests to the local Pleo fail, until `pleo clear` or for a given time."""
    fault = Fault(**fields)
    if not (anything or fault.replaces_the_answer or fault.cut_off or fault.delay):
        raise click.UsageError("What goes wrong? Name --status, --reset, --cut-off, --delay or --anything.")
    faults = passing_faults(delay=fault.delay or 1.0) if anything else (fault,)
    plan = FaultPlan(
        faults=faults, times=times, seconds=seconds, rate=rate, job_id=job_id, company_id=company_id
    )
    with _running_pleo() as running:
        running.fail(plan)
    click.echo(f"From now on: {_words(plan)}.")


@pleo.command()
@click.argument("entry", metavar="ENTRY")
@click.option("--type", "kind", default=EntryRefusal().type, show_default=True, help="The type of the error.")
@click.option(
    "--message", default=EntryRefusal().message, show_default=True, help="The message of the error."
)
@click.option("--whole-request", is_flag=True, help="Answer 400 to every request that contains the entry.")
def refuse(*, entry: str, kind: str, message: str, whole_request: bool) -> None:
    """Make the local Pleo refuse the accounting entry ENTRY until `pleo clear`."""
    with _running_pleo() as running:
        running.refuse_entry(entry, EntryRefusal(kind, message, 400 if whole_request else 200))
    click.echo(f"From now on Pleo refuses {entry}.")


@pleo.command()
def clear() -> None:
    """Remove all faults and refusals. Jobs and items stay."""
    with _running_pleo() as running:
        running.clear_faults()
        running.accept_entry()
    click.echo("No faults and no refusals any more.")


@pleo.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--finished", is_flag=True, help="Create them as completed jobs, which accept no more updates.")
def add(*, files: tuple[Path, ...], finished: bool) -> None:
    """Create the export jobs of the messages in FILES in the local Pleo."""
    jobs = jobs_for(file.read_text(encoding="utf-8", errors="replace") for file in files)
    with _running_pleo() as running:
        for job in jobs:
            running.create_job(replace(job, status=JobStatus.COMPLETED) if finished else job)
    click.echo(f"Export jobs created: {len(jobs)}.")


@pleo.command()
@click.option("--job", metavar="ID", help="The items of one export job.")
def show(*, job: str | None) -> None:
    """Show the local Pleo's jobs and items, the faults that are set, and the latest requests."""
    with _running_pleo() as running:
        state, requests = running.state(job), running.requests()
    console = terminal()
    if job and not state.jobs:
        raise click.ClickException(f"Pleo has no export job {job}. `export-adapter pleo show` lists them.")
    if job:
        console.print(job_table(state.jobs[0]))
    else:
        counts = ((one, Counter(item.status for item in one.items.values())) for one in state.jobs)
        rows = (
            (
                f"{one.job_id}\n{one.company_id}",
                one.status,
                "\n".join(f"{n} {status}" for status, n in sums.items()),
            )
            for one, sums in counts
        )
        console.print(_table("Export jobs", ("Export job, company", "Status", "Items"), rows))
    latest = [one for one in requests if job is None or one.job_id == job.lower()][-_LATEST:]
    received = (
        (
            str(one.number),
            f"{one.method}\n{counted(len(one.items), 'item')}" if one.items else one.method,
            one.job_id or one.path,
            "\n".join(filter(None, (str(one.status or "no answer"), one.fault))),
        )
        for one in latest
    )
    columns = ("No.", "Request", "Export job", "Answer, fault")
    console.print(_table(f"Latest requests, of {len(requests)}", columns, received))
    for plan in state.fault_plans:
        console.print(f"Goes wrong: {_words(plan)}.", highlight=False, soft_wrap=True)
    for entry, refusal in state.refusals.items():
        console.print(f"Refused: {entry}, {refusal.type}.", highlight=False, soft_wrap=True)


@contextlib.contextmanager
def _running_pleo() -> Iterator[LocalPleo]:
    try:
        yield LocalPleo(running_stack().pleo_url)
    except NothingRunningError as nothing:
        raise click.UsageError(str(nothing)) from nothing
    except LocalPleoError as problem:
        raise click.ClickException(str(problem)) from problem


def _table(title: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    table = Table(title=title, title_justify="left", expand=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _words(plan: FaultPlan) -> str:
    """Say what a plan does, such as `status 503, for 60 s, job 51c0c1e0-...`."""
    faults = "one of the faults that pass by themselves" if len(plan.faults) > 1 else str(plan.faults[0])
    parts = {
        faults: True,
        f"requests left: {plan.times}": plan.times,
        f"for {plan.seconds:g} s" if plan.seconds else "": plan.seconds and not plan.until,
        f"until {plan.until:%H:%M:%S} UTC" if plan.until else "": plan.until,
        f"for {plan.rate:.0%} of the requests": plan.rate < 1,
        f"job {plan.job_id}": plan.job_id,
        f"company {plan.company_id}": plan.company_id,
    }
    return ", ".join(words for words, is_so in parts.items() if is_so)
