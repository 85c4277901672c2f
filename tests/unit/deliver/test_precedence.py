"""Which of two results of one entry must not overwrite the other, whatever is known of their ages."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from export_adapter.deliver.precedence import Known, must_give_way
from export_adapter.model import ItemStatus
from tests.unit.deliver.fakes import items

MORNING, NOON = datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMINAL = [ItemStatus.FAILED, ItemStatus.SUCCESSFUL, ItemStatus.ABANDONED]
OPEN = [ItemStatus.PENDING, ItemStatus.IN_PROGRESS]
EARLIER, LATER = 1_000, 2_000


def gives_way(
    known: Known, status: ItemStatus, exported_at: datetime | None = None, sent_at: int = 0
) -> bool:
    [item] = items(1, status=status, exported_at=exported_at, sent_at=sent_at)
    return must_give_way(item, known)


@pytest.mark.parametrize("known", [*OPEN, "", "something new"])
@pytest.mark.parametrize("status", ItemStatus)
def test_everything_may_follow_what_is_not_final(known: str, status: ItemStatus) -> None:
    assert not gives_way(Known(known, NOON, LATER), status, MORNING, EARLIER)


@pytest.mark.parametrize("known", TERMINAL)
@pytest.mark.parametrize("status", OPEN)
def test_what_is_not_final_follows_nothing_that_is(known: ItemStatus, status: ItemStatus) -> None:
    assert gives_way(Known(known, MORNING, EARLIER), status, NOON, LATER)
    assert gives_way(Known(known), status, NOON, LATER)


@pytest.mark.parametrize("known", [ItemStatus.FAILED, ItemStatus.SUCCESSFUL])
@pytest.mark.parametrize("status", TERMINAL)
def test_of_two_dates_the_newer_counts_whatever_the_messages_ages(
    known: ItemStatus, status: ItemStatus
) -> None:
    assert gives_way(Known(known, NOON, EARLIER), status, MORNING, LATER)
    assert gives_way(Known(known, NOON), status, MORNING, LATER)
    assert not gives_way(Known(known, MORNING, LATER), status, NOON, EARLIER)


@pytest.mark.parametrize("dates", [(None, None), (NOON, NOON)])
@pytest.mark.parametrize("known", TERMINAL)
@pytest.mark.parametrize("status", TERMINAL)
def test_without_dates_or_with_equal_ones_the_newer_message_counts(
    dates: tuple[datetime | None, datetime | None], known: ItemStatus, status: ItemStatus
) -> None:
    theirs, mine = dates

    assert gives_way(Known(known, theirs, LATER), status, mine, EARLIER)
    assert not gives_way(Known(known, theirs, EARLIER), status, mine, LATER)
    assert not gives_way(Known(known, theirs, LATER), status, mine, LATER)


@pytest.mark.parametrize(
    ("theirs", "their_age", "mine", "my_age"),
    [
        (NOON, LATER, None, LATER),  # dated against undated: nobody knows which came first
        (None, EARLIER, NOON, LATER),
        (None, 0, None, LATER),  # held by Pleo: its message is not known
        (NOON, 0, NOON, LATER),
        (NOON, 0, None, LATER),
        (None, LATER, None, 0),  # replayed: its message says nothing of its age
        (NOON, LATER, NOON, 0),
    ],
)
def test_where_nobody_knows_which_is_newer_a_success_stays_and_a_success_is_told(
    theirs: datetime | None, their_age: int, mine: datetime | None, my_age: int
) -> None:
    success = Known(ItemStatus.SUCCESSFUL, theirs, their_age)
    failure = Known(ItemStatus.FAILED, theirs, their_age)

    assert gives_way(success, ItemStatus.FAILED, mine, my_age)
    assert gives_way(success, ItemStatus.ABANDONED, mine, my_age)
    assert not gives_way(success, ItemStatus.SUCCESSFUL, mine, my_age)
    for status in TERMINAL:
        assert not gives_way(failure, status, mine, my_age)


@pytest.mark.parametrize("status", TERMINAL)
@pytest.mark.parametrize("exported_at", [NOON, None])
def test_an_abandoned_that_pleo_holds_stops_no_final_status(
    status: ItemStatus, exported_at: datetime | None
) -> None:
    assert not gives_way(Known(ItemStatus.ABANDONED, exported_at), status, MORNING)


def test_an_abandoned_that_was_sent_is_as_good_as_any() -> None:
    assert gives_way(Known(ItemStatus.ABANDONED, NOON, LATER), ItemStatus.SUCCESSFUL, MORNING, LATER)


def test_dates_are_compared_by_whole_seconds_and_in_any_time_zone() -> None:
    there = timezone(timedelta(hours=-5))
    within_the_second = NOON + timedelta(milliseconds=900)

    assert not gives_way(Known("failed", within_the_second), ItemStatus.SUCCESSFUL, NOON.astimezone(there))
    assert not gives_way(Known("failed", NOON), ItemStatus.SUCCESSFUL, within_the_second)
    assert gives_way(Known("failed", NOON + timedelta(seconds=1)), ItemStatus.SUCCESSFUL, within_the_second)


def test_what_was_taken_is_known_with_its_status_its_date_and_its_age() -> None:
    [item] = items(1, status=ItemStatus.FAILED, exported_at=NOON, sent_at=LATER)

    assert Known.taken(item) == Known("failed", NOON, LATER)
