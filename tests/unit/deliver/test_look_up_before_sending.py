"""What comes back, or is not final, is looked up before it is sent: Pleo may hold something better."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter.model import Delivered, ItemStatus, Superseded, Undelivered
from tests.unit.deliver.fakes import Request, accept, answer, error, items, page, scene

NEWER = Superseded("Pleo stores a result of the entry that counts more")
ACCEPTED = Delivered("accepted")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMINAL = [ItemStatus.FAILED, ItemStatus.SUCCESSFUL, ItemStatus.ABANDONED]


@pytest.mark.parametrize("status", TERMINAL)
def test_a_final_status_that_comes_for_the_first_time_is_sent_without_asking(status: ItemStatus) -> None:
    adapter, http = scene()

    adapter.deliver(*items(1, 2, status=status, exported_at=NOON))

    assert http.methods == "PUT"


@pytest.mark.parametrize("held", ["successful", "failed"])
@pytest.mark.parametrize("status", TERMINAL)
def test_an_older_final_status_does_not_overwrite_a_newer_one_that_pleo_holds(
    held: str, status: ItemStatus
) -> None:
    adapter, http = scene(page({1: held}, exported_at="2026-03-01T12:00:01Z"))

    result = adapter.deliver(*items(1, status=status, exported_at=NOON, came_back=True))

    assert result.of(1) == NEWER
    assert http.methods == "GET"


def test_a_failure_without_a_date_does_not_overwrite_a_success_but_a_success_overwrites_a_failure() -> None:
    adapter, http = scene(page({1: "successful", 2: "failed"}, exported_at="2026-03-01T12:00:01Z"))

    result = adapter.deliver(
        *items(1, status=ItemStatus.FAILED, came_back=True), *items(2, came_back=True), *items(3)
    )

    assert result.of(1) == NEWER
    assert result.of(2) == result.of(3) == ACCEPTED
    assert http.sent == [[2, 3]]


@pytest.mark.parametrize("held", ["successful", "failed", "abandoned"])
@pytest.mark.parametrize("status", [ItemStatus.PENDING, ItemStatus.IN_PROGRESS])
@pytest.mark.parametrize("came_back", [True, False])
def test_a_status_that_is_not_final_does_not_overwrite_one_that_is(
    held: str, status: ItemStatus, *, came_back: bool
) -> None:
    adapter, http = scene(page({1: held}))

    result = adapter.deliver(*items(1, status=status, exported_at=NOON, came_back=came_back))

    assert result.of(1) == NEWER
    assert http.methods == "GET"


@pytest.mark.parametrize(
    ("held", "exported_at"),
    [
        ("successful", "2026-03-01T12:00:00Z"),  # perhaps the very same result
        ("successful", "2026-03-01T11:59:59Z"),
        ("successful", "2026-03-01T14:00:00+02:00"),  # noon
        ("failed", None),
        ("failed", ""),
        ("failed", 7),
        ("failed", "lately"),
        ("in_progress", "2026-03-01T12:04:00Z"),
        ("pending", "2026-03-01T12:04:00Z"),
        ("abandoned", "2026-03-01T12:04:00Z"),  # Pleo itself sets it
    ],
)
def test_a_final_status_is_sent_again_where_pleo_holds_nothing_newer(held: str, exported_at: object) -> None:
    adapter, http = scene(page({1: held}, exported_at=exported_at))
    [item] = items(1, exported_at=NOON + timedelta(milliseconds=500), came_back=True)

    assert adapter.deliver(item).of(1) == ACCEPTED
    assert http.methods == "GET PUT"


@pytest.mark.parametrize("held", ["2026-03-01T12:00:01", "2026-03-01T13:00:01+01:00"])
def test_moments_are_compared_whatever_their_time_zones(held: str) -> None:
    adapter, _ = scene(then=lambda _: page({1: "successful"}, exported_at=held))
    there = timezone(timedelta(hours=-5))

    assert adapter.deliver(*items(1, exported_at=NOON.astimezone(there), came_back=True)).of(1) == NEWER


def test_what_pleo_does_not_hold_is_sent() -> None:
    adapter, http = scene(page({7: "successful"}, exported_at="2026-03-01T12:04:00Z"))

    assert adapter.deliver(*items(1, exported_at=NOON, came_back=True)).of(1) == ACCEPTED
    assert http.methods == "GET PUT"


def test_only_what_came_back_is_asked_for_and_the_rest_goes_along_in_the_same_request() -> None:
    adapter, http = scene(page({1: "successful", 3: "successful"}, exported_at="2026-03-01T12:04:00Z"))

    result = adapter.deliver(*items(1, 2, came_back=True, exported_at=NOON), *items(3, 4, exported_at=NOON))

    assert result.of(1) == NEWER
    assert {result.of(number) for number in (2, 3, 4)} == {ACCEPTED}
    assert http.methods == "GET PUT"
    assert http.sent == [[2, 3, 4]]


def test_items_of_several_batches_are_asked_for_together() -> None:
    adapter, http = scene(page(dict.fromkeys(range(150), "failed"), exported_at="2026-03-01T12:04:00Z"))

    assert adapter.deliver(*items(*range(150), exported_at=NOON, came_back=True)).all() == {NEWER}
    assert http.methods == "GET"


@pytest.mark.parametrize(("came_back", "pages"), [(True, 10), (False, 3)])
def test_a_status_that_is_not_final_is_worth_three_pages_and_what_came_back_ten(
    *, came_back: bool, pages: int
) -> None:
    def reply(request: Request) -> Answer:
        return page({7: "failed"}, more="AA") if request.method == "GET" else accept(request)

    adapter, http = scene(then=reply)

    adapter.deliver(*items(1, status=ItemStatus.PENDING), *items(2, came_back=came_back))

    assert http.methods.count("GET") == pages
    assert http.sent == [[1, 2]]


@pytest.mark.parametrize(
    "refusal",
    [
        error(403),
        error(404),
        error(404, "EXPORT_NOT_FOUND"),
        error(400, "UNSUPPORTED_API_VERSION"),
        error(405),
    ],
)
def test_where_pleo_cannot_be_asked_what_came_back_is_sent_all_the_same(refusal: Answer) -> None:
    adapter, http = scene(refusal)

    assert adapter.deliver(*items(1, came_back=True)).of(1) == ACCEPTED
    assert http.methods == "GET PUT"


@pytest.mark.parametrize("passing", [error(503), NoAnswer("timeout", "slow"), answer(200, b"<html>")])
def test_where_pleo_cannot_be_asked_for_now_what_came_back_is_sent_after_a_third_of_the_time(
    passing: Answer | NoAnswer,
) -> None:
    adapter, http = scene(then=lambda request: passing if request.method == "GET" else accept(request))
    begun = adapter.clock.now

    result = adapter.deliver(*items(1, came_back=True), *items(2), seconds=30)

    assert result.all() == {ACCEPTED}
    assert http.sent == [[1, 2]]
    assert adapter.clock.now - begun <= 10


def test_a_job_that_cannot_be_listed_in_time_is_delivered_all_the_same() -> None:
    def reply(request: Request) -> Answer:
        return page({7: "failed"}, more="AA") if request.method == "GET" else accept(request)

    adapter, http = scene(then=reply, seconds=4)

    assert adapter.deliver(*items(1, came_back=True), seconds=30).all() == {ACCEPTED}
    assert http.methods == "GET GET GET PUT"


def test_what_was_found_before_the_time_was_up_counts() -> None:
    adapter, http = scene(
        page({1: "successful"}, more="AA", exported_at="2026-03-01T12:04:00Z"),
        then=lambda request: error(503) if request.method == "GET" else accept(request),
    )

    result = adapter.deliver(*items(1, 2, exported_at=NOON, came_back=True), seconds=30)

    assert result.of(1) == NEWER
    assert result.of(2) == ACCEPTED
    assert http.sent == [[2]]


def test_a_pleo_that_asks_to_wait_for_no_time_does_not_keep_what_came_back_from_being_sent() -> None:
    again = error(503, retry_after="0")
    adapter, http = scene(then=lambda request: again if request.method == "GET" else accept(request))

    assert adapter.deliver(*items(1, came_back=True), seconds=30).all() == {ACCEPTED}
    assert http.sent == [[1]]


@pytest.mark.parametrize("wait", ["3600", "12"])
def test_a_pleo_that_asks_to_wait_is_not_sent_anything_of_what_it_was_asked_for(wait: str) -> None:
    adapter, http = scene(error(429, retry_after=wait))

    result = adapter.deliver(*items(1, came_back=True), *items(2), seconds=30)

    waiting = result.of(1)
    assert isinstance(waiting, Undelivered)
    assert waiting.retry_after == float(wait)
    assert result.of(2) == ACCEPTED
    assert http.methods == "GET PUT"


def test_what_this_environment_knows_to_be_superseded_takes_no_question() -> None:
    adapter, http = scene()
    adapter.deliver(*items(1, exported_at=NOON))

    late = adapter.deliver(*items(1, status=ItemStatus.PENDING, came_back=True))

    assert late.of(1) == Superseded("a result of the entry that counts more was sent before")
    assert http.methods == "PUT"


def test_credentials_refused_at_the_question_are_not_tried_again_with_the_update() -> None:
    adapter, http = scene(then=error(401))

    result = adapter.deliver(*items(1, came_back=True), *items(2))

    assert {type(outcome).__name__ for outcome in result.all()} == {"Undelivered"}
    assert http.methods == "GET GET"


def test_what_pleo_turned_out_to_hold_already_is_not_overwritten_by_something_older() -> None:
    adapter, _ = scene(answer(200, {"data": [], "errors": []}), page({1: "successful"}))
    adapter.deliver(*items(1, exported_at=NOON))

    older = adapter.deliver(*items(1, status=ItemStatus.FAILED, exported_at=NOON - timedelta(hours=1)))

    assert older.of(1) == Superseded("a result of the entry that counts more was sent before")


def test_a_newer_final_status_settles_an_item_that_pleo_refuses() -> None:
    adapter, http = scene(
        page({}),
        answer(200, {"data": [], "errors": []}),
        page({1: "successful"}, exported_at="2026-03-01T12:04:00Z"),
    )

    result = adapter.deliver(*items(1, status=ItemStatus.FAILED, exported_at=NOON, came_back=True))

    assert result.of(1) == NEWER
    assert http.methods == "GET PUT GET"
