"""`export-adapter dead-letters`: show what is on the dead-letter queue; replay or discard it."""

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import click

from export_adapter.classify.classifier import Classifier
from export_adapter_workstation.cli.discard import discard
from export_adapter_workstation.cli.looking import (
    api_version,
    greeted,
    say_what_was_not_seen,
    scanning,
    selected,
)
from export_adapter_workstation.cli.replay import replay
from export_adapter_workstation.cli.selecting import selecting
from export_adapter_workstation.cli.stack_options import (
    ended_as_by_ctrl_c,
    examples,
    finding_a_stack,
    on_a_stack,
)
from export_adapter_workstation.dead_letters.counting import Counting
from export_adapter_workstation.dead_letters.message import Described
from export_adapter_workstation.dead_letters.page import MOST_MESSAGES, summary_page
from export_adapter_workstation.dead_letters.scan import Scan
from export_adapter_workstation.dead_letters.selection import Selection
from export_adapter_workstation.dead_letters.show import whole_message_view
from export_adapter_workstation.dead_letters.tables import counted, message_view, summary_view
from export_adapter_workstation.stack.access import Stack


@click.group(
    "dead-letters",
    short_help="Show what was parked; replay or discard it.",
    epilog=examples(
        "export-adapter dead-letters summary --stack-name export-adapter-production",
        "export-adapter dead-letters show 5f04e139 --stack-name export-adapter-production",
        "export-adapter dead-letters replay --error-type retries_exhausted --stack-name ...",
        "export-adapter dead-letters replay --error-type retries_exhausted --stack-name ... --apply",
    ),
)
def dead_letters() -> None:
    """Show the messages that were parked on the dead-letter queue; replay or discard them.

    Every command receives the messages of the queue, which hides them from other consumers: for half a
    minute, longer where there are hundreds. At the end it makes visible what it did not replay or discard.
    """


def _selected(scan: Scan, selection: Selection) -> Iterator[Described]:
    select = selected(selection)
    return (message for batch in scan.batches() for message in select(batch))


@dead_letters.command(
    short_help="Count the messages, and say what to do about them.",
    epilog=examples(
        "export-adapter dead-letters summary",
        "export-adapter dead-letters summary --older-than 1h --html parked.html",
    ),
)
@selecting
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write one HTML page, for a ticket: the numbers, and the oldest messages.",
)
@on_a_stack
def summary(stack: Stack, /, *, selection: Selection, page: Path | None) -> None:
    """Count the messages, and say what to do about each error type. Removes nothing from the queue.

    Counts messages and their accounting entries by error type, age, system, failure reason type, company and
    export job. Failure reason types are what Pleo would be told today: by the built-in rules, in the API
    version that the stack uses.
    """
    console, now = greeted(stack), datetime.now(UTC)
    version, caveat = api_version(stack)
    counting = Counting(Classifier.built_in(), now, version)
    with ended_as_by_ctrl_c(), scanning(stack, console) as scan:
        found = (counting.add(one) for one in _selected(scan, selection))
        oldest = heapq.nsmallest(MOST_MESSAGES, found, key=lambda facts: facts.sent_at)
    counts = counting.summary()
    say_what_was_not_seen(scan, console)
    if counts.messages or not (scan.coverage.seen or scan.coverage.in_flight):
        console.print(summary_view(counts, now, console.width), highlight=False)
    else:
        seen = counted(scan.coverage.seen, "message")
        console.print(f"None is selected of the {seen} that could be seen.", highlight=False)
    if caveat and counts.messages:
        console.print(caveat, style="yellow", highlight=False)
    if page:
        try:
            page.write_text(summary_page(counts, oldest, stack.name, now), encoding="utf-8")
        except OSError as failed:
            raise click.ClickException(f"{page} cannot be written: {failed.strerror}") from failed
        console.print(f"The page is in {page}", style="dim", highlight=False, markup=False, soft_wrap=True)


@dead_letters.command(
    "list",
    short_help="List the messages, the oldest first.",
    epilog=examples(
        "export-adapter dead-letters list",
        "export-adapter dead-letters list --system xero --older-than 15m",
    ),
)
@selecting
@click.option(
    "--most",
    default=50,
    show_default=True,
    type=click.IntRange(1, 100_000),
    metavar="NUMBER",
    help="How many messages to list at most.",
)
@on_a_stack
def list_(stack: Stack, /, *, selection: Selection, most: int) -> None:
    """List the messages, the oldest first, each with its reason. Removes nothing from the queue.

    The age is the time since the function parked a message. What SQS itself moved keeps the time of its first
    sending. `show ID` shows more about one message.
    """
    console, now, number = greeted(stack), datetime.now(UTC), 0

    def found() -> Iterator[Described]:
        nonlocal number
        for one in _selected(scan, selection):
            number += 1
            yield one

    with ended_as_by_ctrl_c(), scanning(stack, console) as scan:
        facts = (one.facts for one in found())
        oldest = heapq.nsmallest(most, facts, key=lambda one: one.sent_at)
    for one in oldest:
        console.print(message_view(one, now), highlight=False)
    if number > most:
        more = f"and {number - most:,} more (--most lists more; filters select fewer)"
        console.print(more, style="dim", highlight=False)
    where = "on the dead-letter queue" if say_what_was_not_seen(scan, console) else "that could be seen"
    total = counted(scan.coverage.seen, "message")
    console.print(f"{number:,} of {total} {where}.", highlight=False)


@dead_letters.command(
    short_help="Show one message, and what to do about it.",
    epilog=examples("export-adapter dead-letters show 5f04e139"),
)
@click.argument("message_id", metavar="ID")
@click.option(
    "--entries",
    default=5,
    show_default=True,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="How many accounting entries to show at most.",
)
@finding_a_stack
def show(find_stack: Callable[[], Stack], /, *, message_id: str, entries: int) -> None:
    """Show one message: why it was parked, and what to do about it. Removes nothing from the queue.

    Also shows where it came from, and what Pleo would be told today about its entries. ID is the message's
    id, or its beginning. Secrets and personal data are masked.
    """
    message_id = message_id.strip()
    if not message_id:
        raise click.UsageError("Which message? Give its id, or its beginning; `list` shows the ids.")
    stack = find_stack()
    console, selection = greeted(stack), Selection(ids=frozenset({message_id}))
    with ended_as_by_ctrl_c(), scanning(stack, console) as scan:
        # A second one makes the beginning ambiguous.
        found = list(islice(_selected(scan, selection), 2))
    if not found:
        say_what_was_not_seen(scan, console)
        raise click.ClickException(f"No message on the dead-letter queue begins with {message_id}.")
    if len(found) > 1:
        ids = "\n".join(f"  {each.facts.message_id}" for each in found)
        raise click.ClickException(
            f"Several messages begin with {message_id}. Give more of one, such as\n{ids}"
        )
    (version, caveat), now = api_version(stack), datetime.now(UTC)
    console.print(whole_message_view(found[0], Classifier.built_in(), now, entries, version), highlight=False)
    if caveat:
        console.print(caveat, style="yellow", highlight=False)


dead_letters.add_command(discard)
dead_letters.add_command(replay)
