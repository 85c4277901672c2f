"""`export-adapter dead-letters discard`: remove parked messages for good."""

import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from export_adapter_workstation.cli.looking import (
    bar,
    dead_letter_queue,
    gather,
    greeted,
    say_what_was_not_seen,
    taken_by,
)
from export_adapter_workstation.cli.selecting import selecting
from export_adapter_workstation.cli.stack_options import (
    ended_as_by_ctrl_c,
    examples,
    on_a_stack,
    stopped_gently,
)
from export_adapter_workstation.dead_letters.discard import DiscardReport
from export_adapter_workstation.dead_letters.discard import discard as remove
from export_adapter_workstation.dead_letters.hold import Hold
from export_adapter_workstation.dead_letters.journal import JournalError, journal_file, journal_path
from export_adapter_workstation.dead_letters.kept import KeptFileError, keep, kept_file
from export_adapter_workstation.dead_letters.letter import Described
from export_adapter_workstation.dead_letters.selection import Selection
from export_adapter_workstation.dead_letters.tables import discard_plan_view
from export_adapter_workstation.stack.access import Stack


@click.command(
    short_help="Remove messages for good; a file keeps them.",
    epilog=examples(
        "export-adapter dead-letters discard --error-type invalid_message",
        "export-adapter dead-letters discard --id 5f04e139 --apply",
    ),
)
@selecting
@click.option("--apply", is_flag=True, help="Do it. Without this, only the plan is shown.")
@click.option(
    "--to",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The new file for what is removed. By default one in ~/.local/state/export-adapter; of the local "
    "stack in a folder that ends with `make up`.",
)
@on_a_stack
def discard(stack: Stack, /, *, selection: Selection, apply: bool, path: Path | None) -> None:
    """Remove parked messages for good. Shows the plan; --apply carries it out.

    What is to be removed is written to a file first, and the file then notes what really was removed;
    `export-adapter send --discarded FILE` puts just that back on the main queue. The file holds the messages
    as they are, with whatever is private in them. The exit status is 1, of a plan too, where messages could
    not be seen or were not removed.
    """
    console = greeted(stack)
    if not apply:
        with ended_as_by_ctrl_c(), Hold(dead_letter_queue(stack), time.monotonic) as hold:
            letters, seen_whole = _plan(hold, console, selection, applied=False)
        if letters:
            console.print("Nothing was removed. To do it: the same command with --apply")
        sys.exit(0 if seen_whole else 1)
    ends_with_the_stack = path is None and stack.pleo_url is not None
    path = path or stack.state_folder / f"discarded-{stack.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}.jsonl"
    journal = journal_path(stack.state_folder, stack.outputs.dead_letter_queue_url)
    try:
        # A replay that runs meanwhile could send what is removed here.
        with journal_file(journal):
            complete = _discard(stack, console, selection, path)
            if ends_with_the_stack and path.exists():
                console.print("That file ends with `make up`; --to puts it elsewhere.", style="dim")
    except KeptFileError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except JournalError as wrong:
        raise click.ClickException(f"The journal {journal}: {wrong} Nothing was removed.") from wrong
    sys.exit(0 if complete else 1)


def _discard(stack: Stack, console: Console, selection: Selection, path: Path) -> bool:
    """Carry a discard out; return whether all that was meant is gone."""
    with ended_as_by_ctrl_c(), Hold(dead_letter_queue(stack), time.monotonic) as hold:
        letters, seen_whole = _plan(hold, console, selection, applied=True)
        if not letters:
            return seen_whole
        keep((each.letter for each in letters), path)
        console.print(f"Written first to {path}", highlight=False, markup=False, soft_wrap=True)
        report = _remove(hold, letters, path, console)
    with kept_file(path, time.time) as kept:
        # Hold has shown again what stayed: nobody need wait for it.
        kept.marks.holding(0)
    if report.not_removed or report.stopped:
        raise click.ClickException(
            f"Not all was removed. Run the command again for the rest. {path} tells what was: "
            "`send --discarded` puts back only that."
        )
    return seen_whole


def _plan(
    hold: Hold, console: Console, selection: Selection, *, applied: bool
) -> tuple[Sequence[Described], bool]:
    """Look, and show what is removed; return it, and whether everything on the queue was seen."""
    gathered = gather(hold, console, taken_by(selection))
    seen_whole = say_what_was_not_seen(gathered, console)
    if selection.is_everything and gathered.letters:
        console.print(
            f"NO FILTER IS GIVEN: this {'removes' if applied else 'would remove'} "
            f"ALL {len(gathered.letters):,} messages.",
            style="bold red",
            highlight=False,
        )
    console.print(discard_plan_view(gathered.letters, applied=applied))
    return gathered.letters, seen_whole


def _remove(hold: Hold, letters: Sequence[Described], path: Path, console: Console) -> DiscardReport:
    asked, report = threading.Event(), DiscardReport()
    try:
        with (
            kept_file(path, time.time) as kept,
            stopped_gently(asked),
            bar(console, "Removing", len(letters)) as done,
        ):
            remove(hold, letters, kept.marks, report, stopped=asked.is_set, done=done)
    except OSError as failed:
        raise KeptFileError(f"{path} cannot be written: {failed.strerror}. The rest stays.") from failed
    finally:
        console.print(f"Removed {report.removed:,} of {len(letters):,}.", highlight=False)
    return report
