import io
import json
from uuid import uuid4

from aws_lambda_powertools import Logger

from export_adapter.model import Json
from export_adapter.telemetry import PARKED, REPLAYED, Telemetry
from tests.fakes.adapter import FakeAdapter
from tests.fakes.messages import entry, job, message, raw_record, result
from tests.fakes.pleo import Fault, error


def lines_of(record: dict[str, Json], fault: Fault | None = None) -> dict[str, dict[str, object]]:
    """Handle one record whose job has one entry; return the log lines by their message."""
    adapter = FakeAdapter()
    adapter.pleo.hold(job(), entry(1))
    if fault:
        adapter.pleo.faults.append(fault)
    stream = io.StringIO()
    # A name of its own, because Powertools keeps one logger for each.
    telemetry = Telemetry(Logger(service=f"test-{uuid4()}", level="INFO", stream=stream))
    telemetry.report(adapter.run(record), adapter.clock.deadline(60.0))
    lines = (json.loads(line) for line in stream.getvalue().splitlines())
    return {line["message"]: line for line in lines}


def replayed(*results: Json) -> dict[str, Json]:
    raw = raw_record(message(*results), "m-7")
    raw["messageAttributes"] = {"replayId": {"stringValue": "dead-letter-1", "dataType": "String"}}
    return raw


def test_a_replayed_message_that_is_delivered_whole_leaves_a_line_with_its_replay_id() -> None:
    line = lines_of(replayed(result(1)))[REPLAYED]
    assert line["replayId"] == "dead-letter-1"
    assert line["sourceMessageId"] == "m-7"
    assert line["exportJobId"] == job()
    assert line["accountingEntryIds"] == [entry(1)]


def test_a_replayed_message_that_is_parked_again_leaves_a_line_with_its_replay_id() -> None:
    lines = lines_of(replayed(result(1), result(2)))
    assert REPLAYED not in lines
    assert lines[PARKED]["replayId"] == "dead-letter-1"


def test_a_replayed_message_that_goes_back_to_the_queue_has_not_come_to_its_end() -> None:
    lines = lines_of(replayed(result(1)), Fault(error(403, "FORBIDDEN")))
    assert REPLAYED not in lines
    assert PARKED not in lines


def test_a_message_that_was_never_replayed_leaves_no_such_line() -> None:
    assert REPLAYED not in lines_of(raw_record(message(result(1))))
