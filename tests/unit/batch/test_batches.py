from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from export_adapter.batch import MAX_ITEMS, Candidate, batches, with_companies
from export_adapter.model import Batch, ItemStatus, ItemUpdate, JobKey, ResultRef
from tests.fakes.messages import company, entry, job

TERMINAL = (ItemStatus.FAILED, ItemStatus.SUCCESSFUL, ItemStatus.ABANDONED)
NOT_TERMINAL = (ItemStatus.PENDING, ItemStatus.IN_PROGRESS)
OLD, NEW = datetime(2026, 3, 1, 11, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC)


def candidate(
    place: int,
    entry_number: int = 1,
    status: ItemStatus = ItemStatus.SUCCESSFUL,
    *,
    exported_at: datetime | None = None,
    sent_at: int = 0,
    key: JobKey | None = None,
) -> Candidate:
    """The first result of the record at `place`."""
    update = ItemUpdate(entry(entry_number), status, exported_at)
    return Candidate(ResultRef(place, 0), key or JobKey(job()), update, sent_at)


def made(candidates: Iterable[Candidate]) -> list[Batch]:
    return list(batches(candidates))


def winner_of(first: Candidate, second: Candidate) -> Candidate:
    """Which of two rivals is sent, whichever order they come in."""
    winners = set()
    for rivals in ([first, second], [second, first]):
        ((item,),) = (batch.items for batch in made(rivals))
        assert set(item.origins) == {first.ref, second.ref}
        winners.add(item.origins[0])
        assert item.update == (first if item.origins[0] == first.ref else second).update
    (winner,) = winners
    return first if winner == first.ref else second


def test_pleo_takes_a_hundred_items_at_most() -> None:
    assert MAX_ITEMS == 100


@pytest.mark.parametrize(
    ("items", "sizes"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])]
)
def test_the_items_of_one_job_are_cut_into_batches_of_at_most_a_hundred(items: int, sizes: list[int]) -> None:
    found = made(candidate(number, number) for number in range(items))
    assert [len(batch.items) for batch in found] == sizes
    sent = [item.update.accounting_entry_id for batch in found for item in batch.items]
    assert sent == [entry(number) for number in range(items)]


def test_a_smaller_limit_can_be_set() -> None:
    found = batches((candidate(number, number) for number in range(5)), limit=2)
    assert [len(batch.items) for batch in found] == [2, 2, 1]


def test_no_batch_holds_two_jobs() -> None:
    first, second = JobKey(job(1)), JobKey(job(2))
    found = made(candidate(number, number, key=(first, second)[number % 2]) for number in range(4))
    assert [(batch.job, [item.job for item in batch.items]) for batch in found] == [
        (first, [first, first]),
        (second, [second, second]),
    ]


def test_no_batch_holds_two_companies_even_where_they_name_the_same_job_and_entry() -> None:
    first, second, none = (JobKey(job(), each) for each in (company(1), company(2), None))
    found = made([candidate(0, key=first), candidate(1, key=second), candidate(2, key=none)])
    assert [batch.job for batch in found] == [first, second, none]
    assert [len(batch.items) for batch in found] == [1, 1, 1]


def test_the_same_entry_in_two_jobs_is_sent_to_both() -> None:
    found = made([candidate(0, key=JobKey(job(1))), candidate(1, key=JobKey(job(2)))])
    assert len(found) == 2


def test_several_results_for_one_entry_become_one_item_that_stands_for_all_of_them() -> None:
    rivals = [candidate(place, sent_at=place) for place in range(3)]
    ((item,),) = (batch.items for batch in made(rivals))
    assert item.origins == (ResultRef(2, 0), ResultRef(0, 0), ResultRef(1, 0))


def test_an_item_is_as_old_as_the_result_that_is_sent_and_came_back_if_that_did() -> None:
    loser = replace(candidate(0, sent_at=7), came_back=True)
    winner = candidate(1, exported_at=NEW, sent_at=5)

    ((item,),) = (batch.items for batch in made([loser, winner]))
    assert (item.update.exported_at, item.sent_at) == (NEW, 5)
    assert not item.came_back

    ((item,),) = (batch.items for batch in made([loser]))
    assert item.sent_at == 7
    assert item.came_back


@pytest.mark.parametrize("terminal", TERMINAL)
@pytest.mark.parametrize("other", NOT_TERMINAL)
def test_a_terminal_status_beats_one_that_is_not_however_new_that_is(
    terminal: ItemStatus, other: ItemStatus
) -> None:
    done = candidate(0, status=terminal, exported_at=OLD, sent_at=1)
    under_way = candidate(1, status=other, exported_at=NEW, sent_at=2)
    assert winner_of(done, under_way) is done


@pytest.mark.parametrize("older", TERMINAL)
@pytest.mark.parametrize("newer", TERMINAL)
def test_between_terminal_statuses_the_newest_export_wins_even_in_an_older_message(
    older: ItemStatus, newer: ItemStatus
) -> None:
    old = candidate(1, status=older, exported_at=OLD, sent_at=9)
    new = candidate(0, status=newer, exported_at=NEW, sent_at=1)
    assert winner_of(old, new) is new


def test_an_export_with_a_date_beats_one_without() -> None:
    dated = candidate(0, exported_at=OLD, sent_at=1)
    undated = candidate(1, sent_at=2)
    assert winner_of(dated, undated) is dated


@pytest.mark.parametrize("exported_at", [None, OLD])
def test_between_equal_exports_the_newest_message_wins(exported_at: datetime | None) -> None:
    old = candidate(1, exported_at=exported_at, sent_at=1)
    new = candidate(0, exported_at=exported_at, sent_at=2)
    assert winner_of(old, new) is new


def test_between_messages_of_one_age_the_later_in_the_event_wins() -> None:
    earlier, later = candidate(0), candidate(1)
    assert winner_of(earlier, later) is later


def test_within_one_message_the_later_result_wins() -> None:
    earlier = Candidate(ResultRef(0, 0), JobKey(job()), ItemUpdate(entry(), ItemStatus.FAILED), 0)
    later = Candidate(ResultRef(0, 1), JobKey(job()), ItemUpdate(entry(), ItemStatus.FAILED), 0)
    assert winner_of(earlier, later) is later


def test_jobs_and_items_keep_the_order_in_which_they_first_came() -> None:
    keys = [JobKey(job(number)) for number in (3, 1, 2)]
    found = made(candidate(place, 9 - place, key=keys[place % 3]) for place in range(9))
    assert [batch.job for batch in found] == keys
    assert [item.update.accounting_entry_id for item in found[0].items] == [entry(9), entry(6), entry(3)]


def test_under_one_secret_messages_without_a_company_join_the_one_that_others_of_their_job_name() -> None:
    named, nameless = JobKey(job(1), company(1)), JobKey(job(1))
    found = with_companies([candidate(0, key=nameless), candidate(1, key=named), candidate(2, key=nameless)])

    assert [one.job for one in found] == [named, named, named]
    assert [one.ref.record for one in found] == [0, 1, 2]


def test_under_one_secret_jobs_of_which_no_company_or_two_are_named_stay_as_they_are() -> None:
    keys = [JobKey(job(1)), JobKey(job(2), company(1)), JobKey(job(2), company(2)), JobKey(job(2))]

    found = with_companies([candidate(place, key=key) for place, key in enumerate(keys)])

    assert [one.job for one in found] == keys
