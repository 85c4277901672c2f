"""What Pleo has and what was parked, as tables for a terminal."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from export_adapter_workstation.local.pleo import ExportJob

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_COLOURS = {"successful": "green", "failed": "red", "abandoned": "yellow"}


def job_table(job: ExportJob) -> Table:
    """Return the items of one job with their status and, where they failed, why."""
    table = Table(title=f"Export job {job.job_id} ({job.status})", title_justify="left", expand=True)
    # No width depends on the content, so that the tables of several jobs have the same columns.
    table.add_column("Entry", no_wrap=True, width=9)
    table.add_column("Status", no_wrap=True, width=11)
    table.add_column("Failure reason type", overflow="fold", ratio=2)
    table.add_column("What the bookkeeper reads, or the external id", ratio=3)
    for item in job.items.values():
        table.add_row(
            f"{item.accounting_entry_id[:8]}…",
            Text(item.status, style=_COLOURS.get(item.status, "dim")),
            item.sent.get("failureReasonType", ""),
            Text(item.sent.get("failureReason") or item.sent.get("externalId") or ""),
        )
    return table


def parked_table(messages: Iterable["MessageTypeDef"]) -> Table:
    """Return the messages of the dead-letter queue with their reasons."""
    table = Table(title="Parked on the dead-letter queue", title_justify="left", expand=True)
    table.add_column("Error type", overflow="fold", width=17)
    table.add_column("System", no_wrap=True, width=9)
    table.add_column("Why", ratio=3)
    table.add_column("Message body", no_wrap=True, ratio=2)
    for message in sorted(messages, key=_error_type):
        attributes = message.get("MessageAttributes", {})
        values = {name: value.get("StringValue", "") for name, value in attributes.items()}
        table.add_row(
            values.get("errorType", "moved by SQS"),
            Text(values.get("system", "")),
            Text(values.get("errorMessage", "")),
            Text(" ".join(message["Body"].split())),
        )
    return table


def _error_type(message: "MessageTypeDef") -> str:
    error_type = message.get("MessageAttributes", {}).get("errorType")
    return error_type.get("StringValue", "") if error_type else ""
