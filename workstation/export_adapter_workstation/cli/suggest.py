"""`export-adapter suggest`: draft rules for failures that no rule fits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import boto3
import click

from export_adapter.classify.classifier import Classifier
from export_adapter_workstation.cli.looking import dead_letter_queue
from export_adapter_workstation.cli.own_rules import with_classifier
from export_adapter_workstation.cli.stack_options import FindStack, examples, finding_a_stack
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.rules.draft import Draft, rule_document
from export_adapter_workstation.rules.drafts import drafts_of
from export_adapter_workstation.rules.groups import groups_of, groups_table, system_of
from export_adapter_workstation.rules.seen import (
    Seen,
    UnusableLine,
    seen_in_dead_letters,
    seen_in_lines,
    seen_in_log_group,
)


@click.command(
    short_help="Draft rules for failures that no rule fits.",
    epilog=examples(
        "export-adapter suggest",
        "export-adapter suggest failures.jsonl --out ours.toml",
        "export-adapter suggest --log-group /aws/lambda/export-adapter-production-update-export-items",
    ),
)
@click.argument("files", nargs=-1, type=click.File("r", encoding="utf-8", errors="replace"))
@finding_a_stack
@click.option("--log-group", help="Read the function's log in this CloudWatch log group.")
@click.option(
    "--days",
    type=click.IntRange(1, 365),
    default=30,
    show_default=True,
    help="How many days of the log to read.",
)
@click.option("--system", help="Only failures of this accounting system.")
@click.option(
    "--top", type=click.IntRange(1, 200), default=10, show_default=True, help="How many kinds to show."
)
@with_classifier
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the drafts to this file; for several systems, one file each: NAME-SYSTEM.toml.",
)
def suggest(
    find_stack: FindStack,
    /,
    *,
    files: tuple[TextIO, ...],
    log_group: str | None,
    days: int,
    system: str | None,
    top: int,
    classifier: Classifier,
    out: Path | None,
) -> None:
    """Show the commonest failures that no rule fits, and draft a rule for each. Changes nothing.

    Reads FILES, the log group, and the dead-letter queue of the stack that is named. If none of them is
    named, it reads the dead-letter queue of the local stack.

    Each line of FILES is one JSON object: {"system", "failure"}, a whole message of the queue, or a line of
    the function's log as CloudWatch exports it. - is standard input.
    """
    if find_stack.is_local and log_group:
        raise click.UsageError("The local stack has no log group. Leave out --local or --log-group.")
    seen = [one for file in files for one in _in_file(file)]
    if log_group:
        now = datetime.now(UTC)
        session = boto3.Session(profile_name=find_stack.profile, region_name=find_stack.region)
        found = seen_in_log_group(session.client("logs"), log_group, now - timedelta(days=days), now)
        seen += _usable(found, log_group)
    is_account_named = find_stack.profile or find_stack.region
    if find_stack.name or find_stack.is_local or (not log_group and (is_account_named or not files)):
        seen += seen_in_dead_letters(dead_letter_queue(find_stack()))
    wanted = system_of(system, classifier) if system else None
    chosen = [one for one in seen if wanted in {None, system_of(one.system, classifier)}]
    groups = groups_of(chosen, classifier)
    if not groups:
        why = "A rule fits every one of them" if chosen else "There are none"
        click.echo(f"Failures read: {len(chosen)}. {why}: there is nothing to draft.")
        if not (files or log_group):
            click.echo(
                "Only dead letters were read. Failures that were delivered are in the function's log: "
                "--log-group /aws/lambda/STACK-update-export-items"
            )
        return
    kinds = "one kind" if len(groups) == 1 else f"{len(groups)} kinds"
    title = f"{sum(group.count for group in groups)} of {len(chosen)} failures, of {kinds}"
    terminal().print(groups_table(groups[:top], title))
    if len(groups) > top:
        click.echo(f"These are the {top} commonest kinds; --top shows more.")
    drafts, left_out = drafts_of(groups[:top], classifier)
    for one in left_out:
        click.echo(f"No draft for {one.group.system}, {one.group.fingerprint!r}: {one.reason}.")
    if out:
        _write(drafts, out)
    else:
        for some in drafts.values():
            click.echo(f"\n{rule_document(some)}", nl=False)


def _in_file(file: TextIO) -> Iterator[Seen]:
    name = Path(getattr(file, "name", "-")).name
    found = list(seen_in_lines(file, name))
    if found and all(isinstance(one, UnusableLine) for one in found):
        raise click.ClickException(
            f"{name}: no line could be read. Each line must be one JSON object; `jq -c . {name}` writes a "
            "message of several lines in one."
        )
    return _usable(found, name)


def _usable(found: Iterable[Seen | UnusableLine], name: str) -> Iterator[Seen]:
    """Yield what could be read; then say what could not."""
    unusable: list[UnusableLine] = []
    for one in found:
        if isinstance(one, UnusableLine):
            unusable.append(one)
        else:
            yield one
    if unusable:
        first = f"The first, line {unusable[0].number}: {unusable[0].reason}."
        click.echo(f"{name}: lines left out: {len(unusable)}. {first}", err=True)


def _write(drafts: Mapping[str, Sequence[Draft]], out: Path) -> None:
    for system, some in drafts.items():
        safe = "".join(sign if sign.isalnum() or sign in "_-" else "-" for sign in system)
        path = out if len(drafts) == 1 else out.with_name(f"{out.stem}-{safe}{out.suffix}")
        path.write_text(rule_document(some), encoding="utf-8")
        click.echo(f"Drafts for {system}: {len(some)}, in {path}")
    if drafts:
        click.echo("Try them: export-adapter explain --own-rules FOLDER --system SYSTEM FILE")
