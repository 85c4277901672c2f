"""No request that cannot end in time, no pause past the deadline, and an outcome for every item."""

from dataclasses import dataclass

import pytest

from export_adapter.deliver.credentials import Credentials
from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter.model import Delivered, Rejected, Undelivered
from tests.unit.deliver.fakes import (
    OTHER_COMPANYS_JOB,
    OTHER_JOB,
    FakeClock,
    FakeStore,
    Request,
    accept,
    error,
    items,
    page,
    scene,
    updated,
)

OUT_OF_TIME = Undelivered("out_of_time", "the invocation had no time left to send the item")
NOT_BEGUN = Undelivered("out_of_time", "the invocation ended before the answer came")


@pytest.mark.parametrize(
    ("left", "allowed"), [(60.0, 10.0), (10.0, 10.0), (9.5, 9.5), (1.5, 1.5), (1.0, 1.0)]
)
def test_a_request_may_take_as_long_as_the_setting_and_the_deadline_allow(
    left: float, allowed: float
) -> None:
    adapter, http = scene()

    adapter.deliver(*items(1), seconds=left)

    assert [request.timeout for request in http.requests] == [allowed]


@pytest.mark.parametrize("left", [0.99, 0.5])
def test_no_request_is_started_in_the_last_second(left: float) -> None:
    adapter, http = scene()

    assert adapter.deliver(*items(1), seconds=left).of(1) == OUT_OF_TIME
    assert http.requests == []
    assert adapter.store.reads == []


@pytest.mark.parametrize("left", [0.0, -5.0])
def test_nothing_at_all_is_started_after_the_deadline(left: float) -> None:
    adapter, http = scene()

    assert adapter.deliver(*items(1), seconds=left).of(1) == NOT_BEGUN
    assert http.requests == []


def test_no_request_ends_after_the_deadline_however_slow_pleo_is() -> None:
    adapter, http = scene(then=NoAnswer("timeout", "Pleo did not answer in time"), seconds=99)
    deadline = adapter.clock.now + 25

    result = adapter.deliver(*items(*range(250)), *items(1, job=OTHER_JOB), seconds=25)

    assert result.kinds() == {"Undelivered"}
    assert adapter.clock.now <= deadline
    assert 0 < len(http.requests) < 5


def test_batches_that_are_out_of_time_are_given_back_and_those_before_them_are_delivered() -> None:
    adapter, _ = scene(seconds=4)

    result = adapter.deliver(*items(*range(300)), seconds=8.5)

    assert {result.of(number) for number in range(200)} == {Delivered("accepted")}
    assert {result.of(number) for number in range(200, 300)} == {OUT_OF_TIME}


def test_a_job_whose_turn_never_came_is_given_back() -> None:
    adapter, http = scene(seconds=4)

    result = adapter.deliver(*items(1), *items(1, job=OTHER_JOB), seconds=4)

    assert result.of(1) == Delivered("accepted")
    assert result.of(1, OTHER_JOB) == NOT_BEGUN
    assert len(http.requests) == 1


def test_the_time_that_reading_the_secret_takes_is_not_given_to_the_request() -> None:
    adapter, http = scene()
    adapter.store = SlowStore(adapter.clock, seconds=3.0)

    assert adapter.deliver(*items(1), seconds=5.0).of(1) == Delivered("accepted")
    assert [request.timeout for request in http.requests] == [2.0]


def test_no_request_is_started_where_reading_the_secret_took_what_was_left() -> None:
    adapter, http = scene()
    adapter.store = SlowStore(adapter.clock, seconds=4.5)

    assert adapter.deliver(*items(1), seconds=5.0).of(1) == OUT_OF_TIME
    assert http.requests == []


def test_a_retry_after_that_fits_is_waited_for() -> None:
    adapter, http = scene(error(429, retry_after="20"), accept)

    assert adapter.deliver(*items(1), seconds=60).of(1) == Delivered("accepted")
    assert adapter.slept == [20.0]
    assert len(http.requests) == 2


def test_a_retry_after_date_is_waited_for() -> None:
    adapter, _ = scene(error(503, retry_after="Sun, 01 Mar 2026 12:00:07 GMT"), accept)

    assert adapter.deliver(*items(1), seconds=60).of(1) == Delivered("accepted")
    assert adapter.slept == [7.0]


@pytest.mark.parametrize("header", ["", "soon", "-5", "1.5", "0", "Wed, 21 Oct 2015 07:28:00 GMT", "9" * 10])
def test_a_retry_after_that_is_unreadable_or_past_leaves_the_wait_to_chance(header: str) -> None:
    adapter, _ = scene(error(429, retry_after=header), accept)

    assert adapter.deliver(*items(1)).of(1) == Delivered("accepted")
    assert adapter.slept == [0.5]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("60", 60.0), ("7200", 7200.0), ("Sun, 01 Mar 2026 14:00:00 GMT", 7200.0), ("9" * 9, 999_999_999.0)],
)
def test_a_retry_after_beyond_the_deadline_is_kept_for_the_queue(header: str, seconds: float) -> None:
    adapter, http = scene(error(429, retry_after=header))

    told = "Pleo answered 429: SOME_ERROR, Some message."
    assert adapter.deliver(*items(1), seconds=60).of(1) == Undelivered("rate_limited", told, 429, seconds)
    assert adapter.slept == []
    assert len(http.requests) == 1


def test_a_retry_after_must_leave_time_for_the_request_that_follows() -> None:
    adapter, _ = scene(error(429, retry_after="9"), accept)
    assert adapter.deliver(*items(1), seconds=10.0).of(1) == Delivered("accepted")

    adapter, http = scene(error(429, retry_after="9"), accept)
    assert adapter.deliver(*items(1), seconds=9.9).kinds() == {"Undelivered"}
    assert len(http.requests) == 1


def test_a_retry_after_holds_for_the_whole_job_and_for_no_other() -> None:
    adapter, http = scene(error(429, retry_after="3600"))

    result = adapter.deliver(*items(*range(250)), *items(1, job=OTHER_COMPANYS_JOB))

    told = Undelivered("rate_limited", "Pleo answered 429: SOME_ERROR, Some message.", 429, 3600.0)
    assert {result.of(number) for number in range(250)} == {told}
    assert result.of(1, OTHER_COMPANYS_JOB) == Delivered("accepted")
    assert len(http.requests) == 2


def test_a_fault_that_does_not_pass_is_given_back_with_the_last_cause() -> None:
    adapter, http = scene(
        error(500), NoAnswer("connection", "reset"), then=error(503, "DOWN", "Later."), seconds=1
    )
    deadline = adapter.clock.now + 30

    outcome = adapter.deliver(*items(1), seconds=30).of(1)

    assert outcome == Undelivered("pleo_unavailable", "Pleo answered 503: DOWN, Later.", 503)
    assert adapter.clock.now <= deadline
    assert adapter.slept == sorted(adapter.slept)
    assert len(http.requests) == len(adapter.slept) + 1


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (429, "rate_limited"),
        (408, "timeout"),
        (504, "timeout"),
        (425, "pleo_unavailable"),
        (500, "pleo_unavailable"),
    ],
)
def test_the_cause_is_a_word_for_metrics(status: int, cause: str) -> None:
    adapter, _ = scene(then=error(status))

    outcome = adapter.deliver(*items(1), seconds=5).of(1)

    assert isinstance(outcome, Undelivered)
    assert (outcome.cause, outcome.pleo_status) == (cause, status)


def test_halving_that_runs_out_of_time_keeps_what_is_known() -> None:
    def reply(request: Request) -> Answer:
        return error(400) if 0 in request.entries else accept(request)

    adapter, _ = scene(then=reply, seconds=2)

    result = adapter.deliver(*items(0, 1, 2, 3), seconds=8.5)

    assert isinstance(result.of(0), Rejected)
    assert result.of(1) == Delivered("accepted")
    assert result.of(2) == result.of(3) == OUT_OF_TIME


def test_unconfirmed_items_are_given_back_where_no_time_is_left_to_look_them_up() -> None:
    adapter, http = scene(lambda request: updated(request, left_out=[1]), page({}), seconds=4)

    result = adapter.deliver(*items(1, 2), seconds=4.5)

    assert result.of(1) == OUT_OF_TIME
    assert result.of(2) == Delivered("accepted")
    assert http.methods == "PUT"


def test_unconfirmed_items_keep_the_retry_after_that_ended_their_job() -> None:
    limited = error(429, retry_after="3600")
    adapter, http = scene(lambda request: updated(request, left_out=[1]), limited)

    result = adapter.deliver(*items(*range(150)))

    outcome = result.of(1)
    assert isinstance(outcome, Undelivered)
    assert outcome.retry_after == 3600.0
    assert http.methods == "PUT PUT"


@dataclass
class SlowStore(FakeStore):
    """Takes its time to read a secret."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        super().__init__()
        self._clock = clock
        self._seconds = seconds

    def fetch(self, company_id: str | None, *, fresh: bool) -> Credentials:
        self._clock.pass_by(self._seconds)
        found = super().fetch(company_id, fresh=fresh)
        assert isinstance(found, Credentials)
        return found


def test_an_invocation_without_batches_needs_nothing() -> None:
    adapter, http = scene()

    report = adapter.deliver().report

    assert (report.exchanges, report.bugs) == ((), ())
    assert http.requests == []


def test_every_request_is_reported_with_its_time() -> None:
    adapter, _ = scene(error(500), NoAnswer("timeout", "slow"), accept, seconds=2)

    exchanges = adapter.deliver(*items(1, 2), *items(1, job=OTHER_JOB)).report.exchanges

    assert [(one.method, one.items, one.status) for one in exchanges] == [
        ("PUT", 2, 500),
        ("PUT", 2, 200),
        ("PUT", 1, None),
        ("PUT", 1, 200),
    ]
    assert {one.seconds for one in exchanges} == {2.0}


def test_a_lookup_is_reported_as_a_request_without_items() -> None:
    adapter, _ = scene(lambda request: updated(request, left_out=[1]), page({1: "successful"}))

    [_, lookup] = adapter.deliver(*items(1)).report.exchanges

    assert (lookup.method, lookup.items, lookup.status) == ("GET", 0, 200)
