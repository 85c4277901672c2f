"""`export-adapter dead-letters replay`: send parked messages back to the main queue."""

import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from export_adapter_workstation.commands.looking import (
    bar,
    dead_letter_queue,
    describer,
    gather,
    greeted,
    looking_bar,
    say_what_was_not_seen,
    taken_by,
)
from export_adapter_workstation.commands.selecting import selecting
from export_adapter_workstation.commands.stack_options import (
    ended_as_by_ctrl_c,
    examples,
    on_a_stack,
    stopped_gently,
)
from export_adapter_workstation.dead_letters.doubts import InDoubt
from export_adapter_workstation.dead_letters.function_log import CloudWatchFunctionLog
from export_adapter_workstation.dead_letters.hold import Hold
from export_adapter_workstation.dead_letters.journal import Journal, JournalError, journal_file, journal_path
from export_adapter_workstation.dead_letters.letter import Described
from export_adapter_workstation.dead_letters.plan import Plan, WhenInDoubt, plan
from export_adapter_workstation.dead_letters.replay import Queues, Replay, Report, Time, Wanted
from export_adapter_workstation.dead_letters.selection import Selection
from export_adapter_workstation.dead_letters.sqs import SqsMainQueue
from export_adapter_workstation.dead_letters.tables import plan_view, replay_report
from export_adapter_workstation.stack_access import Stack


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
    help="Where to note what is done. By default in ~/.local/state/export-adapter.",
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
    counts how often a message was sent back.
    """
    console = greeted(stack)
    wanted = Wanted(taken_by(selection), force=force, in_doubt=WhenInDoubt(in_doubt))
    path = journal or journal_path(stack.state_folder, stack.outputs.dead_letter_queue_url)
    try:
        with journal_file(path) as file:
            notes = Journal(file, time.time)
            if apply:
                complete = _replay(stack, console, notes, wanted, rate)
                console.print(f"Journal: {path}", style="dim", highlight=False, markup=False, soft_wrap=True)
            else:
                complete = True
                _show_plan(stack, console, notes, wanted)
    except JournalError as wrong:
        raise click.ClickException(f"{path}: {wrong}") from wrong
    sys.exit(0 if complete else 1)


def _show_plan(stack: Stack, console: Console, notes: Journal, wanted: Wanted) -> None:
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
    _print_plan(decided, console, applied=False)
    say_what_was_not_seen(gathered, console)
    if decided.send or decided.remove or decided.leave:
        console.print("Nothing was sent. To do it: the same command with --apply")


def _replay(stack: Stack, console: Console, notes: Journal, wanted: Wanted, rate: float) -> bool:
    """Carry a replay out; return whether nothing is left to be done."""
    asked, report = threading.Event(), Report()
    # Waiting on the event: a stop cuts a pause short.
    clock = Time(time.monotonic, time.time, asked.wait)
    queues = _queues(stack)
    run = Replay(queues, notes, clock, lambda sentence: console.print(sentence, style="dim", highlight=False))
    try:
        with Hold(queues.dead_letters, time.monotonic) as hold:
            with ended_as_by_ctrl_c(), looking_bar(console) as looked_at:
                planned = run.prepare(hold, describer(), wanted, looked_at)
            _print_plan(planned.plan, console, applied=True)
            say_what_was_not_seen(planned.gathered, console)
            total = len(planned.plan.send) + len(planned.plan.remove)
            try:
                with stopped_gently(asked), bar(console, "Sending back", total) as done:
                    run.run(hold, planned.plan, report, rate=rate, stopped=asked.is_set, done=done)
            finally:
                console.print(replay_report(report, planned.plan))
    finally:
        notes.holding(0)
    is_all = planned.gathered.is_all and not planned.gathered.hidden
    return is_all and not planned.plan.leave and report.complete


def _queues(stack: Stack) -> Queues:
    clients, outputs = stack.clients, stack.outputs
    return Queues(
        dead_letter_queue(stack),
        SqsMainQueue(clients.sqs(), clients.sqs_that_asks_once(), outputs.export_results_queue_url),
        CloudWatchFunctionLog(clients.logs(), clients.lambda_(), outputs.update_export_items_function_name),
    )


def _print_plan(decided: Plan, console: Console, *, applied: bool) -> None:
    if decided == Plan():
        console.print("There is nothing to send back.")
        return
    console.print(plan_view(decided, datetime.now(UTC), applied=applied))
