"""`export-adapter dead-letters`: look at what was parked, send it back, or remove it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from export_adapter.classify.classifier import Classifier
from export_adapter_workstation.cli.discard import discard
from export_adapter_workstation.cli.looking import (
    api_version,
    greeted,
    look,
    say_what_was_not_seen,
)
from export_adapter_workstation.cli.replay import replay
from export_adapter_workstation.cli.selecting import selecting
from export_adapter_workstation.cli.send import send
from export_adapter_workstation.cli.stack_options import (
    examples,
    finding_a_stack,
    on_a_stack,
)
from export_adapter_workstation.dead_letters.counting import summary as summed_up
from export_adapter_workstation.dead_letters.letter_view import letter_view
from export_adapter_workstation.dead_letters.page import summary_page
from export_adapter_workstation.dead_letters.selection import Selection
from export_adapter_workstation.dead_letters.tables import (
    counted,
    list_view,
    summary_view,
)
from export_adapter_workstation.stack.access import Stack

_WHOLE_ID: Final = 36


@click.group(
    "dead-letters",
    short_help="Look at what was parked, send it back, or remove it.",
    epilog=examples(
        "export-adapter dead-letters summary --stack-name export-adapter-production",
        "export-adapter dead-letters show 5f04e139 --stack-name export-adapter-production",
        "export-adapter dead-letters replay --error-type retries_exhausted --stack-name ...",
        "export-adapter dead-letters replay --error-type retries_exhausted --stack-name ... --apply",
    ),
)
def dead_letters() -> None:
    """Look at what was parked on the dead-letter queue, send it back, or remove it.

    Looking takes nothing off the queue. What is looked at is hidden from others for about half a minute,
    and comes back by itself, whatever happens to the command.
    """


@dead_letters.command(
    short_help="Count what is parked, as tables and bars.",
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
    help="Also write the pictures to one page, for a ticket.",
)
@on_a_stack
def summary(stack: Stack, /, *, selection: Selection, page: Path | None) -> None:
    """Count what is parked: by error type, system, failure reason type, company, job and age.

    Failure reason types are what Pleo would be told today, by the built-in rules and in the API version that
    the stack uses.
    """
    console = greeted(stack)
    gathered = look(stack, console, selection)
    now = datetime.now(UTC)
    version = api_version(stack)
    counts = summed_up(gathered.letters, Classifier.built_in(), now, version.version)
    say_what_was_not_seen(gathered, console)
    if counts.messages or not (gathered.looked_at or gathered.hidden):
        console.print(summary_view(counts, now, console.width))
    else:
        seen = counted(gathered.looked_at, "message")
        console.print(f"None is meant among the {seen} that could be seen.", highlight=False)
    if version.caveat and counts.messages:
        console.print(version.caveat, style="yellow", highlight=False)
    if page:
        try:
            page.write_text(summary_page(counts, stack.name, now), encoding="utf-8")
        except OSError as failed:
            raise click.ClickException(f"{page} cannot be written: {failed.strerror}") from failed
        console.print(f"The page is in {page}", style="dim", highlight=False, markup=False, soft_wrap=True)


@dead_letters.command(
    "list",
    short_help="List what is parked, the oldest first.",
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
    help="Lines to show, at most.",
)
@on_a_stack
def list_(stack: Stack, /, *, selection: Selection, most: int) -> None:
    """List what is parked, the oldest first; `show ID` tells more of one.

    The age counts from when the function parked a message; what SQS itself moved keeps the age that it had.
    """
    console = greeted(stack)
    gathered = look(stack, console, selection)
    if gathered.letters:
        console.print(list_view(gathered.letters, datetime.now(UTC), most, console.width))
    seen_whole = say_what_was_not_seen(gathered, console)
    total = counted(gathered.looked_at, "message")
    where = "on the dead-letter queue" if seen_whole else "that could be seen"
    console.print(f"{len(gathered.letters):,} of {total} {where}.", highlight=False)


@dead_letters.command(
    short_help="Show one message with all that is known of it.",
    epilog=examples("export-adapter dead-letters show 5f04e139"),
)
@click.argument("message_id", metavar="ID")
@click.option(
    "--items",
    default=5,
    show_default=True,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Accounting entries to show, at most.",
)
@finding_a_stack
def show(find_stack: Callable[[], Stack], /, *, message_id: str, items: int) -> None:
    """Show one message: why it is here, where it came from, its entries, what they become today.

    ID is the message's id, or how it begins. Secrets and personal data are masked.
    """
    message_id = message_id.strip()
    if not message_id:
        raise click.UsageError("Which message? Name its id, or how it begins; `list` shows the ids.")
    stack = find_stack()
    console = greeted(stack)
    # Only of a beginning there may be a second one.
    enough = 1 if len(message_id) == _WHOLE_ID else 2
    gathered = look(stack, console, Selection(ids=frozenset({message_id})), enough=enough)
    if not gathered.letters:
        say_what_was_not_seen(gathered, console)
        raise click.ClickException(f"No message on the dead-letter queue begins with {message_id}.")
    if len(gathered.letters) > 1:
        ids = "\n".join(f"  {each.letter.message_id}" for each in gathered.letters)
        raise click.ClickException(f"Several messages begin with {message_id}. Name one, such as\n{ids}")
    version, now = api_version(stack), datetime.now(UTC)
    console.print(letter_view(gathered.letters[0], Classifier.built_in(), now, items, version.version))
    if version.caveat:
        console.print(version.caveat, style="yellow", highlight=False)


dead_letters.add_command(discard)
dead_letters.add_command(replay)
dead_letters.add_command(send)
