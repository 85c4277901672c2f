"""`export-adapter send`: put messages on the main queue."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from export_adapter.parked_message import Outgoing, in_requests
from export_adapter.text import shown
from export_adapter_workstation.cli.looking import main_queue
from export_adapter_workstation.cli.stack_options import examples, finding_a_stack
from export_adapter_workstation.dead_letters.discard import ArchiveError, archived, is_archive
from export_adapter_workstation.dead_letters.replay import TooLarge, copy_of
from export_adapter_workstation.dead_letters.tables import counted
from export_adapter_workstation.message_check import check as checked
from export_adapter_workstation.stack.access import Stack

_STANDARD_INPUT = Path("-")


@dataclass(frozen=True, slots=True)
class _File:
    """A file to be sent: how many messages it has, and what is wrong with them. Bodies are read again."""

    path: Path
    is_archive: bool
    messages: int = 0
    message: Outgoing | None = None
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def outgoing(self) -> Iterator[tuple[str, Outgoing]]:
        """Yield the messages, each with its name for an error."""
        if self.message:
            yield str(self.path), self.message
        if self.is_archive:
            for dead_letter in archived(self.path):
                copy = copy_of(dead_letter)
                if isinstance(copy, Outgoing):
                    yield f"{self.path}: {shown(dead_letter.message_id)}", copy


@click.command(
    short_help="Check messages and put them on the main queue.",
    epilog=examples(
        "export-adapter send events/messages/02-xero-mixed.json",
        "export-adapter send --check message.json",
        "export-adapter send --stack-name export-adapter-staging discarded.jsonl",
    ),
)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
)
@click.option("--check", is_flag=True, help="Only check the messages; send nothing.")
@click.option("--force", is_flag=True, help="Also send what breaks the contract; the adapter parks it.")
@finding_a_stack
def send(find_stack: Callable[[], Stack], /, *, files: tuple[Path, ...], check: bool, force: bool) -> None:
    """Check messages against the contract and put them on the main queue.

    Each of FILES has one message, bare or wrapped (EventBridge, SNS, CloudEvent); - reads one from standard
    input. If one of them is wrong, none is sent. The message's companyId becomes its message group, so that a
    company with much work does not delay the others.

    A file that `dead-letters discard` wrote is recognised: all its messages are sent, with their attributes
    and message groups, and are not checked against the contract. Each run sends all of them.
    """
    read = [_read(path, against_contract=not force) for path in files]
    for file in read:
        for warning in file.warnings:
            click.echo(f"{file.path}: warning: {shown(warning)}", err=True)
    problems = [f"{file.path}: {shown(problem)}" for file in read for problem in file.problems]
    if problems:
        raise click.ClickException("\n".join([*problems, "Nothing was sent."]))
    total = sum(file.messages for file in read)
    if check:
        _say_checked(read, against_contract=not force)
        return
    stack = find_stack()
    queue, sent = main_queue(stack), 0
    refused: list[str] = []
    try:
        messages = (message for file in read for message in file.outgoing())
        for request in in_requests(messages, lambda one: one[1].size):
            answer = queue.send([message for _, message in request])
            sent += len(answer.sent)
            refused += [
                f"{name}: the queue refused it: {shown(answer.refused.get(place, 'no answer'))}"
                for place, (name, _) in enumerate(request)
                if place not in answer.sent
            ]
    finally:
        click.echo(f"Sent: {sent:,} of {total:,}, to {queue.name} of {stack.title}.")
    if refused:
        raise click.ClickException("\n".join([*refused, "Not everything was sent."]))
    if stack.pleo_url:
        click.echo(f"What Pleo has: {stack.pleo_url}/_local/state")


def _read(path: Path, *, against_contract: bool) -> _File:
    if path != _STANDARD_INPUT and is_archive(path):
        return _read_archive(path)
    try:
        with click.open_file(str(path), encoding="utf-8") as opened:
            body = str(opened.read())
    except UnicodeDecodeError:
        return _File(path, is_archive=False, problems=("is not valid UTF-8",))
    found = checked(body, against_contract=against_contract)
    message = Outgoing(body, message_group_id=found.company_id)
    return _File(path, False, 1, message, found.problems, found.warnings)  # noqa: FBT003 -- a field


def _read_archive(path: Path) -> _File:
    messages, problems = 0, []
    try:
        for dead_letter in archived(path):
            copy = copy_of(dead_letter)
            messages += 1
            if isinstance(copy, TooLarge):
                problems.append(f"message {dead_letter.message_id}: {copy.reason}")
    except ArchiveError as wrong:
        problems.append(str(wrong))
    return _File(path, is_archive=True, messages=messages, problems=tuple(problems))


def _say_checked(read: list[_File], *, against_contract: bool) -> None:
    for file in read:
        if file.is_archive:
            click.echo(f"{file.path}: {counted(file.messages, 'discarded message')}, not checked.")
    checked_files = sum(not file.is_archive for file in read)
    if checked_files:
        fits = "All fit the contract" if against_contract else "Not checked against the contract (--force)"
        click.echo(f"Checked: {checked_files}. {fits}.")
    click.echo("Nothing was sent.")
