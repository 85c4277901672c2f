"""The report of a soak, for a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from export_adapter_workstation.soak.reconciliation import KINDS
from export_adapter_workstation.soak.run import SoakReport


def print_report(report: SoakReport, console: Console) -> None:
    """Print what was sent and injected, where it is, and what is wrong with it if anything is."""
    made = report.reconciliation
    table = Table(title="Soak", title_justify="left", show_header=False)
    table.add_column(min_width=60)
    table.add_column(justify="right", no_wrap=True)
    for rows in (_injected(report), _reconciliation(report), ((kind, made.count(kind)) for kind in KINDS)):
        for name, count in rows:
            style = "bold red" if name in KINDS and count else "dim" if name.startswith(" ") else ""
            table.add_row(name, f"{count:,}", style=style)
        table.add_section()
    console.print()
    console.print(table)
    for problem in made.examples():
        console.print(f"{problem.kind}: {problem.what}", style="red", highlight=False, soft_wrap=True)
    if made.is_clean:
        console.print("Every item is accounted for.", style="green")
    else:
        console.print("NOT every item ended as it should.", style="bold red")
        console.print(f"Run it again with --seed {report.plan.seed} to look for the reason.", soft_wrap=True)


def _injected(report: SoakReport) -> Iterator[tuple[str, int]]:
    yield "messages sent", report.messages
    yield "of them sent twice", report.duplicates
    yield "requests that updated items at Pleo", report.requests
    yield "of them struck by a fault", sum(report.requests_by_fault.values())
    yield from ((f"      {fault}", count) for fault, count in sorted(report.requests_by_fault.items()))
    yield "functions killed", report.injected.functions_killed
    yield "invocations that died with them, so that their messages came again", report.invocations_that_died
    yield "secrets rotated", report.injected.secrets_rotated
    yield "messages moved back to the queue after the faults", report.replayed
    yield "final statuses overwritten by an older message in another environment", report.overwritten
    yield "seconds", round(report.seconds)


def _reconciliation(report: SoakReport) -> Iterator[tuple[str, int]]:
    made = report.reconciliation
    yield "items sent", made.sent
    yield "= delivered", made.delivered
    yield "+ parked", made.parked
    yield from ((f"      {reason}", count) for reason, count in sorted(made.parked_by_reason.items()))
    yield "+ on the queue", made.on_queue
    yield "copies of an item on the dead-letter queue beyond the first", made.extra_copies
