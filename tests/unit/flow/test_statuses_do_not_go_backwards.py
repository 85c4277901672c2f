"""Whatever comes back, or comes under another name: Pleo ends with the result of an entry that counts."""

import pytest

from export_adapter.deliver.http import Answer
from export_adapter.model import Json
from tests.fakes.adapter import FakeAdapter
from tests.fakes.messages import NOON_MS, company, entry, job, message, raw_record, result
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
    success = message(result(1, exportedAt="2026-03-01T12:01:00Z"))
    run(adapter, raw_record(success, "m-2", sent_at=NOON_MS + 61_000))
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


# -- several results of one entry in one event: the one that counts decides the fate of all ----------------

OLDER = message(result(1, "failed", failure={"code": "validation_failure"}))


def newer(**fields: str) -> dict[str, Json]:
    return raw_record(message(result(1, **fields)), "newer", sent_at=NOON_MS + 1)


def test_what_is_superseded_in_one_event_is_settled_as_superseded(adapter: FakeAdapter) -> None:
    report = adapter.run(raw_record(OLDER, "older"), newer())

    assert report.settlement.batch_item_failures == []
    assert sorted(type(item.outcome).__name__ for item in report.all_items()) == [
        "Delivered",
        "Superseded",
    ]
    assert adapter.classifier.asked == []


@pytest.mark.parametrize("answer", [error(403, "FORBIDDEN"), error(503, "UNAVAILABLE", retry_after="3600")])
def test_what_is_superseded_goes_back_with_the_result_that_counts(
    adapter: FakeAdapter, answer: Answer
) -> None:
    adapter.pleo.faults.append(Fault(answer))

    assert sorted(run(adapter, raw_record(OLDER, "older"), newer())) == ["newer", "older"]


def test_what_is_superseded_is_parked_with_the_result_that_counts(adapter: FakeAdapter) -> None:
    adapter.pleo.poison.add(entry(1))

    assert run(adapter, raw_record(OLDER, "older"), newer()) == []

    assert sorted(kind for kind, _ in parked(adapter)) == ["request_rejected", "request_rejected"]


def test_what_is_superseded_by_a_result_that_meets_a_bug_goes_back_with_it(adapter: FakeAdapter) -> None:
    baffling = raw_record(message(result(1, "failed", failure={"code": "bug"})), "bug", sent_at=NOON_MS + 1)

    assert sorted(run(adapter, raw_record(message(result(1)), "older"), baffling)) == ["bug", "older"]

    assert adapter.pleo.puts == []


def test_a_date_in_the_future_is_not_sent_to_pleo(adapter: FakeAdapter) -> None:
    run(adapter, raw_record(message(result(1, "failed", exportedAt="2026-03-02T12:00:00Z")), "m-1"))
    assert "exportedAt" not in held(adapter)

    run(adapter, raw_record(message(result(1, exportedAt="2026-03-01T12:00:01Z")), "m-2"))
    assert held(adapter)["status"] == "successful"


def test_a_date_in_the_future_that_pleo_stores_does_not_count(adapter: FakeAdapter) -> None:
    adapter.pleo.jobs[job()].held[entry(1)] |= {"status": "failed", "exportedAt": "2027-03-01T12:00:00Z"}

    run(adapter, raw_record(message(result(1, exportedAt="2026-03-01T12:00:01Z")), "m-1", 2))

    assert held(adapter)["status"] == "successful"
