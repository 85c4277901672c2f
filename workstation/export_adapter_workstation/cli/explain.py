"""`export-adapter explain`: what a failure becomes, and why."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, TextIO

import click

from export_adapter.classify.classifier import Classifier
from export_adapter.model import Failure, Json, Stage
from export_adapter_workstation.cli.own_rules import documents_in
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.rules.explanation import explanation_view
from export_adapter_workstation.rules.failures import NotAFailureError, failure_in, failure_of

_STAGES: Final = [stage.value for stage in Stage]


@click.command(short_help="Explain what a failure becomes, and by which rule.")
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
@click.option("--system", help="The accounting system: xero, netsuite, fortnox, ... Needed without --jsonl.")
@click.option("--http-status", type=click.IntRange(100, 599), help="The HTTP status of the answer.")
@click.option("--stage", type=click.Choice(_STAGES), help="The stage that the exporter was at.")
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="A header; may be repeated.")
@click.option("--code", help="The exporter's own code.")
@click.option("--message", help="The exporter's own message; with it, FILE may be left out.")
@click.option("--exception", help="The name of the transport exception, such as ReadTimeout.")
@click.option("--jsonl", is_flag=True, help="One JSON object a line in, one out, in the same order.")
@click.option(
    "--own-rules",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with rules of your own (*.toml), asked before the built-in ones.",
)
def explain(  # noqa: PLR0913 (one argument for each option)
    *,
    file: TextIO,
    system: str | None,
    http_status: int | None,
    stage: str | None,
    headers: tuple[str, ...],
    code: str | None,
    message: str | None,
    exception: str | None,
    jsonl: bool,
    own_rules: Path | None,
) -> None:
    """Explain what a failure becomes: its type, its sentence, and the rule that decides.

    FILE holds what the accounting system answered, or a failure as in the message contract; - reads it from
    standard input. With --jsonl each line is {"id", "system", "failure"}.
    """
    classifier = Classifier.built_in(documents_in(own_rules))
    for problem in classifier.refused:
        click.echo(f"Refused: {problem}", err=True)
    if jsonl:
        sys.stdout.writelines(explained_lines(file, classifier))
        return
    if not system:
        raise click.UsageError("Which accounting system? Name it with --system.")
    try:
        given = Failure() if message and file.isatty() else failure_in(file.read())
    except NotAFailureError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    failure = replace(
        given,
        http_status=http_status or given.http_status,
        stage=Stage(stage) if stage else given.stage,
        headers={**given.headers, **_headers(headers)},
        code=code or given.code,
        message=message or given.message,
        exception=exception or given.exception,
    )
    terminal().print(explanation_view(classifier.explain(system, failure)))


def explained_lines(lines: Iterable[str], classifier: Classifier) -> Iterator[str]:
    """Yield one line of JSON for each line that is not blank, in the same order.

    A line that cannot be used gives {"id", "error"}, and the rest goes on.
    """
    for line in lines:
        if line.strip():
            yield json.dumps(_explained(line, classifier), ensure_ascii=False) + "\n"


def _explained(line: str, classifier: Classifier) -> dict[str, Json]:
    try:
        asked: Json = json.loads(line)
    except (ValueError, RecursionError) as wrong:
        return {"id": None, "error": f"not JSON: {wrong}"}
    if not isinstance(asked, dict):
        return {"id": None, "error": "must be an object with id, system and failure"}
    name = asked.get("id")
    system = asked.get("system")
    if not isinstance(system, str) or not system.strip():
        return {"id": name, "error": "system: must be a text"}
    try:
        failure = failure_of(asked.get("failure"))
    except NotAFailureError as wrong:
        return {"id": name, "error": str(wrong)}
    found = classifier.classify(system, failure)
    return {
        "id": name,
        "failureReasonType": found.failure_reason_type,
        "failureReason": found.failure_reason,
        "rule": found.rule,
        "retryable": found.retryable,
        "v3FailureReasonType": found.v3_failure_reason_type,
    }


def _headers(given: tuple[str, ...]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for one in given:
        name, colon, value = one.partition(":")
        if not colon or not name.strip():
            raise click.BadParameter(f"{one!r} must be NAME:VALUE", param_hint="--header")
        headers[name.strip().lower()] = value.strip()
    return headers
