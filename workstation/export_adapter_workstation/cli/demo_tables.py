"""What Pleo stores and what was parked, as tables that are as wide as the terminal."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from export_adapter.parked_message import ERROR_MESSAGE, ERROR_TYPE
from export_adapter_workstation.local.pleo import ExportItem, ExportJob

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_COLOURS = {"successful": "green", "failed": "red", "abandoned": "yellow"}


def job_table(job: ExportJob) -> Table:
    """Return the items of one job: status, failure reason type, and the bookkeeper's sentence or the id."""
    table = _table(f"Export job {job.job_id} ({job.status})")
    table.add_column("Entry", no_wrap=True, width=9)
    table.add_column("Status", no_wrap=True, width=11)
    table.add_column("Failure reason, or id in the accounting system", ratio=1)
    for item in job.items.values():
        status = Text(item.status, style=_COLOURS.get(item.status, "dim"))
        table.add_row(f"{item.accounting_entry_id[:8]}…", status, _words(item))
    return table


def parked_table(messages: Iterable["MessageTypeDef"]) -> Table:
    """Return the messages of the dead-letter queue: why they are there, and how their body begins."""
    table = _table("Parked on the dead-letter queue")
    table.add_column("Error type, system", no_wrap=True, width=18)
    table.add_column("Why, and the message's body", ratio=1)
    for message in sorted(messages, key=_error_type):
        body = Text(" ".join(message["Body"].split())[:200], style="dim", no_wrap=True, overflow="ellipsis")
        cell = Table.grid()
        cell.add_row(Text(_attribute(message, ERROR_MESSAGE)))
        cell.add_row(body)
        error_type = Text(_error_type(message) or "moved by SQS")
        table.add_row(error_type.append(f"\n{_attribute(message, 'system')}", "dim"), cell)
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", expand=True)


def _words(item: ExportItem) -> Text:
    words = item.sent.get("failureReason") or item.sent.get("externalId", "")
    reason = [item.sent.get("failureReasonType", ""), words]
    return Text("\n".join(part for part in reason if part))


def _error_type(message: "MessageTypeDef") -> str:
    return _attribute(message, ERROR_TYPE)


def _attribute(message: "MessageTypeDef", name: str) -> str:
    attribute = message.get("MessageAttributes", {}).get(name)
    return attribute.get("StringValue", "") if attribute else ""
