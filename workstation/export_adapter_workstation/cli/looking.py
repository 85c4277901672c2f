"""What the commands about dead letters share: how they look at the queue, and what they say of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from export_adapter.classify.rulebook.library import Library
from export_adapter_workstation.cli.stack_options import ended_as_by_ctrl_c
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.dead_letters.api_version import Version, version_of
from export_adapter_workstation.dead_letters.function_log import CloudWatchFunctionLog
from export_adapter_workstation.dead_letters.hold import MOST_LETTERS, Gathered, Hold, hidden_seconds
from export_adapter_workstation.dead_letters.inquiry import Queues
from export_adapter_workstation.dead_letters.letter import DeadLetter, Described, described
from export_adapter_workstation.dead_letters.selection import Selection
from export_adapter_workstation.dead_letters.sqs import SqsDeadLetterQueue, SqsMainQueue
from export_adapter_workstation.dead_letters.tables import counted
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.doctor import facts
from export_adapter_workstation.stack.doctor.finding import known


def greeted(stack: Stack) -> Console:
    """Return the terminal, once it has been said which stack the command works on."""
    console = terminal()
    console.print(f"Stack: {stack.title}", style="dim", highlight=False, markup=False)
    return console


def dead_letter_queue(stack: Stack) -> SqsDeadLetterQueue:
    """Return the stack's dead-letter queue."""
    return SqsDeadLetterQueue(stack.clients.sqs(), stack.outputs.dead_letter_queue_url)


def queues_of(stack: Stack) -> Queues:
    """Return the stack's queues, and the log that tells what became of copies."""
    clients, outputs = stack.clients, stack.outputs
    return Queues(
        dead_letter_queue(stack),
        SqsMainQueue(clients.sqs(), clients.sqs_that_asks_once(), outputs.export_results_queue_url),
        CloudWatchFunctionLog(clients.logs(), clients.lambda_(), outputs.update_export_items_function_name),
    )


def api_version(stack: Stack) -> Version:
    """Return which version of Pleo's API the stack's function uses."""
    return version_of(known(lambda: facts.function(stack, facts.LIVE)))


def taken_by(selection: Selection) -> Callable[[Described], bool]:
    """Return whether a letter is selected, as of now."""
    now = datetime.now(UTC)
    return lambda letter: selection.takes(letter, now)


def describer() -> Callable[[DeadLetter], Described]:
    """Return how letters are described: with the systems' names as the rules spell them."""
    library = Library()
    return lambda letter: described(letter, library.system_of)


def look(stack: Stack, console: Console, selection: Selection, *, enough: int = MOST_LETTERS) -> Gathered:
    """Look at the queue, and show every message again before anything is said about it.

    `enough` ends the look early, once so many messages are found.
    """
    with ended_as_by_ctrl_c(), Hold(dead_letter_queue(stack), time.monotonic) as hold:
        return gather(hold, console, taken_by(selection), enough=enough)


def gather(
    hold: Hold, console: Console, wanted: Callable[[Described], bool], *, enough: int = MOST_LETTERS
) -> Gathered:
    """Look at the queue with a bar on the terminal, and hold on to what is wanted."""
    with looking_bar(console) as looked_at:
        return hold.gather(describer(), wanted, looked_at, enough)


def say_what_was_not_seen(gathered: Gathered, console: Console) -> bool:
    """Say where the look at the queue was not the whole truth; return whether it was."""
    if gathered.hidden:
        seconds = hidden_seconds(gathered.looked_at + gathered.hidden)
        console.print(
            f"{counted(gathered.hidden, 'message')} could not be seen: another command holds them, or one "
            f"that was interrupted did. They come back by themselves, as a rule within {seconds} s; then run "
            "this again.",
            style="yellow",
            highlight=False,
        )
    if not gathered.is_all:
        console.print(
            f"There are more than these {gathered.looked_at:,} messages. Filters let a command see further.",
            style="yellow",
            highlight=False,
        )
    return gathered.is_all and not gathered.hidden


@contextmanager
def looking_bar(console: Console) -> Iterator[Callable[[int, int], None]]:
    """Show how many messages were looked at, until the block ends; nothing where there is no terminal."""
    with _progress(console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Looking", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def bar(console: Console, what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar that moves on by what it is told; it stays on the terminal."""
    with _progress(console, transient=False, disable=not total) as progress:
        task = progress.add_task(what, total=total)
        yield lambda more: progress.advance(task, more)


def _progress(console: Console, *, transient: bool, disable: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=transient,
        disable=disable,
    )
