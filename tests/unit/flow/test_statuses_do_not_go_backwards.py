"""Whatever comes back, or comes under another name: Pleo is left with the best that is known of an entry."""

import pytest

from tests.fakes.adapter import FakeAdapter
from tests.fakes.messages import NOON_MS, company, message, raw_record, result
from tests.fakes.pleo import Fault, error
from tests.unit.flow.running import held, parked, run, with_a_job


@pytest.mark.parametrize("environments", [1, 2])
def test_a_failure_that_comes_back_does_not_overwrite_the_success_that_was_reported_meanwhile(
    adapter: FakeAdapter, environments: int
) -> None:
    failure = message(result(1, "failed"))
    adapter.pleo.faults.append(Fault(error(503, "UNAVAILABLE", retry_after="3600")))
    assert run(adapter, raw_record(failure, "m-1")) == ["m-1"]
    if environments == 2:
        adapter.restart()
    run(adapter, raw_record(message(result(1, exportedAt="2026-03-01T10:00:00Z")), "m-2"))
    if environments == 2:
        adapter.restart()

    assert run(adapter, raw_record(failure, "m-1", receive_count=2)) == []

    assert held(adapter)["status"] == "successful"
    assert parked(adapter) == []


def test_a_dead_letter_that_is_replayed_is_looked_up_too(adapter: FakeAdapter) -> None:
    run(adapter, raw_record(message(result(1, exportedAt="2026-03-01T10:00:00Z")), "m-1"))
    adapter.restart()
    copy = raw_record(message(result(1, "failed")), "m-2")
    copy["messageAttributes"] = {"replayCount": {"dataType": "Number", "stringValue": "1"}}

    assert run(adapter, copy) == []

    assert held(adapter)["status"] == "successful"


def test_what_sqs_moved_back_after_the_function_parked_it_is_looked_up_too(adapter: FakeAdapter) -> None:
    run(adapter, raw_record(message(result(1, exportedAt="2026-03-01T10:00:00Z")), "m-1"))
    adapter.restart()
    moved = raw_record(message(result(1, "failed")), "m-2")
    moved["messageAttributes"] = {"errorType": {"dataType": "String", "stringValue": "retries_exhausted"}}

    assert run(adapter, moved) == []

    assert held(adapter)["status"] == "successful"


@pytest.mark.parametrize("in_one_environment", [True, False])
@pytest.mark.parametrize("receive_count", [1, 2])
def test_a_success_without_a_date_is_told_although_a_failure_with_one_was(
    adapter: FakeAdapter, receive_count: int, *, in_one_environment: bool
) -> None:
    failure = message(result(1, "failed", exportedAt="2026-03-01T10:00:00Z"))
    run(adapter, raw_record(failure, "m-1", sent_at=NOON_MS))
    if not in_one_environment:
        adapter.restart()

    run(adapter, raw_record(message(result(1)), "m-2", receive_count, sent_at=NOON_MS + 600_000))

    assert held(adapter)["status"] == "successful"


def test_a_replayed_failure_is_no_newer_for_having_been_replayed(adapter: FakeAdapter) -> None:
    run(adapter, raw_record(message(result(1)), "m-1", sent_at=NOON_MS))
    replayed = raw_record(message(result(1, "failed")), "m-2", sent_at=NOON_MS + 600_000)
    replayed["messageAttributes"] = {"replayCount": {"dataType": "Number", "stringValue": "1"}}

    assert run(adapter, replayed) == []

    assert held(adapter)["status"] == "successful"


@pytest.mark.parametrize("in_one_event", [True, False])
def test_under_one_secret_a_job_is_the_same_whether_its_company_is_named_or_not(
    *, in_one_event: bool
) -> None:
    adapter = with_a_job(FakeAdapter(one_secret=True))
    done = raw_record(message(result(1, "successful")), "m-1")
    late = raw_record(message(result(1, "in_progress"), companyId=company(1)), "m-2")

    for event in ([done, late],) if in_one_event else ([done], [late]):
        assert run(adapter, *event) == []

    assert held(adapter)["status"] == "successful"
    assert len(adapter.pleo.puts) == 1


def test_under_one_secret_two_companies_that_name_one_job_still_share_no_put() -> None:
    adapter = with_a_job(FakeAdapter(one_secret=True))
    named = [raw_record(message(result(at), companyId=company(at)), f"m-{at}") for at in (1, 2)]

    assert run(adapter, *named, raw_record(message(result(3)), "m-3")) == []

    assert sorted(len(put.updates) for put in adapter.pleo.puts) == [1, 1, 1]
