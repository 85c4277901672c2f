"""What a soak sends: enough of everything, and the expectations fit the messages."""

import json
from collections import Counter

import pytest

from export_adapter.model import ExportResult, InvalidMessage, InvalidResult, Record
from export_adapter.read.reader import read
from export_adapter_workstation.local.pleo.specification import is_uuid
from export_adapter_workstation.soak.reconciliation import ItemKey
from export_adapter_workstation.soak.traffic import Traffic, traffic

ITEMS, JOBS = 4000, 100


@pytest.fixture(scope="module")
def drawn() -> Traffic:
    return traffic(ITEMS, JOBS, seed=3)


def ends(drawn: Traffic) -> Counter[str]:
    return Counter(next(iter(expected.error_types), "delivered") for expected in drawn.expected.values())


def test_the_same_seed_draws_the_same_and_another_one_something_else(drawn: Traffic) -> None:
    assert traffic(ITEMS, JOBS, seed=3) == drawn
    assert traffic(ITEMS, JOBS, seed=4) != drawn


def test_as_many_items_are_sent_in_as_were_asked_for(drawn: Traffic) -> None:
    sent = set().union(*(drawn.items_of(body) for body in drawn.messages))

    assert len(drawn.expected) == ITEMS
    assert sent == drawn.expected.keys()


def test_every_end_that_an_item_can_meet_is_met(drawn: Traffic) -> None:
    assert ends(drawn).keys() == {
        "delivered",
        "invalid_message",
        "invalid_result",
        "item_rejected",
        "request_rejected",
        "job_finished",
        "job_not_found",
        "no_credentials",
    }
    assert ends(drawn)["delivered"] > 0.8 * ITEMS


def test_statuses_are_mixed(drawn: Traffic) -> None:
    statuses = Counter(content.status for one in drawn.expected.values() for content in one.contents)

    assert statuses.keys() == {"successful", "failed", "abandoned", "in_progress"}
    assert min(statuses.values()) > ITEMS // 100


def test_jobs_belong_to_several_companies_of_which_one_has_no_credentials(drawn: Traffic) -> None:
    assert len({job.company_id for job in drawn.jobs}) == len(drawn.companies) == 8
    assert [company.has_credentials for company in drawn.companies].count(False) == 1
    assert [company.company_id for company in drawn.companies].count(None) == 1


def test_messages_come_in_every_wrapper_and_some_come_twice(drawn: Traffic) -> None:
    for mark in ('"detail-type"', '"Notification"', '"specversion"', '{"exportJobId"'):
        assert any(mark in body for body in drawn.messages), mark
    assert len(drawn.messages) - len(set(drawn.messages)) == drawn.duplicates > 0


def test_the_adapter_reads_the_messages_as_they_are_meant(drawn: Traffic) -> None:
    for body in drawn.messages:
        message = read(Record("any", "any", body))
        ends_as = {next(iter(drawn.expected[key].error_types), None) for key in drawn.items_of(body)}
        if isinstance(message, InvalidMessage):
            assert ends_as == {"invalid_message"}
            continue
        assert "invalid_message" not in ends_as
        for result in message.results:
            original = json.loads(result.original)
            assert isinstance(original, dict)
            key = ItemKey(message.job.export_job_id, str(original["accountingEntryId"]).lower())
            is_meant_to_be_bad = drawn.expected[key].error_types == {"invalid_result"}
            assert isinstance(result, InvalidResult if is_meant_to_be_bad else ExportResult)


def test_pleo_knows_the_entries_but_for_those_that_it_is_not_to_know(drawn: Traffic) -> None:
    known = {ItemKey(job.job_id, entry) for job in drawn.jobs for entry in job.accounting_entry_ids}
    unknown = drawn.expected.keys() - known

    assert all(is_uuid(key.entry) for key in known)
    assert all(drawn.expected[key].error_types for key in unknown)
    assert any(drawn.expected[key].error_types == {"item_rejected"} for key in unknown)


def test_an_entry_that_comes_twice_in_a_message_comes_there_both_times(drawn: Traffic) -> None:
    places: dict[str, set[str]] = {}
    in_two_messages = [
        key
        for key, one in drawn.expected.items()
        if {content.status for content in one.contents} == {"in_progress", "successful"}
    ]
    for body in drawn.messages:
        for key in drawn.items_of(body):
            places.setdefault(key.entry, set()).add(body)

    more_than_once = {entry for entry, bodies in places.items() if len(bodies) > 1}
    assert more_than_once == {key.entry for key in in_two_messages}


def test_a_parked_body_is_told_by_its_results(drawn: Traffic) -> None:
    key = next(key for key, one in drawn.expected.items() if one.error_types == {"item_rejected"})
    body = {"exportJobId": key.export_job_id, "results": [{"accountingEntryId": key.entry.upper()}]}

    assert drawn.items_of(json.dumps(body)) == {key}
