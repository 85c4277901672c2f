"""Failures as they are found in files: lines of failures, whole messages, and lines of the function's log."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from export_adapter.model import Failure, Json
from export_adapter.read.unwrap import Unwrapped, unwrap
from export_adapter_workstation.rules.failures import NotAFailureError, failure_of

_CLASSIFIED: Final = "failure classified"
"""The message of the line that the function logs for each failure (telemetry.py)."""

_LOG_FIELDS: Final = ("message", "@message")
_OF_LOGS: Final = frozenset({"level", "timestamp", "@timestamp", "ingestionTime"})


@dataclass(frozen=True, slots=True)
class SeenFailure:
    """A failure, and where it was seen."""

    system: str
    failure: Failure
    where: str


@dataclass(frozen=True, slots=True)
class SeenFingerprint:
    """What the function logged about a failure: its fingerprint, and not the failure itself."""

    system: str
    fingerprint: str
    where: str


@dataclass(frozen=True, slots=True)
class UnusableLine:
    """A line that holds none of these, and why."""

    number: int
    reason: str


type Seen = SeenFailure | SeenFingerprint


def seen_in_lines(lines: Iterable[str], where: str) -> Iterator[Seen | UnusableLine]:
    """Read lines of JSON: {"system", "failure"}, a whole queue message, or a line of the function's log.

    Of the log only failures that no rule knew are of use; its other lines are passed over, as blank ones are.
    A log line may have a time before it, or stand in the `message` of an exported event.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield from seen_in(_parsed(line), where)
        except (ValueError, RecursionError) as wrong:
            yield UnusableLine(
                number, "is no JSON" if not isinstance(wrong, _NoneOfTheseError) else str(wrong)
            )
        except NotAFailureError as wrong:
            yield UnusableLine(number, str(wrong))


class _NoneOfTheseError(ValueError):
    pass


def seen_in(value: Json, where: str) -> Iterator[Seen]:
    """Return what one JSON object tells.

    Raises:
        ValueError: It is none of what is read here.
        NotAFailureError: Its failure breaks the message contract; the message names the field.
    """
    if not isinstance(value, dict):
        raise _NoneOfTheseError("is no JSON object")
    if "failure" in value and "accountingEntryId" not in value:
        yield SeenFailure(_system(value), failure_of(value["failure"]), where)
        return
    if "results" not in value and _is_of_a_log(value):
        yield from _logged(value, where)
        return
    unwrapped = unwrap(json.dumps(value))
    if not isinstance(unwrapped, Unwrapped) or not isinstance(unwrapped.message.get("results"), list):
        raise _NoneOfTheseError('has neither "failure" nor "results", and is no line of the function\'s log')
    yield from seen_in_message(unwrapped.message, where)


def seen_in_message(message: dict[str, Json], where: str) -> Iterator[SeenFailure]:
    """Return the failures of a queue message; a reason in words is one too, where nothing else is told."""
    results = message.get("results")
    for result in results if isinstance(results, list) else ():
        if not isinstance(result, dict):
            continue
        reason = result.get("failureReason")
        if isinstance(result.get("failure"), dict):
            yield SeenFailure(_system(message), failure_of(result["failure"]), where)
        elif isinstance(reason, str) and reason.strip() and not result.get("failureReasonType"):
            yield SeenFailure(_system(message), Failure(message=reason), where)


def _parsed(line: str) -> Json:
    """Parse a line; `aws logs tail` writes the time and the stream's name before it."""
    value: Json = json.loads(line[max(line.find("{"), 0) :])
    return value


def _is_of_a_log(value: dict[str, Json]) -> bool:
    return not _OF_LOGS.isdisjoint(value) or str(value.get("type", "")).startswith("platform.")


def _logged(value: dict[str, Json], where: str) -> Iterator[SeenFingerprint]:
    for name in _LOG_FIELDS:
        inner = value.get(name)
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            value = json.loads(inner)
            break
    fingerprint = value.get("fingerprint")
    if value.get("message") == _CLASSIFIED and value.get("mapped") is False and isinstance(fingerprint, str):
        yield SeenFingerprint(_system(value), fingerprint, where)


def _system(value: dict[str, Json]) -> str:
    system = value.get("system")
    if not isinstance(system, str) or not system.strip():
        raise _NoneOfTheseError("has no system")
    return system
