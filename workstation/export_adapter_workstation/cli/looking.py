"""What the commands about dead letters share: passing over the queue, and saying what was not seen."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from export_adapter.classify.rulebook.library import Library
from export_adapter.model import ApiVersion
from export_adapter.parked_message import DeadLetter
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.dead_letters.message import Described, described
from export_adapter_workstation.dead_letters.queue import SqsQueue
from export_adapter_workstation.dead_letters.replay import Selected
from export_adapter_workstation.dead_letters.scan import Scan, lease_seconds
from export_adapter_workstation.dead_letters.selection import Selection
from export_adapter_workstation.dead_letters.tables import counted
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.deployed import UNREADABLE, Deployed, settings_of, why_unreadable


def greeted(stack: Stack) -> Console:
    """Return the terminal, after saying which stack the command works on."""
    console = terminal()
    console.print(f"Stack: {stack.title}", style="dim", highlight=False, markup=False)
    return console


def dead_letter_queue(stack: Stack) -> SqsQueue:
    """Return the stack's dead-letter queue."""
    return SqsQueue(stack.clients.sqs(), stack.outputs.dead_letter_queue_url)


def main_queue(stack: Stack) -> SqsQueue:
    """Return the stack's main queue."""
    return SqsQueue(stack.clients.sqs(), stack.outputs.export_results_queue_url)


def selected(selection: Selection) -> Selected:
    """Return what describes messages, with the systems' names as the rules spell them, and selects some."""
    library, now = Library(), datetime.now(UTC)

    def select(dead_letters: Iterable[DeadLetter]) -> Iterator[Described]:
        found = (described(dead_letter, library.system_of) for dead_letter in dead_letters)
        return (one for one in found if selection.takes(one.facts, now))

    return select


@contextmanager
def scanning(
    stack: Stack, console: Console, what: str = "Looking", rate: float | None = None
) -> Iterator[Scan]:
    """Pass over the dead-letter queue, with a bar on a terminal; then make visible what is still there."""
    with (
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        ) as progress,
        Scan(dead_letter_queue(stack), rate, _moving(progress, what)) as scan,
    ):
        yield scan


def _moving(progress: Progress, what: str) -> Callable[[int, int], None]:
    task = progress.add_task(what, total=None)
    return lambda seen, total: progress.update(task, completed=seen, total=total)


def say_what_was_not_seen(scan: Scan, console: Console) -> bool:
    """Say which messages the pass did not see, and why; return whether it saw all."""
    coverage = scan.coverage
    if coverage.in_flight:
        seconds = lease_seconds(coverage.seen + coverage.in_flight)
        console.print(
            f"{counted(coverage.in_flight, 'message')} could not be seen: in flight, received by another "
            f"command or by one that was killed. Usually they are visible again within {seconds} s; then run "
            "this again.",
            style="yellow",
            highlight=False,
        )
    if not coverage.is_all:
        console.print(
            f"There are more messages than the {coverage.seen:,} that were seen. Run this again later.",
            style="yellow",
            highlight=False,
        )
    return coverage.is_whole


def api_version(stack: Stack) -> tuple[ApiVersion, str | None]:
    """Return the API version that the stack uses; v3, with a sentence that says so, where it is not known."""
    try:
        # The function takes v1 where nothing is set, and so does this.
        setting = settings_of(Deployed(stack).live).get("PLEO_API_VERSION", "").strip() or ApiVersion.V1
        reason = "PLEO_API_VERSION is not set to a version"
    except UNREADABLE as failed:
        setting, reason = "", why_unreadable(failed)
    if setting in ApiVersion:
        return ApiVersion(setting), None
    reason = reason.removesuffix(".")
    unknown = f"Failure reason types are those of API v3: the stack's own version is not known: {reason}."
    return ApiVersion.V3, unknown
