import pytest

from export_adapter.deliver.http import Answer
from export_adapter.deliver.terminal_memory import TerminalMemory
from export_adapter.results import Delivered, JobKey, Undelivered
from export_adapter.terms import ItemStatus
from tests.unit.deliver.fakes import JOB, OTHER_JOB, accept, error, items, scene, updated

SUPERSEDED = Delivered("superseded: a terminal status was sent for the entry before")
TERMINAL = [ItemStatus.FAILED, ItemStatus.SUCCESSFUL, ItemStatus.ABANDONED]
OPEN = [ItemStatus.PENDING, ItemStatus.IN_PROGRESS]


@pytest.mark.parametrize("final", TERMINAL)
@pytest.mark.parametrize("late", OPEN)
def test_a_late_status_does_not_overwrite_a_terminal_one_that_was_sent(
    final: ItemStatus, late: ItemStatus
) -> None:
    adapter, http = scene()
    adapter.deliver(*items(1, status=final))

    result = adapter.deliver(*items(1, 2, status=late))

    assert result.of(1) == SUPERSEDED
    assert result.of(2) == Delivered("accepted")
    assert http.sent == [[1], [2]]


@pytest.mark.parametrize("first", TERMINAL)
@pytest.mark.parametrize("second", TERMINAL)
def test_a_terminal_status_may_follow_a_terminal_one(first: ItemStatus, second: ItemStatus) -> None:
    adapter, http = scene()

    adapter.deliver(*items(1, status=first))

    assert adapter.deliver(*items(1, status=second)).of(1) == Delivered("accepted")
    assert len(http.requests) == 2


@pytest.mark.parametrize("status", OPEN)
def test_a_status_that_is_not_terminal_leaves_no_trace(status: ItemStatus) -> None:
    adapter, http = scene()

    adapter.deliver(*items(1, status=status))

    assert adapter.deliver(*items(1, status=ItemStatus.PENDING)).of(1) == Delivered("accepted")
    assert len(http.requests) == 2


def test_a_batch_of_which_everything_is_superseded_takes_no_request() -> None:
    adapter, http = scene()
    adapter.deliver(*items(1, 2))

    assert adapter.deliver(*items(1, 2, status=ItemStatus.PENDING)).all() == {SUPERSEDED}
    assert len(http.requests) == 1


@pytest.mark.parametrize("job", [OTHER_JOB, JobKey(JOB.export_job_id, None)])
def test_the_same_entry_in_another_job_or_for_another_company_is_another_matter(job: JobKey) -> None:
    adapter, _ = scene()
    adapter.deliver(*items(1))

    assert adapter.deliver(*items(1, job=job, status=ItemStatus.PENDING)).of(1, job) == Delivered("accepted")


def test_a_terminal_status_whose_answer_was_lost_still_counts_as_sent() -> None:
    adapter, _ = scene(error(500), accept)
    assert adapter.deliver(*items(1), seconds=1.2).kinds() == {"Undelivered"}

    assert adapter.deliver(*items(1, status=ItemStatus.PENDING)).of(1) == SUPERSEDED


@pytest.mark.parametrize("seconds", [0.5, 60])
def test_a_terminal_status_that_was_never_sent_supersedes_nothing(seconds: float) -> None:
    adapter, http = scene()
    adapter.store.tokens[JOB.company_id] = []
    assert isinstance(adapter.deliver(*items(1), seconds=seconds).of(1), Undelivered)

    adapter.store.tokens.clear()

    assert adapter.deliver(*items(1, status=ItemStatus.PENDING)).of(1) == Delivered("accepted")
    assert http.sent == [[1]]


def test_a_status_overruled_while_it_was_in_doubt_is_not_sent_again() -> None:
    adapter, http = scene(lambda request: updated(request, left_out=[1]), lambda _: look_up())

    def look_up() -> Answer:
        adapter.memory.note(items(1))
        return error(403)

    assert adapter.deliver(*items(1, status=ItemStatus.PENDING)).of(1) == SUPERSEDED
    assert http.methods == "PUT GET"


def test_only_so_many_entries_are_remembered_and_the_oldest_is_forgotten() -> None:
    memory = TerminalMemory(most=2)
    memory.note(items(1, 2))
    memory.note(items(1))
    memory.note(items(3))

    late = items(1, 2, 3, status=ItemStatus.PENDING)

    assert [memory.overrules(item) for item in late] == [True, False, True]
