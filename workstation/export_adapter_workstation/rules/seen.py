"""Failures that were seen: in files, in the function's log, and on the dead-letter queue."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from export_adapter.model import ExportResult, Failure, InvalidMessage, Json, Message, Record
from export_adapter.read.reader import read
from export_adapter_workstation.dead_letters.queue import SqsQueue
from export_adapter_workstation.dead_letters.scan import Scan
from export_adapter_workstation.rules.failure_input import NotAFailureError, failure_of, failure_of_result

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilterLogEventsRequestTypeDef

DEAD_LETTERS: Final = "the dead-letter queue"

_CLASSIFIED: Final = "failure classified"
"""The message of the line that the function logs for each failure (telemetry.py)."""

_UNMAPPED: Final = f'{{ $.message = "{_CLASSIFIED}" && $.mapped IS FALSE }}'
_MOST_PAGES: Final = 500
_OF_LOGS: Final = frozenset({"level", "timestamp", "@timestamp", "ingestionTime"})


@dataclass(frozen=True, slots=True)
class Seen:
    """A failure, and where it was seen. From the log, only the fingerprint."""

    system: str
    where: str
    failure: Failure | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class UnusableLine:
    """A line that cannot be read, and why."""

    number: int
    reason: str


def seen_in_lines(lines: Iterable[str], where: str) -> Iterator[Seen | UnusableLine]:
    """Read lines of JSON: {"system", "failure"}, a whole queue message, or a line of the function's log.

    Only log lines about failures that no rule fits are used; other log lines and blank ones are skipped.
    A log line may have a time before it, or stand in the `message` of an exported event.
    """
    for number, line in enumerate(lines, start=1):
        try:
            yield from _seen_in(line[max(line.find("{"), 0) :], where) if line.strip() else ()
        except NotAFailureError as wrong:
            yield UnusableLine(number, str(wrong))
        except (ValueError, RecursionError):
            yield UnusableLine(number, "is not valid JSON")


def seen_in_log_group(
    logs: "CloudWatchLogsClient", log_group: str, since: datetime, now: datetime
) -> Iterator[Seen | UnusableLine]:
    """Read what the function logged about failures that no rule fits; at most 500 pages."""
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


def seen_in_dead_letters(queue: SqsQueue) -> list[Seen]:
    """Read the failures of every message of the dead-letter queue; all stay on it."""
    with Scan(queue) as scan:
        return [
            seen
            for batch in scan.batches()
            for dead_letter in batch
            if isinstance(contents := read(Record("", "", dead_letter.body)), Message)
            for seen in _in_message(contents, DEAD_LETTERS)
        ]


def _seen_in(text: str, where: str) -> Iterator[Seen]:
    value: Json = json.loads(text)
    if not isinstance(value, dict):
        raise NotAFailureError("is not a JSON object")
    if "failure" in value and "accountingEntryId" not in value:
        yield Seen(_system(value), where, failure_of(value["failure"]))
    elif "results" not in value and _is_of_a_log(value):
        yield from _logged(value, where)
    else:
        contents = read(Record("", "", text))
        if isinstance(contents, InvalidMessage):
            reason = (
                f"is neither a failure, nor a message, nor a line of the function's log: {contents.reason}"
            )
            raise NotAFailureError(reason)
        yield from _in_message(contents, where)


def _in_message(message: Message, where: str) -> Iterator[Seen]:
    for result in message.results:
        failure = failure_of_result(result) if isinstance(result, ExportResult) else None
        if failure:
            yield Seen(message.system, where, failure)


def _is_of_a_log(value: dict[str, Json]) -> bool:
    return not _OF_LOGS.isdisjoint(value) or str(value.get("type", "")).startswith("platform.")


def _logged(value: dict[str, Json], where: str) -> Iterator[Seen]:
    for name in ("message", "@message"):
        inner = value.get(name)
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            value = json.loads(inner)
            break
    fingerprint = value.get("fingerprint")
    if value.get("message") == _CLASSIFIED and value.get("mapped") is False and isinstance(fingerprint, str):
        yield Seen(_system(value), where, fingerprint=fingerprint)


def _system(value: dict[str, Json]) -> str:
    system = value.get("system")
    if not isinstance(system, str) or not system.strip():
        raise NotAFailureError("has no system")
    return system
