from dataclasses import replace

import pytest

from export_adapter.settle.visibility import LONGEST_SECONDS, is_last_receive, visibility_timeout
from tests.fakes.messages import NOON_MS, record

LEAST, MOST = 0.0, 0.999999


def at(luck: float, receive_count: int = 1, retry_after: float | None = None) -> int:
    return visibility_timeout(receive_count, retry_after, lambda: luck)


@pytest.mark.parametrize(
    ("receive_count", "shortest", "longest"),
    [(1, 30, 60), (2, 90, 180), (3, 210, LONGEST_SECONDS), (4, 210, LONGEST_SECONDS)],
)
def test_what_goes_back_waits_three_times_as_long_each_time_with_jitter(
    receive_count: int, shortest: int, longest: int
) -> None:
    assert (at(LEAST, receive_count), at(MOST, receive_count)) == (shortest, longest)


@pytest.mark.parametrize("receive_count", [6, 10_000])
def test_no_record_waits_longer_than_the_longest_pause(receive_count: int) -> None:
    assert (at(LEAST, receive_count), at(MOST, receive_count)) == (LONGEST_SECONDS / 2, LONGEST_SECONDS)


def test_four_pauses_outlast_an_outage_of_nine_minutes_at_least() -> None:
    assert sum(at(LEAST, receive_count) for receive_count in range(1, 5)) == 540
    assert sum(at(MOST, receive_count) for receive_count in range(1, 5)) == 1080


@pytest.mark.parametrize("receive_count", [0, -1])
def test_a_receive_count_that_cannot_be_counts_as_the_first(receive_count: int) -> None:
    assert at(LEAST, receive_count) == at(LEAST, 1)


def test_what_pleo_asked_for_is_obeyed_with_a_tenth_of_jitter() -> None:
    assert at(LEAST, 1, 100.0) == 100
    assert at(MOST, 1, 100.0) == 110
    assert at(LEAST, 4, 400.0) == 400


@pytest.mark.parametrize("retry_after", [0.01, 1.0, 29.0])
def test_a_wish_for_less_than_the_growing_pause_does_not_use_up_the_receives(retry_after: float) -> None:
    assert at(LEAST, 1, retry_after) == 30
    assert at(LEAST, 4, retry_after) == 210


def test_no_wish_of_pleos_keeps_a_record_away_for_longer_than_the_job_can_live() -> None:
    assert at(MOST, retry_after=86_400.0) == LONGEST_SECONDS
    assert at(LEAST, retry_after=1e300) == LONGEST_SECONDS


@pytest.mark.parametrize("retry_after", [0.0, -5.0])
def test_a_time_that_has_passed_already_is_no_wish(retry_after: float) -> None:
    assert at(LEAST, retry_after=retry_after) == at(LEAST)


def test_a_pause_is_a_whole_second_at_least() -> None:
    assert visibility_timeout(1, None, lambda: LEAST, longest=1) == 1


@pytest.mark.parametrize(("receive_count", "is_last"), [(1, False), (4, False), (5, True), (6, True)])
def test_a_record_is_received_five_times_at_most(receive_count: int, *, is_last: bool) -> None:
    assert is_last_receive(record("any", receive_count=receive_count), 5, now=1e9) is is_last


@pytest.mark.parametrize(("age", "is_last"), [(-5.0, False), (1799.9, False), (1800.0, True), (9999.0, True)])
def test_a_record_that_was_first_received_half_an_hour_ago_does_not_go_back(
    age: float, *, is_last: bool
) -> None:
    first_received = replace(record("any"), first_received_at=NOON_MS)

    assert is_last_receive(first_received, 5, NOON_MS / 1000 + age) is is_last
