import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export_adapter.deliver.retry import Backoff, retry_after
from tests.unit.deliver.fakes import NOON


@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 8.0), (10_000, 8.0)]
)
def test_the_wait_lies_anywhere_below_a_bound_that_doubles(attempt: int, longest: float) -> None:
    assert Backoff(lambda: 0.0).wait(attempt) == 0.0
    assert Backoff(lambda: 0.25).wait(attempt) == longest / 4
    assert Backoff(lambda: 1.0).wait(attempt) == longest


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("007", 7.0),
        ("999999999", 999_999_999.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0),
        ("Sun, 01 Mar 2026 13:00:30 +0100", 30.0),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30.0),
        ("Sun Mar  1 12:00:30 2026", 30.0),
        ("Sun, 01 Mar 2026 11:59:59 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float) -> None:
    assert retry_after(header, NOON) == seconds


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        " ",
        "soon",
        "-1",
        "1.5",
        "1e3",
        "0x10",
        "\N{ARABIC-INDIC DIGIT SEVEN}",
        "1000000000",
        "12, 13",
        "Sun, 32 Mar 2026 12:00:00 GMT",
    ],
)
def test_a_retry_after_that_cannot_be_read_is_none(header: str | None) -> None:
    assert retry_after(header, NOON) is None


DATE_LIKE = st.lists(
    st.sampled_from(
        [*"0123456789 :,+-.()", "Sun, ", "01 Mar ", "2026 ", "12:00:00 ", "GMT", "+9999", "-99999999"]
    ),
    max_size=20,
).map("".join)


@settings(deadline=None)
@given(st.text(max_size=60) | DATE_LIKE)
def test_no_retry_after_raises_or_asks_to_go_back_in_time(header: str) -> None:
    seconds = retry_after(header, NOON)

    assert seconds is None or seconds >= 0
