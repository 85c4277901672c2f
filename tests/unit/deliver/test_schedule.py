"""Many jobs on few threads. The clock is real here, but nothing waits for it unless something is broken."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count

import pytest

from export_adapter.deadline import Deadline
from export_adapter.deliver.job import Steps
from export_adapter.deliver.schedule import Schedule, Task
from tests.unit.deliver.conftest import wait_for_threads
from tests.unit.deliver.fakes import FakeClock

LONG = 5.0
"""Seconds after which a test that is broken gives up."""


def soon(seconds: float = LONG) -> Deadline:
    return Deadline(time.monotonic, time.monotonic() + seconds)


def must_not_sleep(seconds: float) -> None:
    raise AssertionError(f"slept {seconds} s")


def no_bug(bug: Exception) -> None:
    raise AssertionError("a bug") from bug


def task(steps: Steps[None], company: str | None = None) -> Task:
    return Task(company, steps, no_bug)


def one_step(do: Callable[[], object]) -> Steps[None]:
    do()
    yield from ()


def run(tasks: list[Task], threads: int, deadline: Deadline | None = None) -> None:
    Schedule(tasks, deadline or soon()).run(threads, must_not_sleep)


def test_nothing_to_do_is_done_at_once() -> None:
    run([], threads=8)


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_jobs_run_side_by_side_up_to_the_bound_and_not_beyond(threads: int) -> None:
    together = threading.Barrier(threads)
    running: Counter[str] = Counter()
    highest = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal highest
        with lock:
            running["now"] += 1
            highest = max(highest, running["now"])
        together.wait(LONG)
        with lock:
            running["now"] -= 1

    run([task(one_step(work)) for _ in range(threads * 5)], threads)

    assert highest == threads


def test_no_more_threads_are_started_than_there_are_jobs() -> None:
    names: set[str] = set()
    together = threading.Barrier(2)

    def work() -> None:
        together.wait(LONG)
        names.update(thread.name for thread in threading.enumerate() if thread.name.startswith("deliver-"))

    run([task(one_step(work)) for _ in range(2)], threads=8)

    assert names == {"deliver-0", "deliver-1"}


def test_with_one_thread_all_happens_in_the_caller_and_pauses_go_through_sleep() -> None:
    clock = FakeClock()
    happened: list[object] = []

    def steps(name: str) -> Steps[None]:
        for pause in (3.0, 2.0):
            happened.append((name, threading.current_thread() is threading.main_thread()))
            yield pause

    def sleep(seconds: float) -> None:
        happened.append(seconds)
        clock.pass_by(seconds)

    Schedule([task(steps("a")), task(steps("b"))], Deadline(clock, clock() + 60)).run(1, sleep)

    a, b = ("a", True), ("b", True)
    assert happened == [a, b, 3.0, a, b, 2.0]


def test_a_pause_is_cut_short_by_the_deadline() -> None:
    clock = FakeClock()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.pass_by(seconds)

    def steps() -> Steps[None]:
        yield 100.0
        raise AssertionError("went on after the deadline")

    Schedule([task(steps())], Deadline(clock, clock() + 7)).run(1, sleep)

    assert slept == [7.0]


def test_a_job_that_pauses_leaves_its_thread_to_the_others() -> None:
    done: list[str] = []

    def pausing() -> Steps[None]:
        yield 0.02
        done.append("paused")

    run(
        [
            *(task(pausing()) for _ in range(4)),
            *(task(one_step(lambda: done.append("quick"))) for _ in range(9)),
        ],
        threads=2,
    )

    assert done == ["quick"] * 9 + ["paused"] * 4


def test_what_has_not_begun_comes_before_what_paused() -> None:
    clock = FakeClock()
    begun: list[str] = []

    def steps(name: str) -> Steps[None]:
        begun.append(name)
        clock.pass_by(1)
        yield 0.0
        begun.append(f"{name} again")

    Schedule([task(steps(name)) for name in "abc"], Deadline(clock, clock() + 60)).run(1, must_not_sleep)

    assert begun == ["a", "b", "c", "a again", "b again", "c again"]


def test_a_company_whose_requests_hang_leaves_threads_to_the_others() -> None:
    others_done = threading.Event()
    remaining = threading.Semaphore(0)
    hung: list[bool] = []

    def hang() -> None:
        hung.append(others_done.wait(LONG))

    def quick() -> None:
        remaining.release()

    def watch() -> None:
        others_done_in_time = all(remaining.acquire(timeout=LONG) for _ in range(30))
        if others_done_in_time:
            others_done.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    hanging = [task(one_step(hang), "hanging") for _ in range(30)]
    healthy = [task(one_step(quick), "healthy") for _ in range(30)]

    run([*hanging, *healthy], threads=4)

    watcher.join(LONG)
    assert hung == [True] * 30


def test_a_company_that_is_alone_gets_all_threads() -> None:
    together = threading.Barrier(4)

    run([task(one_step(lambda: together.wait(LONG)), "only") for _ in range(8)], threads=4)

    assert not together.broken


def test_pauses_of_the_past_are_not_held_against_a_company() -> None:
    clock = FakeClock(0.0)
    turns: list[str] = []

    def steps(name: str, *pauses: float, takes: float = 0.0) -> Steps[None]:
        for pause in pauses:
            yield pause
            turns.append(name)
            clock.pass_by(takes)

    tasks = [
        task(steps("paused often", 1.0, 1.0, 1.0), "A"),
        task(steps("paused once", 3.5), "B"),
        task(steps("busy meanwhile", 2.5, takes=2.0), "C"),
    ]
    Schedule(tasks, Deadline(clock, 60.0)).run(1, clock.pass_by)

    assert turns == ["paused often", "paused often", "busy meanwhile", "paused often", "paused once"]


def test_companies_that_retry_do_not_crowd_out_one_that_waits() -> None:
    clock = FakeClock()
    turns: list[str] = []

    def steps(name: str, times: int) -> Steps[None]:
        for _ in range(times):
            turns.append(name)
            clock.pass_by(1)
            yield 0.0

    tasks = [task(steps("a", 3), "A"), task(steps("b", 1), "B"), task(steps("c", 1), "C")]
    Schedule(tasks, Deadline(clock, clock() + 60)).run(1, must_not_sleep)

    assert turns == ["a", "b", "c", "a", "a"]


@pytest.mark.parametrize("tick", [0.3, 0.7, 1.1])
def test_nobody_pauses_for_less_than_no_time_when_the_deadline_passes_meanwhile(tick: float) -> None:
    time_passes = count(0.0, tick)
    pauses: list[float] = []

    def waiting() -> Steps[None]:
        yield 5.0

    Schedule([task(waiting())], Deadline(lambda: next(time_passes), 4.0)).run(1, pauses.append)

    assert all(pause >= 0 for pause in pauses), "time.sleep would raise, and nothing would be settled"


@pytest.mark.parametrize("jobs", [1, 2, 9])
def test_what_hangs_at_the_deadline_is_left_behind(jobs: int, release: threading.Event) -> None:
    went_on: list[str] = []

    def hanging() -> Steps[None]:
        release.wait(LONG)
        yield 0.0
        went_on.append("a step after the deadline")

    begun = time.monotonic()
    run([task(hanging()) for _ in range(jobs)], threads=2, deadline=soon(0.03))

    assert time.monotonic() - begun < LONG / 2
    left = [thread for thread in threading.enumerate() if thread.name.startswith("deliver-")]
    assert all(thread.daemon for thread in left), "a thread would keep the process alive"
    release.set()
    wait_for_threads()
    assert went_on == []


@pytest.mark.parametrize("threads", [1, 3])
def test_a_bug_in_one_job_is_told_and_the_others_go_on(threads: int) -> None:
    bugs: list[Exception] = []
    done: list[int] = []

    def broken() -> Steps[None]:
        yield 0.0
        raise LookupError("a bug")

    tasks = [Task(None, broken(), bugs.append), *(task(one_step(lambda: done.append(1))) for _ in range(5))]
    run(tasks, threads)

    assert [str(bug) for bug in bugs] == ["a bug"]
    assert len(done) == 5
