import pytest

from export_adapter.batch import MAX_ITEMS, batches
from export_adapter.model import Item, ItemStatus, ItemUpdate, JobKey, ResultRef
from tests.fakes.messages import company, entry, job


def item(number: int, key: JobKey | None = None) -> Item:
    update = ItemUpdate(entry(number), ItemStatus.SUCCESSFUL)
    return Item(key or JobKey(job()), update, (ResultRef(number, 0),))


def test_pleo_takes_a_hundred_items_at_most() -> None:
    assert MAX_ITEMS == 100


@pytest.mark.parametrize(
    ("items", "sizes"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])]
)
def test_the_items_of_one_job_are_cut_into_batches_of_at_most_a_hundred(items: int, sizes: list[int]) -> None:
    found = list(batches(item(number) for number in range(items)))
    assert [len(batch.items) for batch in found] == sizes
    sent = [one.update.accounting_entry_id for batch in found for one in batch.items]
    assert sent == [entry(number) for number in range(items)]


def test_a_smaller_limit_can_be_set() -> None:
    found = batches((item(number) for number in range(5)), limit=2)
    assert [len(batch.items) for batch in found] == [2, 2, 1]


def test_no_batch_holds_two_jobs_nor_two_companies_that_name_the_same_job() -> None:
    keys = [JobKey(job(1), company(1)), JobKey(job(1), company(2)), JobKey(job(1)), JobKey(job(2))]
    found = list(batches(item(number, keys[number % 4]) for number in range(8)))
    assert [batch.job for batch in found] == keys
    assert [[one.job for one in batch.items] for batch in found] == [[key, key] for key in keys]


def test_jobs_and_items_keep_the_order_in_which_they_first_came() -> None:
    keys = [JobKey(job(number)) for number in (3, 1, 2)]
    found = list(batches(item(9 - place, keys[place % 3]) for place in range(9)))
    assert [batch.job for batch in found] == keys
    assert [one.update.accounting_entry_id for one in found[0].items] == [entry(9), entry(6), entry(3)]
