import json
import random
from collections.abc import Callable

import pytest

from export_adapter.model import ApiVersion, Json
from tests.fakes.adapter import FakeAdapter
from tests.fakes.messages import (
    NOON_MS,
    company,
    entry,
    in_cloudevent,
    in_eventbridge,
    in_sns,
    job,
    message,
    raw_record,
    result,
)
from tests.fakes.pleo import FakeJob, Fault, Refusal, error
from tests.fakes.queues import MIB
from tests.unit.flow.running import held, parked, run, with_a_job


def test_an_empty_event_is_nothing_to_do(adapter: FakeAdapter) -> None:
    assert run(adapter) == []
    assert adapter.pleo.requests == []


def test_250_entries_in_one_message_become_exactly_three_puts(adapter: FakeAdapter) -> None:
    results = (result(number) for number in range(250))
    assert run(adapter, raw_record(message(*results))) == []
    assert [len(put.updates) for put in adapter.pleo.puts] == [100, 100, 50]
    assert len(adapter.pleo.requests) == 3
    assert all(held(adapter, number)["status"] == "successful" for number in range(250))


def test_30_messages_of_one_job_with_one_result_each_become_one_put(adapter: FakeAdapter) -> None:
    records = (raw_record(message(result(number)), f"m-{number}") for number in range(30))
    assert run(adapter, *records) == []
    assert [len(put.updates) for put in adapter.pleo.requests] == [30]


def test_what_goes_to_pleo_has_no_nulls_whole_seconds_in_utc_and_a_reason_only_with_failures(
    adapter: FakeAdapter,
) -> None:
    done = result(
        1,
        exportedAt="2026-03-01T13:00:00.999+01:00",
        externalId="INV-1",
        externalUrl=None,
        failureReasonType="validation_failure",
        failureReason="left over from an earlier attempt",
    )
    failed = result(2, "failed", failure={"code": "validation_failure"}, externalId=None)
    assert run(adapter, raw_record(message(done, failed))) == []
    assert held(adapter, 1) == {
        "accountingEntryId": entry(1),
        "status": "successful",
        "exportedAt": "2026-03-01T12:00:00Z",
        "externalId": "INV-1",
    }
    assert held(adapter, 2) == {
        "accountingEntryId": entry(2),
        "status": "failed",
        "failureReasonType": "validation_failure",
        "failureReason": "The accounting system said validation_failure.",
    }


@pytest.mark.parametrize("version", ApiVersion)
def test_the_finer_types_of_version_3_are_sent_to_version_3_alone(version: ApiVersion) -> None:
    adapter = with_a_job(FakeAdapter(version))
    assert run(adapter, raw_record(message(result(1, "failed", failure={"code": "account_unknown"})))) == []
    finer = version is ApiVersion.V3
    assert held(adapter)["failureReasonType"] == ("account_unknown" if finer else "invalid_configuration")


@pytest.mark.parametrize("version", ApiVersion)
def test_hostile_text_reaches_pleo_as_legal_json(version: ApiVersion) -> None:
    adapter = with_a_job(FakeAdapter(version))
    hostile = "\x00\x1b[31m\r\n\ud800\uffff😀"
    failed = result(
        1, "failed", externalId=hostile, failureReason=hostile, failureReasonType="unexpected_failure"
    )
    assert run(adapter, raw_record(message(failed))) == []
    assert held(adapter)["externalId"] == "\ufffd\x1b[31m\r\n\ufffd\uffff😀"
    assert held(adapter)["failureReason"] == "[31m 😀"


@pytest.mark.parametrize("wrap", [in_eventbridge, in_sns, in_cloudevent])
def test_a_wrapped_message_is_delivered(adapter: FakeAdapter, wrap: Callable[[Json], Json]) -> None:
    assert run(adapter, raw_record(wrap(message(result(1))))) == []
    assert held(adapter)["status"] == "successful"


def test_the_same_entry_in_several_messages_is_sent_once_with_the_newest_result(adapter: FakeAdapter) -> None:
    records = [
        raw_record(message(result(1, "failed", exportedAt="2026-03-01T11:00:00Z")), "failed"),
        raw_record(message(result(1, exportedAt="2026-03-01T12:00:00Z")), "successful"),
        raw_record(message(result(1, "in_progress", exportedAt="2026-03-01T13:00:00Z")), "late"),
    ]
    random.Random(1).shuffle(records)  # noqa: S311 -- an order, no secret
    assert run(adapter, *records) == []
    ((update,),) = (put.updates for put in adapter.pleo.puts)
    assert update["status"] == "successful"


def test_the_newest_message_wins_where_no_result_has_a_date(adapter: FakeAdapter) -> None:
    newer = raw_record(message(result(1, externalId="newer")), "newer", sent_at=NOON_MS + 1)
    older = raw_record(message(result(1, externalId="older")), "older", sent_at=NOON_MS)
    assert run(adapter, newer, older) == []
    assert held(adapter)["externalId"] == "newer"


def test_a_superseded_result_shares_what_becomes_of_the_one_that_was_sent(adapter: FakeAdapter) -> None:
    adapter.pleo.jobs.clear()
    records = [raw_record(message(result(1, status)), status) for status in ("failed", "in_progress")]
    assert run(adapter, *records) == []
    assert sorted(parked(adapter), key=str) == [
        ("job_not_found", [result(1, "failed")]),
        ("job_not_found", [result(1, "in_progress")]),
    ]


def test_no_put_carries_two_companies_items_even_where_both_name_one_job(adapter: FakeAdapter) -> None:
    adapter.pleo.hold(job(1_001), company=company(1))
    adapter.pleo.hold(job(1_002), company=company(2))
    records = [
        raw_record(message(result(number), companyId=each), f"m-{number}")
        for number, each in enumerate((company(1), company(2), None))
    ]
    run(adapter, *records)
    assert {len(put.updates) for put in adapter.pleo.puts} == {1}
    assert len({put.authorization for put in adapter.pleo.puts}) == 3


def test_a_duplicate_delivery_of_what_pleo_holds_already_is_no_failure(adapter: FakeAdapter) -> None:
    assert run(adapter, raw_record(message(result(1)))) == []
    adapter.pleo.refusals[entry(1)] = Refusal("EXPORT_ENTRY_STATUS_UPDATE_FAILED")
    assert run(adapter, raw_record(message(result(1)))) == []
    assert adapter.dead_letters.messages == []


def test_a_message_that_sqs_hands_out_twice_in_one_event_is_handled_once(adapter: FakeAdapter) -> None:
    twice = raw_record(message(result(1), result(999)), "twice")
    report = adapter.run(twice, {**twice, "receiptHandle": "second handle"})
    assert len(report.records) == 1
    assert parked(adapter) == [("item_rejected", [result(999)])]


@pytest.mark.parametrize("newer_first", [True, False])
def test_of_two_receives_in_one_event_the_newer_handle_gets_the_visibility_timeout(
    adapter: FakeAdapter, *, newer_first: bool
) -> None:
    adapter.pleo.faults.extend([Fault(error(403, "FORBIDDEN"))] * 2)
    older = {**raw_record(message(result(1)), "twice", receive_count=2), "receiptHandle": "old"}
    newer = {**raw_record(message(result(1)), "twice", receive_count=3), "receiptHandle": "new"}
    assert run(adapter, *((newer, older) if newer_first else (older, newer))) == ["twice"]
    assert list(adapter.visibility.seconds) == ["new"]


def test_of_two_receives_of_one_count_the_later_handle_gets_the_visibility_timeout(
    adapter: FakeAdapter,
) -> None:
    adapter.pleo.faults.append(Fault(error(403, "FORBIDDEN")))
    once = raw_record(message(result(1)), "twice")
    assert run(adapter, once, {**once, "receiptHandle": "second handle"}) == ["twice"]
    assert list(adapter.visibility.seconds) == ["second handle"]


def test_two_messages_that_share_an_id_by_mistake_are_both_handled(adapter: FakeAdapter) -> None:
    assert run(adapter, raw_record(message(result(1)), "same"), raw_record(message(result(2)), "same")) == []
    assert (held(adapter, 1)["status"], held(adapter, 2)["status"]) == ("successful", "successful")


def test_an_element_that_is_no_record_fails_the_event_before_anything_is_done(adapter: FakeAdapter) -> None:
    with pytest.raises(TypeError, match="not SQS records"):
        adapter.run(raw_record(message(result(1))), {"kinesis": {}})
    assert adapter.pleo.requests == []


def test_a_non_terminal_status_never_overwrites_a_terminal_one_that_was_sent(adapter: FakeAdapter) -> None:
    assert run(adapter, raw_record(message(result(1)), "first")) == []
    assert run(adapter, raw_record(message(result(1, "in_progress")), "late")) == []
    assert held(adapter)["status"] == "successful"
    assert len(adapter.pleo.puts) == 1


@pytest.mark.parametrize("threads", [1, 8])
def test_a_thousand_records_over_thirty_jobs_take_one_put_for_each_job(threads: int) -> None:
    adapter = FakeAdapter(threads=threads)
    jobs: list[FakeJob] = [
        adapter.pleo.hold(job(number), *(entry(each) for each in range(1000))) for number in range(30)
    ]
    records = [
        raw_record(message(result(number), exportJobId=job(number % 30)), f"m-{number}")
        for number in range(1000)
    ]
    random.Random(2).shuffle(records)  # noqa: S311 -- an order, no secret
    assert run(adapter, *records) == []
    assert len(adapter.pleo.puts) == 30
    assert sum(len(one.accepted) for one in jobs) == 1000


def test_a_message_of_one_mebibyte_with_many_entries_is_delivered(adapter: FakeAdapter) -> None:
    entries = range(300)
    filling = "x" * (MIB // 300 - 150)
    results = (result(number, "failed", failure={"body": filling}) for number in entries)
    body = json.dumps(message(*results), separators=(",", ":"))
    assert MIB * 0.95 < len(body) <= MIB
    assert run(adapter, raw_record(body)) == []
    assert all(held(adapter, number)["status"] == "failed" for number in entries)
