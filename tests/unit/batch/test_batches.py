import pytest

from export_adapter.batch import MAX_ITEMS, batches
from export_adapter.item import Item
from export_adapter.model import JobKey
from tests.fakes.items import item as item_of
from tests.fakes.messages import company, entry, job


def item(number: int, key: JobKey | None = None) -> Item:
    return item_of(key or JobKey(job()), entry(number))


def test_pleo_takes_a_hundred_items_at_most() -> None:
    assert MAX_ITEMS == 100


@pytest.mark.parametrize(
    ("items", "sizes"), [(0, []), (1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])]
)
def test_the_items_of_one_job_are_cut_into_batches_of_at_most_a_hundred(items: int, sizes: list[int]) -> None:
    found = batches(item(number) for number in range(items)).get(JobKey(job()), [])
    assert [len(batch) for batch in found] == sizes
    sent = [one.result.accounting_entry_id for batch in found for one in batch]
    assert sent == [entry(number) for number in range(items)]


def test_a_smaller_limit_can_be_set() -> None:
    [found] = batches((item(number) for number in range(5)), limit=2).values()
    assert [len(batch) for batch in found] == [2, 2, 1]


def test_no_batch_holds_two_jobs_nor_two_companies_that_name_the_same_job() -> None:
    keys = [JobKey(job(1), company(1)), JobKey(job(1), company(2)), JobKey(job(1)), JobKey(job(2))]
    found = batches(item(number, keys[number % 4]) for number in range(8))
    assert list(found) == keys
    for key, [batch] in found.items():
        assert [one.job for one in batch] == [key, key]


def test_jobs_and_items_keep_the_order_in_which_they_first_came() -> None:
    keys = [JobKey(job(number)) for number in (3, 1, 2)]
    found = batches(item(9 - place, keys[place % 3]) for place in range(9))
    assert list(found) == keys
    [batch] = found[keys[0]]
    assert [one.result.accounting_entry_id for one in batch] == [entry(9), entry(6), entry(3)]
