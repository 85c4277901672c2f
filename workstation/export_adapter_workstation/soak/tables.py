"""The report of a soak, for a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from export_adapter_workstation.soak.books import KINDS, Balance
from export_adapter_workstation.soak.run import SoakReport


def print_report(report: SoakReport, console: Console) -> None:
    """Print what the storm did, the balance, and what is wrong with it if anything is."""
    console.print()
    console.print(_storm_table(report))
    console.print(balance_table(report.after_the_storm, report.at_the_end))
    for problem in report.at_the_end.examples():
        console.print(f"{problem.kind}: {problem.what}", style="red", highlight=False, soft_wrap=True)
    if report.passed:
        console.print("The books balance.", style="green")
    else:
        console.print("The books do NOT balance.", style="bold red")
        console.print(f"Run it again with --seed {report.plan.seed} to look for the reason.", soft_wrap=True)


def balance_table(after_the_storm: Balance, at_the_end: Balance) -> Table:
    """Return the books as a table: the sum first, then everything that must be 0 at the end."""
    table = Table(title="The balance", title_justify="left", expand=True)
    table.add_column(ratio=1)
    table.add_column("after the storm", justify="right", no_wrap=True)
    table.add_column("at the end", justify="right", no_wrap=True)
    both = (after_the_storm, at_the_end)
    table.add_row("items sent in", *(f"{one.sent_in:,}" for one in both), style="bold")
    table.add_row("= delivered", *(f"{one.delivered:,}" for one in both))
    table.add_row("+ parked", *(f"{one.parked:,}" for one in both))
    for reason in sorted(after_the_storm.parked_by_reason.keys() | at_the_end.parked_by_reason.keys()):
        counts = (f"{one.parked_by_reason.get(reason, 0):,}" for one in both)
        table.add_row(f"      {reason}", *counts, style="dim")
    table.add_row("+ on the queue", *(f"{one.on_queue:,}" for one in both))
    table.add_section()
    for kind in KINDS:
        count = at_the_end.count(kind)
        table.add_row(kind, "", f"{count:,}", style="bold red" if count else "")
    return table


def _storm_table(report: SoakReport) -> Table:
    table = Table(title="The storm", title_justify="left", show_header=False, expand=True)
    table.add_column(ratio=1)
    table.add_column(justify="right", no_wrap=True)
    for name, count in _storm_rows(report):
        table.add_row(name, f"{count:,}")
    return table


def _storm_rows(report: SoakReport) -> Iterator[tuple[str, int]]:
    yield "messages sent in", report.messages
    yield "of them sent twice", report.duplicates
    yield "requests that updated items at Pleo", report.requests
    yield "of them struck by a fault", sum(report.requests_by_fault.values())
    for fault, count in sorted(report.requests_by_fault.items()):
        yield f"      {fault}", count
    yield "functions killed", report.disasters.functions_killed
    yield "invocations that died with them, so that their messages came again", report.invocations_that_died
    yield "secrets rotated", report.disasters.secrets_rotated
    yield "messages moved back to the queue after the storm", report.replayed
    yield "copies of an item on the dead-letter queue beyond the first", report.at_the_end.extra_copies
    yield "final statuses overwritten by an older message in another environment", report.overtaken
    yield "seconds", round(report.seconds)
