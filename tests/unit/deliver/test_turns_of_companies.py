"""Whose turn it is, one turn after the other: each company's own threads are counted, and given back."""

import threading
import time

from export_adapter.deadline import Deadline
from export_adapter.deliver.job import Steps
from export_adapter.deliver.schedule import Schedule, Task
from tests.unit.deliver.fakes import FakeClock, accept, error, items, scene


def no_bug(bug: Exception) -> None:
    raise AssertionError("a bug") from bug


class Turns:
    """Tasks that note their names; "A1" belongs to company A. Each pauses for these seconds, one by one."""

    def __init__(self, *names: str, pauses: tuple[float, ...] = ()) -> None:
        self.taken: list[str] = []
        self.clock = FakeClock()
        self._names = names
        self._pauses = pauses

    def in_order(self) -> list[str]:
        """Run with a single thread and return whose turns there were."""
        tasks = [Task(name[0], self._steps(name), no_bug) for name in self._names]
        Schedule(tasks, Deadline(self.clock, self.clock.now + 100)).run(1, self.clock.pass_by)
        return self.taken

    def _steps(self, name: str) -> Steps[None]:
        for seconds in self._pauses:
            self.taken.append(name)
            yield seconds
        self.taken.append(name)


def test_a_company_whose_job_has_ended_is_as_free_as_before() -> None:
    assert Turns("A1", "A2", "B1").in_order() == ["A1", "A2", "B1"]


def test_a_company_whose_job_pauses_is_as_free_as_before() -> None:
    assert Turns("A1", "A2", "B1", pauses=(1.0,)).in_order()[:3] == ["A1", "A2", "B1"]


def test_jobs_that_pause_until_the_same_moment_go_on_in_their_order() -> None:
    names = ("A1", "A2", "A3", "A4")

    assert Turns(*names, pauses=(1.0, 1.0)).in_order() == [*names, *names, *names]


def test_the_company_with_fewer_threads_comes_first_also_where_both_have_some() -> None:
    started: list[str] = []
    all_four = threading.Event()

    def hanging(name: str) -> Steps[None]:
        started.append(name)
        if len(started) == 4:
            all_four.set()
        all_four.wait(5)
        yield from ()

    tasks = [Task(name[0], hanging(name), no_bug) for name in ("A1", "A2", "A3", "B1", "B2")]
    deadline = Deadline(time.monotonic, time.monotonic() + 5)

    Schedule(tasks, deadline).run(4, time.sleep)

    assert sorted(started[:4]) == ["A1", "A2", "B1", "B2"]
    assert len(started) == 5


def test_requests_are_counted_by_attempt_from_1_on() -> None:
    adapter, http = scene(error(503), error(503), accept, accept)

    report = adapter.deliver(*items(1)).report

    assert [(one.status, one.attempt) for one in report.exchanges] == [(503, 1), (503, 2), (200, 3)]
    assert len(http.requests) == 3
