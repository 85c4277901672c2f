"""`export-adapter dead-letters discard`: delete messages of the dead-letter queue; a file archives them."""

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from export_adapter_workstation.cli.looking import greeted, say_what_was_not_seen, scanning, selected
from export_adapter_workstation.cli.selecting import selecting
from export_adapter_workstation.cli.stack_options import (
    ended_as_by_ctrl_c,
    examples,
    on_a_stack,
    stopped_gently,
)
from export_adapter_workstation.dead_letters import discard as discarding
from export_adapter_workstation.dead_letters.discard import Archive, ArchiveError
from export_adapter_workstation.dead_letters.replay import Report
from export_adapter_workstation.dead_letters.selection import Selection
from export_adapter_workstation.dead_letters.tables import counted, report_view
from export_adapter_workstation.stack.access import Stack


@click.command(
    short_help="Delete messages; a file archives them.",
    epilog=examples(
        "export-adapter dead-letters discard --error-type invalid_message",
        "export-adapter dead-letters discard --id 5f04e139 --apply",
        "export-adapter send discarded.jsonl",
    ),
)
@selecting
@click.option("--apply", is_flag=True, help="Do it. Without this, only the plan is shown.")
@click.option(
    "--to",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The new archive file. Without this, one in ~/.local/state/export-adapter; for the local stack, in "
    "a folder that is removed when `make up` ends.",
)
@on_a_stack
def discard(stack: Stack, /, *, selection: Selection, apply: bool, path: Path | None) -> None:
    """Delete messages from the dead-letter queue. Shows the plan; --apply carries it out.

    Each message is written to a file, and the file synced to the disk, before the message is deleted.
    `export-adapter send FILE` sends the messages of the file to the main queue again. The file has the
    messages as they are, with all their personal data; only you can read it.

    If the command is killed, up to ten messages may be in the file and still on the queue. The exit status is
    1 if messages could not be seen or were not deleted; this also holds for a plan.
    """
    console = greeted(stack)
    if selection.is_everything:
        words = "this deletes" if apply else "this would delete"
        console.print(f"NO FILTER IS GIVEN: {words} ALL messages of the queue.", style="bold red")
    if not apply:
        sys.exit(0 if _show_plan(stack, console, selection) else 1)
    default = stack.state_folder / f"discarded-{stack.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}.jsonl"
    with Archive(path or default) as archive:
        complete = _delete(stack, console, selection, archive)
        if archive.is_written and path is None and stack.pleo_url is not None:
            console.print("That file is removed when `make up` ends; --to puts it elsewhere.", style="dim")
    sys.exit(0 if complete else 1)


def _show_plan(stack: Stack, console: Console, selection: Selection) -> bool:
    """Show what a discard would delete; return whether every message was seen."""
    report = Report()
    with ended_as_by_ctrl_c(), scanning(stack, console) as scan:
        discarding.plan(scan, selected(selection), report)
    seen_whole = say_what_was_not_seen(scan, console)
    console.print(report_view(report, "Would delete"))
    if report.done:
        console.print("Nothing was deleted. To delete: the same command with --apply")
    return seen_whole


def _delete(stack: Stack, console: Console, selection: Selection, archive: Archive) -> bool:
    """Carry a discard out; return whether all that is selected is deleted."""
    asked, report = threading.Event(), Report()
    try:
        with stopped_gently(asked), scanning(stack, console, "Deleting") as scan:
            discarding.discard(scan, selected(selection), archive, report, stopped=asked.is_set)
    except ArchiveError as wrong:
        raise click.ClickException(f"{wrong} What is not in it stays on the queue.") from wrong
    finally:
        console.print(report_view(report, "Deleted"))
        if archive.is_written:
            console.print(f"Archived in {archive.path}", highlight=False, markup=False, soft_wrap=True)
    if report.not_deleted:
        number = counted(report.not_deleted, "message")
        console.print(f"SQS did not delete {number}: in the file, and still on the queue.", style="yellow")
    if not report.is_complete:
        console.print("Run the same command again for the rest.", style="yellow")
    # After a stop it is clear that not every message was seen.
    return (report.stopped or say_what_was_not_seen(scan, console)) and report.is_complete
