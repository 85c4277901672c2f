"""What comes back, or is not final, is looked up before it is sent: Pleo may hold something better."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter.results import Delivered, Undelivered
from export_adapter.terms import ItemStatus
from tests.unit.deliver.fakes import JOB, OTHER_JOB, Request, accept, answer, error, items, page, scene

NEWER = Delivered("superseded: Pleo holds a newer terminal status for the entry")
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
@pytest.mark.parametrize("exported_at", [NOON, None])
def test_an_older_final_status_does_not_overwrite_a_newer_one_that_pleo_holds(
    held: str, status: ItemStatus, exported_at: datetime | None
) -> None:
    adapter, http = scene(page({1: held}, exported_at="2026-03-01T12:00:01Z"))

    result = adapter.deliver(*items(1, status=status, exported_at=exported_at, came_back=True))

    assert result.of(1) == NEWER
    assert http.methods == "GET"


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
        ("in_progress", "2026-03-01T13:00:00Z"),
        ("pending", "2026-03-01T13:00:00Z"),
        ("abandoned", "2026-03-01T13:00:00Z"),  # Pleo itself sets it
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
    adapter, http = scene(page({7: "successful"}, exported_at="2026-03-01T13:00:00Z"))

    assert adapter.deliver(*items(1, exported_at=NOON, came_back=True)).of(1) == ACCEPTED
    assert http.methods == "GET PUT"


def test_only_what_came_back_is_asked_for_and_the_rest_goes_along_in_the_same_request() -> None:
    adapter, http = scene(page({1: "successful", 3: "successful"}, exported_at="2026-03-01T13:00:00Z"))

    result = adapter.deliver(*items(1, 2, came_back=True, exported_at=NOON), *items(3, 4, exported_at=NOON))

    assert result.of(1) == NEWER
    assert {result.of(number) for number in (2, 3, 4)} == {ACCEPTED}
    assert http.methods == "GET PUT"
    assert http.sent == [[2, 3, 4]]


def test_items_of_several_batches_are_asked_for_together() -> None:
    adapter, http = scene(page(dict.fromkeys(range(150), "failed"), exported_at="2026-03-01T13:00:00Z"))

    assert adapter.deliver(*items(*range(150), exported_at=NOON, came_back=True)).all() == {NEWER}
    assert http.methods == "GET"


@pytest.mark.parametrize(("came_back", "pages"), [(True, 50), (False, 3)])
def test_a_status_that_is_not_final_is_worth_three_pages_and_what_came_back_fifty(
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
def test_where_pleo_cannot_be_asked_for_now_the_job_waits_and_no_other(
    passing: Answer | NoAnswer,
) -> None:
    def reply(request: Request) -> Answer | NoAnswer:
        return passing if request.method == "GET" and request.job_id == JOB.export_job_id else accept(request)

    adapter, http = scene(then=reply)

    result = adapter.deliver(*items(1, came_back=True), *items(1, came_back=True, job=OTHER_JOB), seconds=20)

    assert isinstance(result.of(1), Undelivered)
    assert result.of(1, OTHER_JOB) == ACCEPTED
    assert {request.job_id for request in http.requests if request.method == "PUT"} == {
        OTHER_JOB.export_job_id
    }


def test_what_this_environment_knows_to_be_superseded_takes_no_question() -> None:
    adapter, http = scene()
    adapter.deliver(*items(1, exported_at=NOON))

    late = adapter.deliver(*items(1, status=ItemStatus.PENDING, came_back=True))

    assert late.of(1) == Delivered("superseded: a terminal status was sent for the entry before")
    assert http.methods == "PUT"


def test_credentials_refused_at_the_question_are_not_tried_again_with_the_update() -> None:
    adapter, http = scene(then=error(401))

    result = adapter.deliver(*items(1, came_back=True), *items(2))

    assert {type(outcome).__name__ for outcome in result.all()} == {"Undelivered"}
    assert http.methods == "GET GET"


def test_a_newer_final_status_settles_an_item_that_pleo_refuses() -> None:
    adapter, http = scene(
        page({}),
        answer(200, {"data": [], "errors": []}),
        page({1: "successful"}, exported_at="2026-03-01T13:00:00Z"),
    )

    result = adapter.deliver(*items(1, status=ItemStatus.FAILED, exported_at=NOON, came_back=True))

    assert result.of(1) == NEWER
    assert http.methods == "GET PUT GET"
