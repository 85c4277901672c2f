"""What is parked, what goes back, and who is spared: records whose items have different outcomes."""

import json
from dataclasses import replace

import pytest

from export_adapter.deliver.http import NoAnswer
from export_adapter.model import Json
from export_adapter.parked_message import ParkedMessage
from export_adapter.settle.decision import ReturnToQueue
from tests.fakes.adapter import MAX_RECEIVE_COUNT, FakeAdapter
from tests.fakes.messages import (
    company,
    entry,
    job,
    message,
    raw_record,
    result,
)
from tests.fakes.pleo import Fault, Refusal, error
from tests.unit.flow.running import held, parked, run


def test_one_bad_result_is_parked_alone_and_the_others_are_delivered(adapter: FakeAdapter) -> None:
    bad = result(2, "done")
    assert run(adapter, raw_record(message(result(1), bad, result(3)))) == []
    assert parked(adapter) == [("invalid_result", [bad])]
    assert (held(adapter, 1)["status"], held(adapter, 3)["status"]) == ("successful", "successful")


def test_what_is_no_message_is_parked_whole_and_the_others_are_delivered(adapter: FakeAdapter) -> None:
    assert run(adapter, raw_record("no JSON", "bad"), raw_record(message(result(1)), "good")) == []
    (only,) = adapter.dead_letters.messages
    assert (only.body, only.attributes["errorType"]) == ("no JSON", "invalid_message")
    assert held(adapter)["status"] == "successful"


def as_raw(dead_letter: ParkedMessage) -> Json:
    return raw_record(dead_letter.body, "moved back")


@pytest.mark.parametrize("kind", ["EXPORT_ENTRY_STATUS_UPDATE_FAILED", "ACCOUNTING_ENTRY_UPDATE_FAILED"])
def test_an_item_that_pleo_refuses_is_parked_and_delivered_once_moved_back_and_accepted(
    adapter: FakeAdapter, kind: str
) -> None:
    adapter.pleo.refusals[entry(2)] = Refusal(kind, "Entry is locked.")
    refused = result(2, "failed", failure={"code": "validation_failure"}, extra=[1])
    assert run(adapter, raw_record(message(result(1), refused, result(3)))) == []
    assert parked(adapter) == [("item_rejected", [refused])]
    (dead_letter,) = adapter.dead_letters.messages
    assert "Entry is locked." in dead_letter.attributes["errorMessage"]
    assert held(adapter, 3)["status"] == "successful"

    adapter.pleo.refusals.clear()
    assert run(adapter, as_raw(dead_letter)) == []
    assert held(adapter, 2)["status"] == "failed"
    assert len(adapter.dead_letters.messages) == 1


def test_a_parked_message_that_is_moved_back_unmended_is_parked_again_just_the_same(
    adapter: FakeAdapter,
) -> None:
    adapter.pleo.refusals[entry(2)] = Refusal("ACCOUNTING_ENTRY_UPDATE_FAILED")
    assert run(adapter, raw_record(message(result(1), result(2)))) == []
    assert run(adapter, as_raw(adapter.dead_letters.messages[0])) == []
    first, second = adapter.dead_letters.messages
    assert second == replace(first, attributes={**first.attributes, "sourceMessageId": "moved back"})


def test_a_job_that_is_finished_or_unknown_is_parked_and_its_neighbours_are_delivered(
    adapter: FakeAdapter,
) -> None:
    adapter.pleo.hold(job(2), entry(2)).is_finished = True
    records = (
        raw_record(message(result(2), exportJobId=job(2)), "finished"),
        raw_record(message(result(3), exportJobId=job(3)), "unknown"),
        raw_record(message(result(1)), "good"),
    )
    assert run(adapter, *records) == []
    assert sorted(parked(adapter)) == [("job_finished", [result(2)]), ("job_not_found", [result(3)])]
    assert held(adapter)["status"] == "successful"


def test_a_message_whose_items_have_different_fates_goes_back_as_a_whole_and_nothing_is_parked(
    adapter: FakeAdapter,
) -> None:
    results = [result(number) for number in range(150)]
    results[0] = result(999)
    adapter.pleo.faults.extend([None, Fault(error(403, "FORBIDDEN"))])
    assert run(adapter, raw_record(message(*results, result(7, "done")))) == ["m-1"]
    assert adapter.dead_letters.messages == []
    assert adapter.visibility.seconds == {"handle of m-1": 45}

    assert run(adapter, raw_record(message(*results, result(7, "done")), receive_count=2)) == []
    assert sorted(parked(adapter)) == [
        ("invalid_result", [result(7, "done")]),
        ("item_rejected", [result(999)]),
    ]


def test_on_the_last_receive_what_pleo_never_took_is_parked_with_the_last_cause(adapter: FakeAdapter) -> None:
    adapter.pleo.faults.extend([Fault(error(503, "UNAVAILABLE"), seconds=10.0)] * 20)
    assert run(adapter, raw_record(message(result(1)), receive_count=MAX_RECEIVE_COUNT)) == []
    (dead_letter,) = adapter.dead_letters.messages
    assert dead_letter.attributes["errorType"] == "retries_exhausted"
    assert dead_letter.attributes["pleoStatus"] == "503"
    assert "Pleo answered 503: UNAVAILABLE" in dead_letter.attributes["errorMessage"]


def test_a_company_without_credentials_waits_and_is_at_last_parked_while_others_go_on(
    adapter: FakeAdapter,
) -> None:
    adapter.store.without.add(company(9))
    for receive_count in range(1, MAX_RECEIVE_COUNT + 1):
        records = (
            raw_record(message(result(1), companyId=company(9)), "without", receive_count),
            raw_record(message(result(2)), f"good-{receive_count}"),
        )
        back = run(adapter, *records)
        assert back == ([] if receive_count == MAX_RECEIVE_COUNT else ["without"])
    assert parked(adapter) == [("no_credentials", [result(1)])]
    assert held(adapter, 2)["status"] == "successful"


def test_a_company_whose_credentials_are_refused_holds_up_nobody_else(adapter: FakeAdapter) -> None:
    adapter.pleo.hold(job(2), entry(2), company=company(2))
    adapter.store.wrong.add(company(2))
    records = (
        raw_record(message(result(2), exportJobId=job(2), companyId=company(2)), "refused"),
        raw_record(message(result(1)), "good"),
    )
    assert run(adapter, *records) == ["refused"]
    assert held(adapter)["status"] == "successful"


def test_a_failure_that_baffles_the_classifier_goes_back_and_takes_no_other_with_it(
    adapter: FakeAdapter,
) -> None:
    baffling = message(result(1, "failed", failure={"code": "bug"}), result(2))
    assert run(adapter, raw_record(baffling, "baffling"), raw_record(message(result(3)), "good")) == [
        "baffling"
    ]
    assert (held(adapter, 2)["status"], held(adapter, 3)["status"]) == ("successful", "successful")
    assert held(adapter, 1)["status"] == "pending"


def test_a_failure_that_baffles_the_classifier_to_the_last_is_parked_with_that_reason(
    adapter: FakeAdapter,
) -> None:
    bad = result(1, "failed", failure={"code": "bug"})
    assert run(adapter, raw_record(message(bad, result(2)), receive_count=MAX_RECEIVE_COUNT)) == []
    assert parked(adapter) == [("retries_exhausted", [bad])]
    assert "a fault of its own (RuntimeError)" in adapter.dead_letters.messages[0].attributes["errorMessage"]


def test_a_fault_of_the_classifier_is_reported(adapter: FakeAdapter) -> None:
    report = adapter.run(raw_record(message(result(1, "failed", failure={"code": "bug"}))))
    (bug,) = report.bugs
    assert isinstance(bug.error, RuntimeError)
    assert (bug.job.export_job_id, bug.accounting_entry_ids) == (job(), (entry(1),))
    (settled,) = report.settlement.settled
    assert isinstance(settled.decision, ReturnToQueue)
    assert settled.decision.cause == "bug"


def test_a_fault_that_the_classifier_caught_itself_is_reported_and_its_result_delivered(
    adapter: FakeAdapter,
) -> None:
    report = adapter.run(raw_record(message(result(1, "failed", failure={"code": "own bug"}))))
    (bug,) = report.bugs
    assert isinstance(bug.error, RuntimeError)
    assert (bug.job.export_job_id, bug.accounting_entry_ids) == (job(), (entry(1),))
    assert held(adapter)["failureReasonType"] == "unexpected_failure"


def test_a_pleo_that_hangs_ends_in_records_given_back_in_time(adapter: FakeAdapter) -> None:
    adapter.pleo.faults.extend([Fault(NoAnswer("timeout", "no answer"), seconds=3600.0)] * 100)
    begun = adapter.clock.now
    records = [raw_record(message(result(number)), f"m-{number}") for number in range(40)]
    assert run(adapter, *records, seconds=60.0) == [f"m-{number}" for number in range(40)]
    assert adapter.clock.now - begun < 60.0
    assert len(adapter.visibility.seconds) == 40


def test_a_result_in_which_a_key_comes_twice_is_parked_alone_as_it_was_written(adapter: FakeAdapter) -> None:
    body = json.dumps(message(result(1), result(2))).replace(
        '"status": "successful"', '"status": "failed", "status": "successful"', 1
    )

    assert run(adapter, raw_record(body)) == []

    (dead_letter,) = adapter.dead_letters.messages
    assert '"status": "failed", "status": "successful"' in dead_letter.body
    assert entry(2) not in dead_letter.body
    assert dead_letter.attributes["errorMessage"] == "results[].status: the key comes twice in one object"
    assert adapter.pleo.jobs[job()].held[entry(2)]["status"] == "successful"


def test_thousands_of_reasons_in_one_message_become_a_few_dead_letters(adapter: FakeAdapter) -> None:
    for number in range(300):
        adapter.pleo.refusals[entry(number)] = Refusal("ACCOUNTING_ENTRY_DOES_NOT_EXIST", f"Invoice {number}")

    assert run(adapter, raw_record(message(*(result(number) for number in range(300))))) == []

    assert len(adapter.dead_letters.messages) == 21
    assert sum(len(results) for _, results in parked(adapter)) == 300
    assert (
        adapter.dead_letters.messages[-1].attributes["errorMessage"].startswith("280 reasons: Pleo refused")
    )


@pytest.mark.parametrize("seconds", [0.0, 5.0, 15.5])
def test_without_time_nothing_is_sent_and_everything_goes_back(adapter: FakeAdapter, seconds: float) -> None:
    records = (raw_record(message(result(1)), "good"), raw_record(message(result(2)), "other"))
    assert run(adapter, *records, seconds=seconds) == ["good", "other"]
    assert adapter.pleo.requests == []


@pytest.mark.parametrize("body", ["1e400", "NaN", "9" * 5_000, "[" * 70 + '"Vendor is locked"' + "]" * 70])
def test_a_body_that_python_cannot_hold_stops_nobody_and_is_parked_and_replayed_as_it_was_written(
    adapter: FakeAdapter, body: str
) -> None:
    adapter.pleo.refusals[entry(2)] = Refusal("ACCOUNTING_ENTRY_DOES_NOT_EXIST", "No such entry")
    results = [result(1), result(2, "failed", failure={"body": "BODY"}), result(3)]
    sent = json.dumps(message(*results)).replace('"BODY"', body)

    assert run(adapter, raw_record(sent)) == []

    (dead_letter,) = adapter.dead_letters.messages
    assert dead_letter.attributes["errorType"] == "item_rejected"
    assert f'"failure": {{"body": {body}}}' in dead_letter.body
    assert dead_letter.accounting_entry_ids == (entry(2),)

    assert run(adapter, as_raw(dead_letter)) == []

    assert [one.body for one in adapter.dead_letters.messages] == [dead_letter.body] * 2
