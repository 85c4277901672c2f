"""`export-adapter dead-letters replay`: send parked messages back to the main queue."""

import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from export_adapter_workstation.cli.looking import (
    bar,
    dead_letter_queue,
    describer,
    gather,
    greeted,
    looking_bar,
    queues_of,
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
from export_adapter_workstation.dead_letters.doubts import InDoubt
from export_adapter_workstation.dead_letters.hold import Gathered, Hold
from export_adapter_workstation.dead_letters.inquiry import Time
from export_adapter_workstation.dead_letters.journal import (
    Journal,
    JournalAsItIs,
    JournalError,
    journal_file,
    journal_path,
)
from export_adapter_workstation.dead_letters.letter import Described
from export_adapter_workstation.dead_letters.plan import Plan, WhenInDoubt, plan
from export_adapter_workstation.dead_letters.replay import Replay, Report, Wanted
from export_adapter_workstation.dead_letters.selection import Selection
from export_adapter_workstation.dead_letters.tables import counted, plan_view, replay_report
from export_adapter_workstation.stack.access import Stack


@click.command(
    short_help="Send messages back to the main queue.",
    epilog=examples(
        "export-adapter dead-letters replay --error-type retries_exhausted",
        "export-adapter dead-letters replay --company 8e1f0a52 --older-than 15m --apply",
    ),
)
@selecting
@click.option("--apply", is_flag=True, help="Do it. Without this, only the plan is shown.")
@click.option("--force", is_flag=True, help="Send also what cannot succeed as it is.")
@click.option(
    "--rate",
    default=50.0,
    show_default=True,
    type=click.FloatRange(0.1, 500),
    metavar="NUMBER",
    help="Messages a second, at most.",
)
@click.option(
    "--in-doubt",
    default=WhenInDoubt.LEAVE.value,
    show_default=True,
    type=click.Choice([each.value for each in WhenInDoubt]),
    help="What to do with messages of which nothing tells whether an interrupted run sent them.",
)
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to note what is done. By default in ~/.local/state/export-adapter; of the local stack in a "
    "folder that ends with `make up`.",
)
@on_a_stack
def replay(
    stack: Stack,
    /,
    *,
    selection: Selection,
    apply: bool,
    force: bool,
    rate: float,
    in_doubt: str,
    journal: Path | None,
) -> None:
    """Send parked messages back to the main queue. Shows the plan; --apply carries it out.

    Without filters it takes all messages. What cannot succeed as it is (job_finished, job_not_found,
    invalid_message) stays where it is, unless --force is given.

    It may be interrupted at any time, even killed: run it again on this machine, and it goes on from where
    it was. Nothing is lost, and nothing is sent twice. Attributes and message group are kept; replayCount
    counts how often a message was sent back. The exit status is 1, of a plan too, where messages could not be
    seen, are in doubt or were not sent.
    """
    console = greeted(stack)
    wanted = Wanted(taken_by(selection), force=force, in_doubt=WhenInDoubt(in_doubt))
    path = journal or journal_path(stack.state_folder, stack.outputs.dead_letter_queue_url)
    try:
        complete = (
            _apply(stack, console, path, wanted, rate) if apply else _show_plan(stack, console, path, wanted)
        )
    except JournalError as wrong:
        raise click.ClickException(f"The journal {path}: {wrong} Nothing was sent.") from wrong
    sys.exit(0 if complete else 1)


def _apply(stack: Stack, console: Console, path: Path, wanted: Wanted, rate: float) -> bool:
    with journal_file(path) as file:
        complete = _replay(stack, console, Journal(file, time.time), wanted, rate)
    console.print(f"Journal: {path}", style="dim", highlight=False, markup=False, soft_wrap=True)
    return complete


def _show_plan(stack: Stack, console: Console, path: Path, wanted: Wanted) -> bool:
    """Show what a replay would do; return whether all that is meant was seen, and nothing is in doubt."""
    file = JournalAsItIs(path)
    notes = Journal(file, time.time)
    if file.is_in_use:
        console.print(
            "Another replay, discard or send --discarded works on this queue: what it holds cannot be seen.",
            style="yellow",
        )

    def matters(letter: Described) -> bool:
        return letter.letter.message_id in notes.noted or wanted.takes(letter)

    with ended_as_by_ctrl_c(), Hold(dead_letter_queue(stack), time.monotonic) as hold:
        gathered = gather(hold, console, matters)
    unknown = InDoubt("an interrupted run may have sent it; --apply finds out")
    decided = plan(
        gathered.letters,
        takes=wanted.takes,
        was_sent=notes.was_sent,
        verdicts=dict.fromkeys(notes.doubts, unknown),
        force=wanted.force,
    )
    seen_whole = say_what_was_not_seen(gathered, console)
    _print_plan(decided, gathered, console, applied=False)
    if decided.send or decided.remove or decided.leave:
        console.print("Nothing was sent. To do it: the same command with --apply")
    return seen_whole and not decided.leave


def _replay(stack: Stack, console: Console, notes: Journal, wanted: Wanted, rate: float) -> bool:
    """Carry a replay out; return whether nothing is left to be done."""
    asked, report = threading.Event(), Report()
    # Waiting on the event: a stop cuts a pause short.
    clock = Time(time.monotonic, time.time, asked.wait)
    queues = queues_of(stack)
    run = Replay(queues, notes, clock, lambda sentence: console.print(sentence, style="dim", highlight=False))
    try:
        with Hold(queues.dead_letters, time.monotonic) as hold:
            with ended_as_by_ctrl_c(), looking_bar(console) as looked_at:
                planned = run.prepare(hold, describer(), wanted, looked_at)
            seen_whole = say_what_was_not_seen(planned.gathered, console)
            _print_plan(planned.plan, planned.gathered, console, applied=True)
            total = len(planned.plan.send) + len(planned.plan.remove)
            try:
                with stopped_gently(asked), bar(console, "Sending back", total) as done:
                    run.run(hold, planned.plan, report, rate=rate, stopped=asked.is_set, done=done)
            finally:
                console.print(replay_report(report, planned.plan))
    finally:
        notes.holding(0)
    if report.complete and not planned.plan.leave and not seen_whole:
        console.print(
            "All that was planned is done. The exit status is 1 because not every message could be seen "
            "(above): some of those meant may be among the others. Run this again later.",
            style="yellow",
        )
    return seen_whole and not planned.plan.leave and report.complete


def _print_plan(decided: Plan, gathered: Gathered, console: Console, *, applied: bool) -> None:
    if decided != Plan():
        console.print(plan_view(decided, datetime.now(UTC), applied=applied))
    elif gathered.hidden or not gathered.is_all:
        seen = counted(gathered.looked_at, "message")
        console.print(f"Among the {seen} that could be seen there is nothing to send back.", highlight=False)
    else:
        console.print("There is nothing to send back.")
