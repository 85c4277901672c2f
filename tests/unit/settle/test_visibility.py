import pytest

from export_adapter.settle.visibility import LONGEST_SECONDS, visibility_timeout

LEAST, MOST = 0.0, 0.999999


def at(luck: float, receive_count: int = 1, retry_after: float | None = None) -> int:
    return visibility_timeout(receive_count, retry_after, lambda: luck)


@pytest.mark.parametrize(
    ("receive_count", "shortest", "longest"),
    [(1, 15, 30), (2, 30, 60), (3, 60, 120), (4, 120, 240), (5, 240, LONGEST_SECONDS)],
)
def test_what_goes_back_waits_twice_as_long_each_time_with_jitter(
    receive_count: int, shortest: int, longest: int
) -> None:
    assert (at(LEAST, receive_count), at(MOST, receive_count)) == (shortest, longest)


@pytest.mark.parametrize("receive_count", [6, 10_000])
def test_no_record_waits_longer_than_the_longest_pause(receive_count: int) -> None:
    assert (at(LEAST, receive_count), at(MOST, receive_count)) == (LONGEST_SECONDS, LONGEST_SECONDS)


@pytest.mark.parametrize("receive_count", [0, -1])
def test_a_receive_count_that_cannot_be_counts_as_the_first(receive_count: int) -> None:
    assert at(LEAST, receive_count) == at(LEAST, 1)


@pytest.mark.parametrize("receive_count", [1, 4])
def test_what_pleo_asked_for_is_obeyed_with_a_tenth_of_jitter(receive_count: int) -> None:
    assert at(LEAST, receive_count, 100.0) == 100
    assert at(MOST, receive_count, 100.0) == 110


def test_no_wish_of_pleos_keeps_a_record_away_for_longer_than_the_job_can_live() -> None:
    assert at(MOST, retry_after=86_400.0) == LONGEST_SECONDS
    assert at(LEAST, retry_after=1e300) == LONGEST_SECONDS


@pytest.mark.parametrize("retry_after", [0.0, -5.0])
def test_a_time_that_has_passed_already_is_no_wish(retry_after: float) -> None:
    assert at(LEAST, retry_after=retry_after) == at(LEAST)


def test_a_wish_below_a_second_is_a_whole_second() -> None:
    assert at(LEAST, retry_after=0.01) == 1
