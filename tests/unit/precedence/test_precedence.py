"""What a result is worth against others of its entry, and against what Pleo stores."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from export_adapter.item import Item
from export_adapter.model import ItemStatus, JobKey
from export_adapter.precedence import Precedence, StoredItem, plausible, precedence
from tests.fakes.items import item as item_of
from tests.fakes.messages import entry, job

FINAL = [ItemStatus.FAILED, ItemStatus.SUCCESSFUL, ItemStatus.ABANDONED]
NOT_FINAL = [ItemStatus.PENDING, ItemStatus.IN_PROGRESS]
NOT_SUCCESSFUL = [ItemStatus.FAILED, ItemStatus.ABANDONED]
MORNING, NOON = datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 1, 12, tzinfo=UTC)
AT_NINE, AT_NOON = round(MORNING.timestamp() * 1000), round(NOON.timestamp() * 1000)


@pytest.mark.parametrize("final", FINAL)
@pytest.mark.parametrize("other", NOT_FINAL)
def test_a_final_status_counts_more_than_any_other_however_old_it_is(
    final: ItemStatus, other: ItemStatus
) -> None:
    assert precedence(final, MORNING, AT_NINE) > precedence(other, NOON, AT_NOON)
    assert precedence(final, None) > precedence(other, NOON, AT_NOON)


@pytest.mark.parametrize("older", FINAL)
@pytest.mark.parametrize("newer", FINAL)
@pytest.mark.parametrize("dates", [(MORNING, NOON), (None, NOON), (MORNING, None), (None, None)])
def test_the_later_one_counts_by_its_date_or_else_by_the_time_when_it_was_sent(
    older: ItemStatus, newer: ItemStatus, dates: tuple[datetime | None, datetime | None]
) -> None:
    assert precedence(older, dates[0], AT_NINE) < precedence(newer, dates[1], AT_NOON)


@pytest.mark.parametrize("older", FINAL)
@pytest.mark.parametrize("newer", FINAL)
def test_a_date_counts_whenever_its_message_was_sent(older: ItemStatus, newer: ItemStatus) -> None:
    assert precedence(older, MORNING, AT_NOON) < precedence(newer, NOON, AT_NINE)


@pytest.mark.parametrize("other", NOT_SUCCESSFUL)
@pytest.mark.parametrize("date", [NOON, None])
@pytest.mark.parametrize("sent_at", [AT_NOON, 0])
def test_at_equal_times_or_where_no_time_is_known_a_success_counts_more(
    other: ItemStatus, date: datetime | None, sent_at: int
) -> None:
    assert precedence(ItemStatus.SUCCESSFUL, date, sent_at) > precedence(other, date, sent_at)


@pytest.mark.parametrize("status", FINAL)
def test_a_success_of_unknown_time_counts_more_than_everything_and_anything_else_of_unknown_time_less(
    status: ItemStatus,
) -> None:
    assert precedence(ItemStatus.SUCCESSFUL, None) > precedence(status, NOON, AT_NOON)
    assert precedence(ItemStatus.FAILED, None) < precedence(status, MORNING, AT_NINE)


def test_two_statuses_are_never_worth_the_same() -> None:
    assert len({precedence(status, NOON) for status in ItemStatus}) == len(ItemStatus)


def test_dates_are_compared_by_whole_seconds_and_in_any_time_zone() -> None:
    there = timezone(timedelta(hours=-5))
    within_the_second = NOON + timedelta(milliseconds=900)

    assert worth(within_the_second) == worth(NOON) == worth(NOON.astimezone(there))
    assert worth(NOON + timedelta(seconds=1)) > worth(within_the_second)


def worth(exported_at: datetime) -> Precedence:
    return precedence(ItemStatus.FAILED, exported_at)


@pytest.mark.parametrize(("ahead", "is_plausible"), [(-3600, True), (0, True), (300, True), (301, False)])
def test_a_date_is_plausible_up_to_five_minutes_ahead(ahead: int, *, is_plausible: bool) -> None:
    date = NOON + timedelta(seconds=ahead)

    assert plausible(date, NOON.timestamp()) == (date if is_plausible else None)
    assert plausible(None, NOON.timestamp()) is None


# -- against what Pleo stores ------------------------------------------------------------------------------


def item(status: ItemStatus, exported_at: datetime | None = None, sent_at: int = 0) -> Item:
    return item_of(JobKey(job()), entry(), status, exported_at, sent_at=sent_at)


@pytest.mark.parametrize("stored", [*NOT_FINAL, "", "something new"])
@pytest.mark.parametrize("status", ItemStatus)
def test_everything_may_follow_what_is_not_final(stored: str, status: ItemStatus) -> None:
    assert not StoredItem(stored, NOON).supersedes(item(status, MORNING, AT_NINE))


@pytest.mark.parametrize("stored", FINAL)
@pytest.mark.parametrize("status", NOT_FINAL)
@pytest.mark.parametrize("date", [MORNING, None])
def test_what_is_not_final_does_not_follow_what_is(
    stored: ItemStatus, status: ItemStatus, date: datetime | None
) -> None:
    assert StoredItem(stored, date).supersedes(item(status, NOON, AT_NOON))


@pytest.mark.parametrize("stored", [ItemStatus.FAILED, ItemStatus.SUCCESSFUL])
@pytest.mark.parametrize("status", FINAL)
def test_a_stored_date_counts_against_the_time_of_an_item(stored: ItemStatus, status: ItemStatus) -> None:
    assert StoredItem(stored, NOON).supersedes(item(status, MORNING, AT_NOON))
    assert StoredItem(stored, NOON).supersedes(item(status, None, AT_NINE))
    assert not StoredItem(stored, MORNING).supersedes(item(status, NOON, AT_NINE))
    assert not StoredItem(stored, MORNING).supersedes(item(status, None, AT_NOON))


@pytest.mark.parametrize(("date", "sent_at"), [(NOON, AT_NOON), (None, AT_NOON), (None, 0)])
def test_a_stored_success_without_a_date_stays_and_a_stored_failure_without_one_does_not(
    date: datetime | None, sent_at: int
) -> None:
    for status in NOT_SUCCESSFUL:
        assert StoredItem("successful").supersedes(item(status, date, sent_at))
    for status in (ItemStatus.FAILED, ItemStatus.SUCCESSFUL):
        assert not StoredItem("failed").supersedes(item(status, date, sent_at))


@pytest.mark.parametrize("status", FINAL)
def test_what_may_be_the_very_same_result_is_sent_again(status: ItemStatus) -> None:
    assert not StoredItem(status).supersedes(item(status, None, AT_NOON))
    assert not StoredItem(status, NOON).supersedes(item(status, NOON + timedelta(milliseconds=900)))


@pytest.mark.parametrize("status", FINAL)
@pytest.mark.parametrize("date", [NOON, None])
def test_an_abandoned_that_pleo_stores_stops_no_final_status(
    status: ItemStatus, date: datetime | None
) -> None:
    assert not StoredItem(ItemStatus.ABANDONED, date).supersedes(item(status, MORNING))
