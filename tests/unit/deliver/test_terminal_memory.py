from datetime import UTC, datetime

import pytest

from export_adapter.deliver.http import Answer
from export_adapter.deliver.terminal_memory import TerminalMemory
from export_adapter.model import Delivered, ItemStatus, JobKey, Superseded, Undelivered
from tests.unit.deliver.fakes import JOB, OTHER_JOB, accept, error, items, page, scene, updated

SUPERSEDED = Superseded("a result of the entry that counts more was sent before")
TERMINAL = [ItemStatus.FAILED, ItemStatus.SUCCESSFUL, ItemStatus.ABANDONED]
OPEN = [ItemStatus.PENDING, ItemStatus.IN_PROGRESS]
MORNING, NOON = datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC)


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

    adapter.deliver(*items(1, status=first, sent_at=1))

    assert adapter.deliver(*items(1, status=second, sent_at=2)).of(1) == Delivered("accepted")
    assert len(http.requests) == 2


@pytest.mark.parametrize("status", OPEN)
def test_a_status_that_is_not_terminal_leaves_no_trace(status: ItemStatus) -> None:
    adapter, http = scene()

    adapter.deliver(*items(1, status=status))

    assert adapter.deliver(*items(1, status=ItemStatus.PENDING)).of(1) == Delivered("accepted")
    assert http.sent == [[1], [1]]


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


@pytest.mark.parametrize("status", TERMINAL)
def test_an_older_export_does_not_overwrite_a_newer_one_that_pleo_took(status: ItemStatus) -> None:
    adapter, http = scene()
    adapter.deliver(*items(1, exported_at=NOON, sent_at=1))

    assert adapter.deliver(*items(1, status=status, exported_at=MORNING, sent_at=2)).of(1) == SUPERSEDED
    assert http.sent == [[1]]


def test_of_two_exports_of_one_moment_the_success_counts() -> None:
    adapter, http = scene()
    adapter.deliver(*items(1, exported_at=NOON, sent_at=1))

    failed = items(1, status=ItemStatus.FAILED, exported_at=NOON, sent_at=2)
    assert adapter.deliver(*failed).of(1) == SUPERSEDED
    assert adapter.deliver(*items(1, exported_at=NOON, sent_at=2)).of(1) == Delivered("accepted")
    assert len(http.requests) == 2


@pytest.mark.parametrize("status", TERMINAL)
def test_without_dates_the_result_that_was_sent_later_counts(status: ItemStatus) -> None:
    adapter, http = scene()
    adapter.deliver(*items(1, sent_at=2))

    assert adapter.deliver(*items(1, status=status, sent_at=1)).of(1) == SUPERSEDED
    assert adapter.deliver(*items(1, status=status, sent_at=3)).of(1) == Delivered("accepted")
    assert len(http.requests) == 2


@pytest.mark.parametrize(
    "replies", [[error(500)], [error(403)], [error(422, "EXPORT_JOB_STATUS_UNPROCESSABLE")]]
)
def test_an_older_export_is_sent_where_pleo_has_not_taken_the_newer_one(replies: list[Answer]) -> None:
    adapter, http = scene(*replies)
    assert "Delivered" not in adapter.deliver(*items(1, exported_at=NOON), seconds=1.2).kinds()

    assert adapter.deliver(*items(1, exported_at=MORNING)).of(1) == Delivered("accepted")
    assert http.sent == [[1], [1]]


def test_a_message_sent_again_does_not_make_the_newest_forgotten() -> None:
    memory = TerminalMemory()
    [newest], [same] = items(1, exported_at=NOON), items(1, exported_at=NOON)
    memory.note([newest])
    memory.confirm([newest])
    memory.note([same])

    assert memory.superseded(items(1, exported_at=MORNING))


def test_what_is_confirmed_but_was_forgotten_or_is_not_terminal_is_not_remembered() -> None:
    memory = TerminalMemory(most=1)
    [first] = items(1, exported_at=NOON)
    memory.note([first])
    memory.note(items(2))
    memory.confirm([first])
    memory.confirm(items(2, status=ItemStatus.PENDING, exported_at=NOON))

    assert not memory.superseded(items(1, exported_at=MORNING))
    assert not memory.superseded(items(2, exported_at=MORNING))


def test_a_status_overruled_while_it_was_unconfirmed_is_not_sent_again() -> None:
    adapter, http = scene(page({}), lambda request: updated(request, left_out=[1]), lambda _: look_up())

    def look_up() -> Answer:
        adapter.memory.note(items(1))
        return error(403)

    assert adapter.deliver(*items(1, status=ItemStatus.PENDING)).of(1) == SUPERSEDED
    assert http.methods == "GET PUT GET"


def test_where_one_secret_serves_all_a_job_is_the_same_whoever_names_it() -> None:
    memory = TerminalMemory(by_company=False)
    memory.note(items(1))
    nameless = JobKey(JOB.export_job_id, None)

    assert memory.superseded(items(1, job=nameless, status=ItemStatus.PENDING))
    assert not memory.superseded(items(1, job=OTHER_JOB, status=ItemStatus.PENDING))


def test_only_so_many_entries_are_remembered_and_the_oldest_is_forgotten() -> None:
    memory = TerminalMemory(most=2)
    memory.note(items(1, 2))
    memory.note(items(1))
    memory.note(items(3))

    late = items(1, 2, 3, status=ItemStatus.PENDING)

    assert memory.superseded(late) == [late[0], late[2]]
