"""Whole deliveries on several threads: no job, slow, hanging or broken, decides over another."""

import threading
import time
from collections.abc import Mapping
from itertools import chain

import pytest

from export_adapter.deadline import Deadline
from export_adapter.deliver import job as job_module
from export_adapter.deliver.credentials import Credentials, NoCredentials
from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter.deliver.job import SizeLimit
from export_adapter.deliver.pleo import Pleo
from export_adapter.model import Delivered, JobKey, Rejected, Undelivered
from tests.unit.deliver.conftest import wait_for_threads
from tests.unit.deliver.fakes import (
    JOB,
    OTHER_COMPANYS_JOB,
    OTHER_JOB,
    FakeClock,
    FakeStore,
    Reply,
    Request,
    Scene,
    accept,
    error,
    items,
    scene,
    updated,
)

LONG = 5.0


class ThreadedHttp:
    """Answers from many threads at once; `reply` may block."""

    def __init__(self, reply: Reply) -> None:
        self.requests: list[Request] = []
        self._reply = reply

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Answer | NoAnswer:
        request = Request(method, url, dict(headers), body, timeout)
        self.requests.append(request)
        return self._reply(request) if callable(self._reply) else self._reply


class RealClock(FakeClock):
    def __call__(self) -> float:
        return time.monotonic()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let requests be started also where only milliseconds are left, so that deadlines can be near."""
    monkeypatch.setattr(job_module, "SHORTEST_REQUEST", 0.001)


def many_jobs(company: str, count: int) -> list[JobKey]:
    return [JobKey(f"00000000-0000-4000-8000-{number:08d}{company}", company) for number in range(count)]


def on_threads(reply: Reply, threads: int = 4) -> tuple[Scene, ThreadedHttp]:
    http = ThreadedHttp(reply)
    return Scene(http, RealClock(), threads=threads), http


def test_batches_of_one_job_stay_in_order_while_jobs_run_side_by_side() -> None:
    jobs = many_jobs("000a", 10)
    under_way: set[str] = set()

    def reply(request: Request) -> Answer:
        assert request.job_id not in under_way, "two requests of one job at once"
        under_way.add(request.job_id)
        time.sleep(0.001)
        under_way.remove(request.job_id)
        return accept(request)

    adapter, http = on_threads(reply)

    result = adapter.deliver(*(item for job in jobs for item in items(*range(250), job=job)))

    assert result.all() == {Delivered("accepted")}
    for job in jobs:
        sent = [request.entries for request in http.requests if request.job_id == job.export_job_id]
        assert list(chain.from_iterable(sent)) == list(range(250))


def test_a_company_that_hangs_delays_nobody_else(release: threading.Event) -> None:
    slow, healthy = many_jobs("000a", 20), many_jobs("000b", 20)
    answered = threading.Semaphore(0)

    def reply(request: Request) -> Answer:
        if request.job_id.endswith("a"):
            release.wait(LONG)
        else:
            answered.release()
        return accept(request)

    adapter, _ = on_threads(reply)
    outcomes = {}

    def invoke() -> None:
        everything = [item for job in (*slow, *healthy) for item in items(1, job=job)]
        outcomes["all"] = adapter.deliver(*everything, seconds=LONG)

    invocation = threading.Thread(target=invoke)
    invocation.start()
    in_time = [answered.acquire(timeout=LONG / 2) for _ in healthy]
    release.set()
    invocation.join(2 * LONG)

    assert in_time == [True] * 20
    assert {outcomes["all"].of(1, job) for job in healthy} == {Delivered("accepted")}


NOT_KNOWN = Undelivered("out_of_time", "the invocation ended before the answer came")


def test_a_request_that_hangs_at_the_deadline_is_left_behind_and_its_items_given_back(
    release: threading.Event,
) -> None:
    hangs = threading.Event()
    clock = FakeClock()

    def reply(request: Request) -> Answer:
        if request.job_id == JOB.export_job_id:
            hangs.set()
            assert release.wait(LONG)
        else:
            assert hangs.wait(LONG)
            clock.pass_by(LONG)
        return accept(request)

    http = ThreadedHttp(reply)
    adapter = Scene(http, clock, threads=4)

    result = adapter.deliver(*items(*range(250)), *items(1, job=OTHER_COMPANYS_JOB), seconds=LONG)

    assert {result.of(number) for number in range(250)} == {NOT_KNOWN}
    assert result.of(1, OTHER_COMPANYS_JOB) == Delivered("accepted")
    release.set()
    wait_for_threads()
    assert len(http.requests) == 2
    assert result.of(1) == NOT_KNOWN


@pytest.mark.usefixtures("quick")
def test_a_job_that_is_alone_and_hangs_is_left_behind_too(release: threading.Event) -> None:
    def reply(request: Request) -> Answer:
        release.wait(LONG)
        return accept(request)

    adapter, http = on_threads(reply)
    begun = time.monotonic()

    assert adapter.deliver(*items(*range(250)), seconds=0.03).all() == {NOT_KNOWN}

    assert time.monotonic() - begun < LONG / 2
    release.set()
    wait_for_threads()
    assert len(http.requests) <= 1


@pytest.mark.usefixtures("quick")
def test_a_secret_that_comes_after_the_deadline_starts_no_request(release: threading.Event) -> None:
    class HangingStore(FakeStore):
        def fetch(self, company_id: str | None, *, fresh: bool) -> Credentials | NoCredentials:
            release.wait(LONG)
            return super().fetch(company_id, fresh=fresh)

    adapter, http = on_threads(accept)
    adapter.store = HangingStore()

    assert adapter.deliver(*items(1), seconds=0.03).kinds() == {"Undelivered"}

    release.set()
    wait_for_threads()
    assert http.requests == []


@pytest.mark.parametrize("threads", [1, 4])
def test_a_fault_of_our_own_gives_back_its_job_and_spares_the_others(threads: int) -> None:
    calls = 0

    def reply(request: Request) -> Answer:
        nonlocal calls
        if request.job_id == JOB.export_job_id:
            calls += 1
            if calls == 2:
                raise ZeroDivisionError("marked")
        return accept(request)

    adapter, _ = on_threads(reply, threads=threads)

    result = adapter.deliver(*items(*range(250)), *items(1, job=OTHER_JOB))

    bug = Undelivered("bug", "the adapter met a fault of its own (ZeroDivisionError)")
    assert {result.of(number) for number in range(100)} == {Delivered("accepted")}
    assert {result.of(number) for number in range(100, 250)} == {bug}
    assert result.of(1, OTHER_JOB) == Delivered("accepted")
    (met,) = result.report.bugs
    assert str(met.error) == "marked"
    assert met.job == JOB
    assert len(met.accounting_entry_ids) == 250


def test_first_jobs_of_all_companies_come_before_anybodys_second() -> None:
    adapter, http = scene()
    first, second = many_jobs("000a", 3), many_jobs("000b", 2)

    adapter.deliver(*(item for job in (*first, *second) for item in items(1, job=job)))

    assert [request.job_id[-1] for request in http.requests] == ["a", "b", "a", "b", "a"]


def test_an_invocation_leaves_no_outcome_open_when_jobs_end_in_every_way_at_once() -> None:
    endings: list[Reply] = [
        accept,
        error(404, "EXPORT_NOT_FOUND"),
        error(403),
        error(400),
        error(302),
        error(401),
    ]
    jobs = [JobKey(f"00000000-0000-4000-8000-{n:012d}", f"company {n}") for n in range(len(endings) * 5)]

    def reply(request: Request) -> Answer | NoAnswer:
        ending = endings[int(request.job_id[-12:]) % len(endings)]
        return ending(request) if callable(ending) else ending

    adapter, _ = on_threads(reply, threads=8)

    result = adapter.deliver(*(item for job in jobs for item in items(1, 2, job=job)))

    assert all(item.has_outcome for item in result.items)
    assert result.report.bugs == ()
    for position, job in enumerate(jobs):
        expected = ["Delivered", "Rejected", "Undelivered", "Rejected", "Undelivered", "Undelivered"]
        assert result.kinds(job) == {expected[position % len(endings)]}


def test_a_size_limit_that_another_job_lowers_meanwhile_loses_no_item() -> None:
    adapter, http = scene()

    class Shrinking(SizeLimit):
        @property
        def items(self) -> int:
            present = super().items
            self.lower(present - 1)
            return present

    adapter.limit = Shrinking(40)

    result = adapter.deliver(*items(*range(100)))

    assert result.all() == {Delivered("accepted")}
    assert sorted(chain.from_iterable(http.sent)) == list(range(100))


def test_superseded_results_share_the_outcome_of_the_one_that_was_sent() -> None:
    adapter, _ = scene(lambda request: updated(request, refused={1: "ACCOUNTING_ENTRY_DOES_NOT_EXIST"}))
    [item] = items(1)
    [twin] = items(2)
    item.superseded = (twin,)

    adapter.deliver(item)

    assert isinstance(item.outcome, Rejected)
    assert twin.outcome == item.outcome


def test_the_deadline_is_given_back_earlier_by_what_comes_after() -> None:
    clock = FakeClock(100.0)
    deadline = Deadline(clock, 160.0)

    assert deadline.remaining() == 60.0
    assert deadline.earlier(15).remaining() == 45.0
    clock.pass_by(70)
    assert deadline.remaining() == -10.0


def test_answers_are_parsed_one_at_a_time_because_each_may_take_much_memory() -> None:
    """Whoever meets another thread inside of the parsing proves that two were there at once."""
    meeting = threading.Barrier(2)
    met: list[bool] = []

    def now() -> float:
        try:
            meeting.wait(0.05)
        except threading.BrokenBarrierError:
            return 0.0
        met.append(True)
        return 0.0

    adapter, http = scene(accept)
    pleo = Pleo(http, adapter.base_url, adapter.version, LONG, adapter.clock, now)
    threads = [
        threading.Thread(target=pleo.put_items, args=(JOB, items(number), Credentials("Bearer x"), LONG))
        for number in (1, 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert met == []
