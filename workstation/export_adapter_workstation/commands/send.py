"""`export-adapter send`: put messages on the queue of the stack that `make up` runs."""

from itertools import batched
from pathlib import Path
from typing import Final

import click

from export_adapter_workstation.running_stack import NothingRunningError, running_stack

_AT_ONCE: Final = 10


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def send(files: tuple[Path, ...]) -> None:
    """Put the messages in FILES on the queue of the stack that `make up` keeps running."""
    try:
        stack = running_stack()
    except NothingRunningError as nothing:
        raise click.ClickException(str(nothing)) from nothing
    sqs = stack.aws.sqs()
    for some in batched(files, _AT_ONCE, strict=False):
        answer = sqs.send_message_batch(
            QueueUrl=stack.outputs.export_results_queue_url,
            Entries=[
                {"Id": str(place), "MessageBody": file.read_text(encoding="utf-8")}
                for place, file in enumerate(some)
            ],
        )
        for refused in answer.get("Failed", []):
            raise click.ClickException(f"{some[int(refused['Id'])]}: the queue refused it: {refused['Code']}")
    click.echo(f"Sent: {len(files)}. What Pleo holds: {stack.pleo_url}/_local/state")
