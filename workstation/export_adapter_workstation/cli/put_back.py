"""`export-adapter send --discarded`: put back what `dead-letters discard` removed."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from rich.console import Console

from export_adapter.text import shown
from export_adapter_workstation.cli.looking import describer, queues_of
from export_adapter_workstation.cli.stack_options import ended_as_by_ctrl_c, stopped_gently
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.dead_letters.hold import Hold
from export_adapter_workstation.dead_letters.inquiry import Time
from export_adapter_workstation.dead_letters.journal import Journal, JournalError, journal_file, journal_path
from export_adapter_workstation.dead_letters.kept import Kept, KeptFileError, kept_as_it_is, kept_file
from export_adapter_workstation.dead_letters.put_back import PutBack, PutBackPlan, plan_by_the_file
from export_adapter_workstation.dead_letters.sending import SendReport
from export_adapter_workstation.dead_letters.tables import counted
from export_adapter_workstation.stack.access import Stack


def check_kept(files: Sequence[Path]) -> None:
    """Say what the files themselves tell of their messages."""
    try:
        for file in files:
            _say(file, plan_by_the_file(kept_as_it_is(file, time.time)))
    except KeptFileError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    click.echo("Nothing was sent, and nothing was held against the contract.")


def put_back(find_stack: Callable[[], Stack], files: Sequence[Path], *, send_in_doubt: bool) -> None:
    """Put back what the files say was removed, each message once."""
    try:
        # Before a stack is asked: a wrong file among them, and nothing is sent.
        for file in files:
            kept_as_it_is(file, time.time)
        stack = find_stack()
        path = journal_path(stack.state_folder, stack.outputs.dead_letter_queue_url)
    except KeptFileError as wrong:
        raise click.ClickException(f"{wrong} Nothing was sent.") from wrong
    try:
        with journal_file(path) as opened:
            journal = Journal(opened, time.time)
            complete = [
                _put_back(stack, journal, file, send_in_doubt=send_in_doubt) for file in dict.fromkeys(files)
            ]
    except KeptFileError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except JournalError as wrong:
        raise click.ClickException(f"The journal {path}: {wrong} Nothing was sent.") from wrong
    if not all(complete):
        raise click.ClickException("Not all went back. Run the same command again: it sends nothing twice.")


def _put_back(stack: Stack, journal: Journal, file: Path, *, send_in_doubt: bool) -> bool:
    """Put back what one file says was removed; return whether nothing of it is left to be done."""
    console, asked, report = terminal(), threading.Event(), SendReport()
    with kept_file(file, time.time) as kept:
        run, hold = _run(stack, kept, journal, console, asked)
        try:
            with ended_as_by_ctrl_c(), hold:
                plan = run.prepare(hold, describer(), send_in_doubt=send_in_doubt)
        finally:
            journal.holding(0)
        _say(file, plan)
        if plan.in_doubt:
            click.echo("  What is in doubt is not sent; --in-doubt send sends it all the same.")
        try:
            with stopped_gently(asked):
                run.run(plan, report, stopped=asked.is_set)
        finally:
            click.echo(f"Sent: {report.sent} of {len(plan.send)}, to {stack.title}.")
    for problem in (*plan.unfit, *report.problems):
        click.echo(f"{problem.name}: {shown(problem.reason)}", err=True)
    return not (plan.unfit or plan.in_doubt or report.problems)


def _run(
    stack: Stack, kept: Kept, journal: Journal, console: Console, asked: threading.Event
) -> tuple[PutBack, Hold]:
    queues = queues_of(stack)
    clock = Time(time.monotonic, time.time, asked.wait)
    run = PutBack(
        queues, kept, journal, clock, lambda said: console.print(said, style="dim", highlight=False)
    )
    return run, Hold(queues.dead_letters, time.monotonic)


def _say(file: Path, plan: PutBackPlan) -> None:
    click.echo(f"{file}: {counted(plan.total, 'message')}")
    lines = (
        (len(plan.send), "removed, and not sent since"),
        (plan.sent_before, "sent before: not sent again"),
        (plan.stayed, "never removed: still on the dead-letter queue, or replayed from there"),
        (len(plan.unfit), "removed, but cannot be sent"),
    )
    for number, words in lines:
        if number:
            click.echo(f"  {number:,} {words}")
    for reason in sorted(set(plan.in_doubt.values())):
        number = sum(one == reason for one in plan.in_doubt.values())
        click.echo(f"  {number:,} in doubt: {reason}")
