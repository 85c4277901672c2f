"""Of several results of one entry in one event, the one that counts."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from export_adapter.item import Item
from export_adapter.model import InvalidMessage, ItemStatus, Json, ReadRecord, Record, UnreadMessage
from export_adapter.precedence import choose, items_of
from export_adapter.read.reader import read, record_of
from tests.fakes.messages import NOON_MS, company, entry, job, message, raw_record, result

STATUSES = [status.value for status in ItemStatus]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EARLY, LATE = "2026-03-01T11:00:00Z", "2026-03-01T11:30:00Z"


def chosen(*records: Json | Record, one_secret: bool = False) -> list[Item]:
    messages = [read(one if isinstance(one, Record) else record_of(one)) for one in records]
    return chosen_of(messages, one_secret=one_secret)


def chosen_of(messages: Sequence[ReadRecord], *, one_secret: bool = False) -> list[Item]:
    return choose(chain.from_iterable(items_of(messages, one_secret=one_secret)))


def winner(first: Json, second: Json) -> Json:
    """The one of two records that counts, in whichever order they come."""
    [one], [other] = chosen(first, second), chosen(second, first)
    assert len(one.superseded) == len(other.superseded) == 1
    assert one.message == other.message
    return first if one.message == read(record_of(first)) else second


def sent(name: str, *results: Json, at: int = NOON_MS, parked: bool = False) -> dict[str, Json]:
    record = raw_record(message(*results), name, sent_at=at)
    if parked:
        record["messageAttributes"] = {"replayCount": {"dataType": "Number", "stringValue": "1"}}
    return record


@pytest.mark.parametrize("older", ["failed", "successful", "abandoned"])
@pytest.mark.parametrize("newer", ["failed", "successful", "abandoned"])
def test_the_later_export_counts_even_in_an_older_message(older: str, newer: str) -> None:
    old = sent("old", result(1, older, exportedAt=EARLY), at=NOON_MS + 9)
    new = sent("new", result(1, newer, exportedAt=LATE))
    assert winner(old, new) == new


def test_a_success_that_was_sent_after_a_dated_failure_counts_although_it_has_no_date() -> None:
    failed = sent("failed", result(1, "failed", exportedAt=LATE))
    successful = sent("successful", result(1), at=NOON_MS + 1)
    assert winner(failed, successful) == successful


def test_of_two_messages_sent_in_one_millisecond_the_success_counts() -> None:
    failed, successful = sent("failed", result(1, "failed")), sent("successful", result(1))
    assert winner(failed, successful) == successful


def test_a_date_in_the_future_does_not_count() -> None:
    tomorrow = (NOON + timedelta(days=1)).isoformat()
    failed = sent("failed", result(1, "failed", exportedAt=tomorrow))
    successful = sent("successful", result(1, exportedAt="2026-03-01T12:00:01Z"), at=NOON_MS + 2000)
    assert winner(failed, successful) == successful
    [choice] = chosen(failed)
    assert choice.result.exported_at is None
    assert json.loads(choice.result.original)["exportedAt"] == tomorrow


@pytest.mark.parametrize(("ahead", "counts"), [(300, True), (301, False)])
@pytest.mark.parametrize("parked", [True, False])
def test_clocks_may_differ_by_five_minutes(ahead: int, *, counts: bool, parked: bool) -> None:
    date = NOON + timedelta(seconds=ahead)
    [choice] = chosen(sent("m", result(1, exportedAt=date.isoformat()), parked=parked))
    assert choice.result.exported_at == (date if counts else None)


def test_a_date_is_taken_as_it_is_where_the_message_has_no_sending_time() -> None:
    [choice] = chosen(sent("m", result(1, exportedAt="2036-03-01T12:00:00Z"), at=0))
    assert choice.result.exported_at == datetime(2036, 3, 1, 12, tzinfo=UTC)
    assert choice.sent_at == 0


def test_a_replayed_message_is_no_newer_for_having_been_replayed() -> None:
    replayed = sent("replayed", result(1, "failed"), at=NOON_MS + 600_000, parked=True)
    successful = sent("successful", result(1))
    assert winner(replayed, successful) == successful
    [choice] = chosen(replayed)
    assert choice.sent_at == 0


@pytest.mark.parametrize("status", STATUSES)
def test_of_two_of_one_status_and_one_time_the_newer_message_counts(status: str) -> None:
    old = sent("old", result(1, status, exportedAt=EARLY))
    new = sent("new", result(1, status, exportedAt=EARLY), at=NOON_MS + 1)
    assert winner(old, new) == new


def test_of_results_that_are_alike_the_last_one_counts() -> None:
    records = [read(record_of(sent(name, result(1), result(1)))) for name in ("m-0", "m-1")]
    [first, second], [third, last] = items_of(records)
    assert choose([first, second, third, last]) == [last]
    assert last.superseded == (first, second, third)


def test_what_could_not_be_read_takes_its_place_and_nothing_else() -> None:
    bad = sent("bad", {"status": "bad"}, result(2))
    invalid, unread = record_of({**bad, "body": "no JSON"}), record_of(sent("late", result(1)))
    records: list[ReadRecord] = [InvalidMessage(invalid, "bad"), UnreadMessage(unread), read(record_of(bad))]
    none, neither, [only] = items_of(records)
    assert (none, neither) == ((), ())
    assert only.result.accounting_entry_id == entry(2)


def test_entries_keep_the_order_in_which_they_first_came() -> None:
    found = chosen(sent("m-0", result(3), result(1)), sent("m-1", result(2), result(3)))
    assert [one.result.accounting_entry_id for one in found] == [entry(3), entry(1), entry(2)]


def jobs(*fields: dict[str, Json], one_secret: bool = True) -> list[tuple[str | None, int]]:
    records = [raw_record(message(result(1), **each), f"m-{at}") for at, each in enumerate(fields)]
    return [(one.job.company_id, 1 + len(one.superseded)) for one in chosen(*records, one_secret=one_secret)]


def test_the_same_entry_of_two_jobs_or_two_companies_is_chosen_for_each() -> None:
    two_jobs: list[dict[str, Json]] = [{"exportJobId": job(1)}, {"exportJobId": job(2)}]
    two_companies: list[dict[str, Json]] = [{"companyId": company(1)}, {"companyId": company(2)}, {}]
    for one_secret in (True, False):
        assert len(jobs(*two_jobs, one_secret=one_secret)) == 2
        assert len(jobs(*two_companies, one_secret=one_secret)) == 3


def test_under_one_secret_messages_without_a_company_join_the_one_that_others_of_their_job_name() -> None:
    [(joined, results)] = jobs({}, {"companyId": company(1)}, {})
    assert joined == company(1)
    assert results == 3


def test_under_one_secret_a_job_of_which_no_company_is_named_has_none() -> None:
    assert [joined for joined, _ in jobs({}, {})] == [None]


def test_with_a_secret_for_each_company_a_message_without_one_stays_alone() -> None:
    assert len(jobs({}, {"companyId": company(1)}, one_secret=False)) == 2
