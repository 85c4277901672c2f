"""What can be read from lines: failures, whole messages, and the function's log."""

import json

import pytest

from export_adapter.model import Failure
from export_adapter_workstation.rules.seen import Seen, UnusableLine, seen_in_lines
from tests.unit.suggest.lines import ENTRY, JOB, failure_line, log_line, message_line


def seen(*lines: str) -> list[Seen | UnusableLine]:
    return list(seen_in_lines(lines, "here"))


def failure_of(found: Seen | UnusableLine) -> Failure:
    assert isinstance(found, Seen)
    assert found.failure
    return found.failure


def test_a_line_with_system_and_failure_is_a_failure() -> None:
    assert seen(failure_line("xero", "no")) == [Seen("xero", "here", Failure(http_status=400, body="no"))]


def test_every_failed_result_of_a_whole_message_is_a_failure() -> None:
    found = seen(message_line("xero", {"body": "one"}, {"body": "two"}))
    assert [failure_of(one).body for one in found] == ["one", "two"]


def test_a_message_inside_an_event_is_unwrapped() -> None:
    event = {
        "detail-type": "results",
        "source": "exporter",
        "detail": json.loads(message_line("xero", {"body": "one"})),
    }
    (found,) = seen(json.dumps(event))
    assert failure_of(found).body == "one"


def test_a_reason_in_words_counts_where_the_exporter_gave_no_type() -> None:
    result = {"accountingEntryId": ENTRY, "status": "failed", "failureReason": "Snorkel misaligned"}
    typed = result | {"failureReasonType": "authorization_failure"}
    (found,) = seen(json.dumps({"exportJobId": JOB, "system": "xero", "results": [result, typed]}))
    assert failure_of(found) == Failure(message="Snorkel misaligned")


@pytest.mark.parametrize(
    "line",
    [
        log_line("xero", "400 | odd"),
        "2026-11-23T10:00:00.000Z 2026/11/23/[live]abc " + log_line("xero", "400 | odd"),
        json.dumps({"timestamp": 1, "message": log_line("xero", "400 | odd"), "ingestionTime": 2}),
        json.dumps({"@timestamp": "2026-11-23", "@message": log_line("xero", "400 | odd")}),
    ],
    ids=["bare", "as tailed", "as exported", "as queried"],
)
def test_a_line_of_the_log_tells_a_fingerprint(line: str) -> None:
    assert seen(line) == [Seen("xero", "here", fingerprint="400 | odd")]


@pytest.mark.parametrize(
    "line",
    [
        "",
        log_line("xero", None, mapped=True),
        json.dumps({"level": "INFO", "message": "invocation finished"}),
        json.dumps({"timestamp": 1, "message": "START RequestId: 1"}),
        json.dumps({"time": "2026-11-23", "type": "platform.start", "record": {}}),
    ],
    ids=["blank", "mapped", "another message", "Lambda's own text", "Lambda's own JSON"],
)
def test_other_lines_of_the_log_are_passed_over(line: str) -> None:
    assert seen(line) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("no JSON", "JSON"),
        ("[1]", "JSON object"),
        ("[" * 100_000, "JSON"),
        ('{"a": 1}', "exportJobId"),
        ('{"exportJobId": "x", "system": "xero", "results": []}', "exportJobId"),
        ('{"failure": {}}', "has no system"),
        ('{"system": "xero", "failure": {"httpStatus": "x"}}', "failure.httpStatus"),
    ],
)
def test_a_line_that_is_none_of_these_is_named_and_the_rest_goes_on(line: str, reason: str) -> None:
    unusable, good = seen(line, failure_line("xero", "no"))
    assert isinstance(unusable, UnusableLine)
    assert unusable.number == 1
    assert reason in unusable.reason
    assert failure_of(good).body == "no"
