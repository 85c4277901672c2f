"""`export-adapter suggest`: drafts of rules for the failures that no rule knew."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import boto3
import click

from export_adapter.classify.classifier import Classifier
from export_adapter_workstation.cli.own_rules import documents_in
from export_adapter_workstation.cli.stack_options import in_plain_words
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.dead_letters.queue import SqsQueue
from export_adapter_workstation.local.running_stack import NothingRunningError, running_stack
from export_adapter_workstation.rules.suggestions.drafts import Draft, NoDraft, drafts_of
from export_adapter_workstation.rules.suggestions.from_aws import seen_in_dead_letters, seen_in_log_group
from export_adapter_workstation.rules.suggestions.groups import Group, groups_of, system_of
from export_adapter_workstation.rules.suggestions.rule_text import by_system, rule_document
from export_adapter_workstation.rules.suggestions.seen import Seen, UnusableLine, seen_in_lines
from export_adapter_workstation.rules.suggestions.view import groups_table
from export_adapter_workstation.stack.access import in_account, local


@click.command(short_help="Draft rules for the failures that no rule knew.")
@click.argument("files", nargs=-1, type=click.File("r", encoding="utf-8", errors="replace"))
@click.option("--stack-name", help="Read the dead-letter queue of this stack in an AWS account.")
@click.option(
    "--local",
    "of_local",
    is_flag=True,
    help="Read the dead-letter queue that `make up` runs; the default while it does.",
)
@click.option("--log-group", help="Read what the function logged in this CloudWatch log group.")
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="How far back.")
@click.option("--profile", help="The AWS profile to use.")
@click.option("--region", help="The AWS region to use.")
@click.option("--system", help="Only failures of this accounting system.")
@click.option("--all", "mapped_too", is_flag=True, help="Also failures that a rule knew.")
@click.option("--top", type=click.IntRange(1, 200), default=10, show_default=True, help="How many kinds.")
@click.option(
    "--own-rules",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with rules of your own (*.toml), asked before the built-in ones.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the drafts there; with several systems, a file for each, its name before the ending.",
)
def suggest(  # noqa: PLR0913 (one argument for each option)
    *,
    files: tuple[TextIO, ...],
    stack_name: str | None,
    of_local: bool,
    log_group: str | None,
    days: int,
    profile: str | None,
    region: str | None,
    system: str | None,
    mapped_too: bool,
    top: int,
    own_rules: Path | None,
    out: Path | None,
) -> None:
    """Show the commonest failures that no rule knew, and draft a rule for each.

    FILES hold a JSON object on each line: {"system", "failure"}, a whole message of the queue, or a line of
    the function's log as CloudWatch exports it. - reads standard input. Without any, it reads the local
    stack's dead-letter queue, where that runs. Nothing is changed anywhere.
    """
    if (profile or region) and not (stack_name or log_group):
        raise click.UsageError("Which stack? Name it with --stack-name, or a log with --log-group.")
    if not (files or stack_name or log_group):
        of_local = of_local or _is_running()
        if not of_local:
            raise click.UsageError(
                "Where from? Name FILES, --stack-name or --log-group, or start the local stack: make up"
            )
    with in_plain_words():
        seen = list(_in_files(files))
        if stack_name or of_local:
            seen += seen_in_dead_letters(_dead_letter_queue(stack_name, profile, region))
        if log_group:
            now = datetime.now(UTC)
            logs = boto3.Session(profile_name=profile, region_name=region).client("logs")
            found = seen_in_log_group(logs, log_group, now - timedelta(days=days), now)
            seen += _usable(found, log_group)
    classifier = Classifier.built_in(documents_in(own_rules))
    for problem in classifier.refused:
        click.echo(f"Refused: {problem}", err=True)
    wanted = system_of(system, classifier) if system else None
    chosen = [one for one in seen if wanted in {None, system_of(one.system, classifier)}]
    groups = groups_of(chosen, classifier, mapped_too=mapped_too)
    if not groups:
        _say_nothing_to_draft(len(chosen), is_all=bool(files or log_group))
        return
    _show(groups, top, len(chosen))
    drafts, left_out = drafts_of(groups[:top], classifier)
    _say_left_out(left_out)
    if out is None:
        for some in by_system(drafts).values():
            click.echo(f"\n{rule_document(some)}", nl=False)
    else:
        _write(drafts, out)


def _in_files(files: Iterable[TextIO]) -> Iterator[Seen]:
    for file in files:
        name = Path(getattr(file, "name", "-")).name
        found = list(seen_in_lines(file, name))
        if found and all(isinstance(one, UnusableLine) for one in found):
            raise click.ClickException(
                f"{name}: nothing in it could be read. One JSON object a line is expected; of a message "
                f"that goes over several lines `jq -c . {name}` makes one."
            )
        yield from _usable(found, name)


def _is_running() -> bool:
    try:
        running_stack()
    except NothingRunningError:
        return False
    return True


def _usable(found: Iterable[Seen | UnusableLine], name: str) -> Iterator[Seen]:
    """Yield what could be read; say once what could not."""
    unusable: list[UnusableLine] = []
    for one in found:
        if isinstance(one, UnusableLine):
            unusable.append(one)
        else:
            yield one
    if unusable:
        first = unusable[0]
        click.echo(
            f"{name}: lines left out: {len(unusable)}. The first, line {first.number}, {first.reason}.",
            err=True,
        )


def _dead_letter_queue(stack_name: str | None, profile: str | None, region: str | None) -> SqsQueue:
    try:
        stack = in_account(stack_name, profile, region) if stack_name else local(running_stack())
    except NothingRunningError as nothing:
        raise click.UsageError(str(nothing)) from nothing
    return SqsQueue(stack.clients.sqs(), stack.outputs.dead_letter_queue_url)


def _say_nothing_to_draft(looked_at: int, *, is_all: bool) -> None:
    known = (
        "Every one is known to a rule: nothing to draft" if looked_at else "There are none: nothing to draft"
    )
    click.echo(f"Failures looked at: {looked_at}. {known}.")
    if not is_all:
        click.echo(
            "Only dead letters were looked at. What Pleo was told of is in the function's log: "
            "--log-group /aws/lambda/STACK-update-export-items"
        )


def _show(groups: Sequence[Group], top: int, looked_at: int) -> None:
    count = sum(group.count for group in groups)
    kinds = "one kind" if len(groups) == 1 else f"{len(groups)} kinds"
    title = f"{count} of {looked_at} failures, of {kinds}"
    terminal().print(groups_table(groups[:top], title))
    if len(groups) > top:
        click.echo(f"The {top} commonest kinds; --top shows more.")


def _say_left_out(left_out: Iterable[NoDraft]) -> None:
    for one in left_out:
        click.echo(f"No draft for {one.group.system}, {one.group.example!r}: {one.reason}.")


def _write(drafts: Sequence[Draft], out: Path) -> None:
    systems = by_system(drafts)
    for system, some in systems.items():
        safe = "".join(sign if sign.isalnum() or sign in "_-" else "-" for sign in system)
        path = out if len(systems) == 1 else out.with_name(f"{out.stem}-{safe}{out.suffix}")
        path.write_text(rule_document(some), encoding="utf-8")
        click.echo(f"Drafts for {system}: {len(some)}, in {path}")
    if drafts:
        click.echo("Try them: export-adapter explain --own-rules FOLDER --system SYSTEM FILE")
