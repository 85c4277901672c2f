"""Failures from AWS: from the dead-letter queue, which keeps its messages, and from the function's log."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from export_adapter.model import ExportResult, Failure, Message
from export_adapter_workstation.dead_letters.message import described
from export_adapter_workstation.dead_letters.queue import SqsQueue
from export_adapter_workstation.dead_letters.scan import Scan
from export_adapter_workstation.rules.suggestions.seen import Seen, SeenFailure, UnusableLine, seen_in_lines

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilterLogEventsRequestTypeDef

DEAD_LETTERS: Final = "the dead-letter queue"
_UNMAPPED: Final = '{ $.message = "failure classified" && $.mapped IS FALSE }'
_MOST_PAGES: Final = 500


def seen_in_dead_letters(queue: SqsQueue) -> list[SeenFailure]:
    """Read the failures of every message of the dead-letter queue; all stay on it."""
    with Scan(queue) as scan:
        return [
            SeenFailure(contents.system, failure, DEAD_LETTERS)
            for batch in scan.batches()
            for dead_letter in batch
            if isinstance(contents := described(dead_letter, str).contents, Message)
            for result in contents.results
            if isinstance(result, ExportResult) and (failure := _failure(result))
        ]


def seen_in_log_group(
    logs: "CloudWatchLogsClient", log_group: str, since: datetime, now: datetime
) -> Iterator[Seen | UnusableLine]:
    """Read what the function logged about failures that no rule knew, an hour's search at most a page."""
    request: FilterLogEventsRequestTypeDef = {
        "logGroupName": log_group,
        "startTime": int(since.timestamp() * 1000),
        "endTime": int((now + timedelta(seconds=1)).timestamp() * 1000),
        "filterPattern": _UNMAPPED,
    }
    for _ in range(_MOST_PAGES):
        answer = logs.filter_log_events(**request)
        lines = (event.get("message", "") for event in answer.get("events", ()))
        yield from seen_in_lines(lines, f"the log {log_group}")
        token = answer.get("nextToken")
        if not token:
            return
        request["nextToken"] = token


def _failure(result: ExportResult) -> Failure | None:
    """Return the failure, or the exporter's own words where it gave no type with them."""
    if result.failure:
        return result.failure
    if result.failure_reason and not result.failure_reason_type:
        return Failure(message=result.failure_reason)
    return None
