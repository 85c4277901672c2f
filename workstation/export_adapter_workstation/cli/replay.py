"""`export-adapter dead-letters replay`: send messages of the dead-letter queue to the main queue again."""

import sys
import threading
import time

import click
from rich.console import Console

from export_adapter.text import shown
from export_adapter_workstation.cli.looking import (
    dead_letter_queue,
    greeted,
    main_queue,
    say_what_was_not_seen,
    scanning,
    selected,
)
from export_adapter_workstation.cli.selecting import selecting
from export_adapter_workstation.cli.stack_options import (
    ended_as_by_ctrl_c,
    examples,
    on_a_stack,
    stopped_gently,
)
from export_adapter_workstation.dead_letters import replay as replaying
from export_adapter_workstation.dead_letters.replay import Report
from export_adapter_workstation.dead_letters.selection import Selection
from export_adapter_workstation.dead_letters.tables import counted, report_view
from export_adapter_workstation.stack.access import Stack


@click.command(
    short_help="Send messages to the main queue again.",
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
@on_a_stack
def replay(stack: Stack, /, *, selection: Selection, apply: bool, force: bool, rate: float) -> None:
    """Send messages from the dead-letter queue to the main queue. Shows the plan; --apply carries it out.

    Each message is sent at least once: its copy is sent, and when SQS has confirmed the copy, the original is
    deleted. If the command is killed in between, run it again. It then may send up to ten messages a second
    time, which does no harm: Pleo is told the same status again.

    Without filters it takes all messages. Messages that cannot succeed unchanged stay on the queue, unless
    --force is given: job_finished, job_not_found, invalid_message, and messages whose results all break the
    contract.

    Copies keep body, attributes and message group; replayCount counts the replays. The exit status is 1 if
    messages could not be seen or were not sent; this also holds for a plan.
    """
    console, report = greeted(stack), Report()
    source, target = dead_letter_queue(stack), main_queue(stack)
    console.print(f"From {source.name} to {target.name}", style="dim", highlight=False, soft_wrap=True)
    if not apply:
        with ended_as_by_ctrl_c(), scanning(stack, console) as scan:
            replaying.plan(scan, selected(selection), report, force=force)
        seen_whole = say_what_was_not_seen(scan, console)
        console.print(report_view(report, "Would send"))
        if report.done:
            console.print("Nothing was sent. To send: the same command with --apply")
        sys.exit(0 if seen_whole else 1)
    asked = threading.Event()
    # Waiting on the event: a stop ends a pause.
    pace = replaying.Pace(rate, time.monotonic, asked.wait)
    try:
        with stopped_gently(asked), scanning(stack, console, "Sending", rate) as scan:
            replaying.replay(
                scan, selected(selection), target, report, pace, force=force, stopped=asked.is_set
            )
    finally:
        _say(report, console)
    # After a stop it is clear that not every message was seen.
    seen_whole = report.stopped or say_what_was_not_seen(scan, console)
    if report.is_complete and not seen_whole:
        console.print(
            "What could be seen is done. The exit status is 1 because of the messages that could not.",
            style="yellow",
        )
    sys.exit(0 if seen_whole and report.is_complete else 1)


def _say(report: Report, console: Console) -> None:
    console.print(report_view(report, "Sent"))
    for code, number in report.refused.most_common():
        console.print(
            f"The main queue refused {counted(number, 'message')} ({shown(code)}). "
            "They stay on the dead-letter queue.",
            style="yellow",
        )
    if report.not_deleted:
        console.print(
            f"SQS did not delete {counted(report.not_deleted, 'message')} that were sent. "
            "The next replay sends them again.",
            style="yellow",
        )
    if not report.is_complete:
        console.print("Run the same command again for the rest.", style="yellow")
