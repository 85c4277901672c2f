import io
import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from export_adapter.classify.classifier import RefusedRules
from export_adapter.deadline import Deadline
from export_adapter.model import Json
from export_adapter.telemetry import Telemetry
from tests.fakes.adapter import MAX_RECEIVE_COUNT, FakeAdapter
from tests.fakes.messages import entry, job, message, raw_record, result
from tests.fakes.pleo import Fault, error

FAILED = result(1, "failed", failure={"code": "validation_failure"})


class Lines:
    """The log lines of the reports that were made."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        # A name of its own, because Powertools keeps one logger for each.
        self.telemetry = Telemetry(Logger(service=f"test-{uuid4()}", level="INFO", stream=self.stream))

    def of(self, adapter: FakeAdapter, *records: Json) -> dict[str, list[dict[str, Any]]]:
        """Handle an event and report it; return the lines by their message."""
        self.telemetry.report(adapter.run(*records), adapter.clock.deadline(60.0))
        lines: dict[str, list[dict[str, Any]]] = {}
        for line in self.stream.getvalue().splitlines():
            fields = json.loads(line)
            lines.setdefault(fields["message"], []).append(fields)
        return lines


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def adapter() -> FakeAdapter:
    adapter = FakeAdapter()
    adapter.pleo.hold(job(), *(entry(number) for number in range(10)))
    return adapter


def without_frame(line: dict[str, Any]) -> dict[str, Any]:
    """A line without what Powertools adds to every one."""
    frame = {"message", "level", "location", "timestamp", "service"}
    return {name: value for name, value in line.items() if name not in frame}


def test_a_failure_is_logged_as_it_was_classified_with_its_ids_in_fields_of_their_own(
    adapter: FakeAdapter, lines: Lines
) -> None:
    (line,) = lines.of(adapter, raw_record(message(FAILED)))["failure classified"]
    assert without_frame(line) == {
        "exportJobId": job(),
        "accountingEntryIds": [entry(1)],
        "system": "other",
        "failureReasonType": "validation_failure",
        "rule": "fake.validation_failure",
        "mapped": True,
        "fingerprint": "000000000000",
    }


def test_failures_of_one_job_that_were_classified_alike_share_a_line(
    adapter: FakeAdapter, lines: Lines
) -> None:
    alike = [result(number, "failed", failure={"code": "validation_failure"}) for number in (1, 2, 3)]
    other = result(4, "failed", failure={"code": "vendor_unknown"})
    found = lines.of(adapter, raw_record(message(*alike[:2], other), "a"), raw_record(message(alike[2]), "b"))
    assert [line["accountingEntryIds"] for line in found["failure classified"]] == [
        [entry(1), entry(2), entry(3)],
        [entry(4)],
    ]


def test_each_failure_that_no_rule_knew_has_a_line_because_those_are_counted(
    adapter: FakeAdapter, lines: Lines
) -> None:
    unknown = [result(number, "failed", failure={"code": "E-1"}) for number in (1, 2)]
    found = lines.of(adapter, raw_record(message(*unknown)))["failure classified"]
    assert [(line["mapped"], line["accountingEntryIds"]) for line in found] == [
        (False, [entry(1)]),
        (False, [entry(2)]),
    ]


def test_what_was_not_classified_is_not_logged_as_such(adapter: FakeAdapter, lines: Lines) -> None:
    given = result(2, "failed", failureReasonType="validation_failure", failureReason="Because.")
    assert "failure classified" not in lines.of(adapter, raw_record(message(result(1), given)))


def test_a_message_that_went_back_is_logged_with_its_cause(adapter: FakeAdapter, lines: Lines) -> None:
    adapter.pleo.faults.extend([Fault(error(403, "FORBIDDEN"))] * 2)
    (line,) = lines.of(adapter, raw_record(message(result(1)), "m-7", receive_count=2))[
        "message went back to the queue"
    ]
    assert without_frame(line) == {
        "sourceMessageId": "m-7",
        "exportJobId": job(),
        "accountingEntryIds": [entry(1)],
        "cause": "forbidden",
        "reason": "Pleo answered 403: FORBIDDEN, no",
        "receiveCount": 2,
    }
    assert line["level"] == "WARNING"


def test_a_parked_message_is_logged_with_the_attributes_that_it_was_parked_with(
    adapter: FakeAdapter, lines: Lines
) -> None:
    (line,) = lines.of(adapter, raw_record(message(result(99))))["message parked on the dead-letter queue"]
    assert without_frame(line) == {
        **adapter.dead_letters.messages[0].attributes,
        "accountingEntryIds": [entry(99)],
    }
    assert line["level"] == "WARNING"


def test_a_park_that_failed_is_logged_as_gone_back_and_not_as_parked(
    adapter: FakeAdapter, lines: Lines
) -> None:
    adapter.dead_letters.is_down = True
    logged = lines.of(adapter, raw_record(message(result(99))))
    assert [line["cause"] for line in logged["message went back to the queue"]] == ["not_parked"]
    assert "message parked on the dead-letter queue" not in logged
    assert logged["invocation finished"][0]["problems"] == ["ServiceUnavailable"]


def test_a_fault_of_the_adapters_own_is_logged_as_an_error_with_its_trace(
    adapter: FakeAdapter, lines: Lines
) -> None:
    bug = result(1, "failed", failure={"code": "bug"})
    (line,) = lines.of(adapter, raw_record(message(bug)))["fault of the adapter's own"]
    assert line["level"] == "ERROR"
    assert line["exception_name"] == "RuntimeError"
    assert (line["exportJobId"], line["accountingEntryIds"]) == (job(), [entry(1)])


def test_what_was_superseded_is_logged_with_the_reason_and_not_as_delivered(
    adapter: FakeAdapter, lines: Lines
) -> None:
    adapter.run(raw_record(message(result(1)), "m-1"))

    found = lines.of(adapter, raw_record(message(result(1, "in_progress")), "m-2"))

    assert "items delivered" not in found
    (line,) = found["item superseded"]
    assert without_frame(line) == {
        "exportJobId": job(),
        "accountingEntryIds": [entry(1)],
        "status": "in_progress",
        "reason": "a result of the entry that counts more was sent before",
        "sourceMessageId": "m-2",
    }


def test_every_line_names_the_request_of_its_invocation(adapter: FakeAdapter, lines: Lines) -> None:
    lines.telemetry.begin("request-1")
    lines.telemetry.refused_rules(RefusedRules(("ours.toml: wrong",), is_news=True))

    found = lines.of(adapter, raw_record(message(result(1), result(99))))

    assert len(found) == 4
    assert {line["function_request_id"] for each in found.values() for line in each} == {"request-1"}


@pytest.mark.parametrize(("is_news", "count"), [(True, 2), (False, 0)])
def test_refused_rules_are_logged_when_they_are_news(lines: Lines, *, is_news: bool, count: int) -> None:
    lines.telemetry.refused_rules(RefusedRules(("ours.toml: wrong", "theirs.toml: wrong"), is_news=is_news))

    assert lines.stream.getvalue().count("own rules refused") == count


def test_delivered_entries_are_logged_by_job_so_that_each_can_be_found(
    adapter: FakeAdapter, lines: Lines
) -> None:
    (line,) = lines.of(adapter, raw_record(message(result(1), result(2), result(99))))["items delivered"]
    assert without_frame(line) == {
        "exportJobId": job(),
        "accountingEntryIds": [entry(1), entry(2)],
    }


def test_entries_of_one_job_share_a_line_of_which_none_is_longer_than_cloudwatch_takes(
    adapter: FakeAdapter, lines: Lines
) -> None:
    adapter.pleo.hold(job(), *(entry(number) for number in range(1_001)))
    found = lines.of(adapter, raw_record(message(*(result(number) for number in range(1_001)))))
    assert [len(line["accountingEntryIds"]) for line in found["items delivered"]] == [1_000, 1]
    assert max(len(line) for line in lines.stream.getvalue().splitlines()) < 256 * 1024


def test_every_invocation_ends_with_a_summary_in_numbers(adapter: FakeAdapter, lines: Lines) -> None:
    adapter.pleo.faults.append(None)
    records = (
        raw_record(message(result(1), result(2), result(99)), "mixed"),
        raw_record(message(result(3), exportJobId=job(2)), "unknown job"),
        raw_record("no JSON", "bad"),
    )
    (line,) = lines.of(adapter, *records)["invocation finished"]
    assert without_frame(line) == {
        "records": 3,
        "items": 4,
        "outcomes": {"delivered": 2, "rejected": 2},
        "requests": 2,
        "parkedMessages": 3,
        "returnedMessages": 0,
        "problems": [],
    }


def test_an_empty_event_is_summed_up_too(adapter: FakeAdapter, lines: Lines) -> None:
    (line,) = lines.of(adapter)["invocation finished"]
    assert (line["records"], line["items"], line["outcomes"]) == (0, 0, {})


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param('x\r\n{"level":"ERROR","message":"forged"}', id="a line of its own"),
        pytest.param("\x1b[2J\x00\x07", id="control characters"),
        pytest.param("\ud800\uffff", id="what is no character"),
        pytest.param("\u2028\u2029\x85", id="other line ends"),
    ],
)
@pytest.mark.parametrize("receive_count", [1, MAX_RECEIVE_COUNT])
def test_nothing_that_came_from_outside_can_forge_a_log_line_or_break_one(
    adapter: FakeAdapter, lines: Lines, hostile: str, receive_count: int
) -> None:
    adapter.pleo.faults.extend([Fault(error(403, hostile))] * 2)
    content = message(
        result(1, "failed", failure={"message": hostile, "body": hostile, "headers": {hostile: hostile}}),
        result(2, hostile),
        result(3, "failed", failureReason=hostile, externalId=hostile),
        result(4, accountingEntryId=hostile),
        system=f"x{hostile}",
        **{hostile: hostile},
    )
    records = (raw_record(content, "good", receive_count), raw_record(hostile, "bad", receive_count))
    logged = lines.of(adapter, *records)
    assert set(logged) <= {
        "failure classified",
        "message went back to the queue",
        "message parked on the dead-letter queue",
        "invocation finished",
    }
    assert len(logged["invocation finished"]) == 1
    text = lines.stream.getvalue()
    assert all(character == "\n" or character.isprintable() for character in text)


def test_a_report_that_fails_takes_nothing_back_that_is_settled(adapter: FakeAdapter, lines: Lines) -> None:
    def baffled(_system: str) -> str:
        raise RuntimeError("a fault of the report's own")

    lines.telemetry = replace(lines.telemetry, name_of=baffled)
    (line,) = lines.of(adapter, raw_record(message(FAILED)))["the invocation could not be reported in full"]
    assert (line["level"], line["exception_name"]) == ("ERROR", "RuntimeError")


def test_what_the_accounting_system_said_is_never_logged_raw(adapter: FakeAdapter, lines: Lines) -> None:
    private = "IBAN DE00 1234"
    failed = result(1, "failed", failure={"message": private, "body": {"text": private}}, note=private)
    bad = result(2, accountingEntryId=private)
    lines.of(adapter, raw_record(message(failed, bad)), raw_record(f"{{{private}", "bad"))
    assert private.lower() not in lines.stream.getvalue().lower()
    assert private not in lines.stream.getvalue()


def test_what_there_is_no_time_to_write_is_left_out_and_the_most_important_comes_first(
    adapter: FakeAdapter, lines: Lines
) -> None:
    report = adapter.run(raw_record(message(FAILED, result(2)), "a"), raw_record("no JSON", "b"))
    seconds = iter([5.0, 4.0, 3.0, 0.9])

    lines.telemetry.report(report, Deadline(lambda: -next(seconds), 0.0))

    written = [json.loads(line)["message"] for line in lines.stream.getvalue().splitlines()]
    assert written == [
        "invocation finished",
        "message parked on the dead-letter queue",
        "items delivered",
        "the log ends here: there was no time left for the rest",
    ]
