"""`export-adapter explain`: which type and sentence a failure gets, and why."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TextIO

import click

from export_adapter.classify.classifier import Classifier
from export_adapter.model import Failure, Json, Stage
from export_adapter_workstation.cli.own_rules import with_classifier
from export_adapter_workstation.cli.stack_options import examples
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.rules.explanation import explanation_view
from export_adapter_workstation.rules.failure_input import NotAFailureError, failure_in, failure_of


@click.command(
    short_help="Explain which type and sentence a failure gets, and by which rule.",
    epilog=examples(
        "export-adapter explain --system xero --http-status 400 answer.json",
        "export-adapter explain --system netsuite --message 'Invalid account reference key 87'",
    ),
)
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
@click.option(
    "--system", help="The accounting system: xero, netsuite, fortnox, ... Required without --jsonl."
)
@click.option("--http-status", type=click.IntRange(100, 599), help="The HTTP status of the answer.")
@click.option(
    "--stage",
    type=click.Choice([stage.value for stage in Stage]),
    help="The stage at which the exporter failed.",
)
@click.option("--code", help="The exporter's own error code.")
@click.option("--message", help="The exporter's own message; with it, FILE may be left out.")
@click.option("--exception", help="The name of the exception if there was no answer, such as ReadTimeout.")
@click.option(
    "--jsonl", is_flag=True, help="Read one JSON object a line; write one for each, in the same order."
)
@with_classifier
def explain(
    *,
    file: TextIO,
    classifier: Classifier,
    system: str | None,
    stage: str | None,
    jsonl: bool,
    **fields: Any,  # noqa: ANN401 -- the other options: fields of a Failure
) -> None:
    """Explain which failure reason type and which sentence a failure gets, and which rule decides.

    FILE holds the accounting system's answer, or a failure as in the message contract. Without FILE, or with
    -, it is read from standard input. With --jsonl each line is {"id", "system", "failure"}.
    """
    if jsonl:
        sys.stdout.writelines(explained_lines(file, classifier))
        return
    if not system:
        raise click.UsageError("Which accounting system? Name it with --system.")
    try:
        given = Failure() if fields["message"] and file.isatty() else failure_in(file.read())
    except NotAFailureError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    failure = replace(
        given,
        stage=Stage(stage) if stage else given.stage,
        **{name: value for name, value in fields.items() if value},
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
        return {"id": name, "error": "system: must be text"}
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
