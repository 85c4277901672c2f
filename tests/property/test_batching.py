from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from export_adapter.batch import Candidate, batches
from export_adapter.model import ItemStatus, ItemUpdate, JobKey, ResultRef
from tests.fakes.messages import company, entry, job

keys = st.builds(JobKey, st.integers(1, 2).map(job), st.none() | st.integers(1, 2).map(company))
updates = st.builds(
    ItemUpdate,
    accounting_entry_id=st.integers(1, 6).map(entry),
    status=st.sampled_from(ItemStatus),
    exported_at=st.none() | st.integers(0, 3).map(lambda hour: datetime(2026, 3, 1, hour, tzinfo=UTC)),
)


@st.composite
def crowds(draw: st.DrawFn) -> list[Candidate]:
    """Candidates with places of their own, many of them for one entry."""
    wanted = draw(st.lists(st.tuples(keys, updates, st.integers(0, 3)), max_size=40))
    return [
        Candidate(ResultRef(place // 3, place % 3), key, update, sent_at)
        for place, (key, update, sent_at) in enumerate(wanted)
    ]


def rank(candidate: Candidate) -> tuple[bool, float, int, int, int]:
    """The rule of the message contract, told once more: what a rival is worth."""
    exported_at = candidate.update.exported_at
    return (
        candidate.update.status in {"failed", "successful", "abandoned"},
        exported_at.timestamp() if exported_at else -1.0,
        candidate.sent_at,
        candidate.ref.record,
        candidate.ref.result,
    )


@given(crowds(), st.integers(1, 5))
def test_every_batch_is_within_the_limit_and_of_one_job_of_one_company(
    candidates: list[Candidate], limit: int
) -> None:
    for batch in batches(candidates, limit):
        assert 1 <= len(batch.items) <= limit
        assert {item.job for item in batch.items} == {batch.job}


@given(crowds(), st.integers(1, 5))
def test_every_result_stands_in_exactly_one_item_and_every_entry_of_a_job_is_one_item(
    candidates: list[Candidate], limit: int
) -> None:
    items = [item for batch in batches(candidates, limit) for item in batch.items]
    origins = Counter(ref for item in items for ref in item.origins)
    assert origins == Counter(candidate.ref for candidate in candidates)
    entries = Counter((item.job, item.update.accounting_entry_id) for item in items)
    assert set(entries.values()) <= {1}


@given(crowds())
def test_of_all_results_for_an_entry_the_best_is_sent_and_stands_first(candidates: list[Candidate]) -> None:
    by_ref = {candidate.ref: candidate for candidate in candidates}
    for batch in batches(candidates):
        for item in batch.items:
            rivals = [by_ref[ref] for ref in item.origins]
            assert {(one.job, one.update.accounting_entry_id) for one in rivals} == {
                (item.job, item.update.accounting_entry_id)
            }
            assert rivals[0].update == item.update
            assert rivals[0] == max(rivals, key=rank)


@given(st.data())
def test_what_is_sent_does_not_depend_on_the_order_in_which_results_came(data: st.DataObject) -> None:
    candidates = data.draw(crowds())
    shuffled = data.draw(st.permutations(candidates))
    assert _sent(candidates) == _sent(shuffled)


def _sent(candidates: list[Candidate]) -> set[tuple[JobKey, ItemUpdate]]:
    return {(item.job, item.update) for batch in batches(candidates) for item in batch.items}
