"""Batches that Pleo refuses as a whole: split, until the rest goes through."""

import pytest

from export_adapter.deliver.http import Answer
from export_adapter.model import Delivered, ErrorType, Rejected, Undelivered
from tests.unit.deliver.fakes import (
    OTHER_JOB,
    Reply,
    Request,
    accept,
    error,
    items,
    scene,
)


def refusing(*bad: int, status: int = 400) -> Reply:
    """Refuse every request that holds one of the bad entries."""

    def reply(request: Request) -> Answer:
        return error(status, "BAD_REQUEST") if set(bad) & set(request.entries) else accept(request)

    return reply


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_batch_is_halved_until_the_bad_item_stands_alone(status: int) -> None:
    adapter, http = scene(then=refusing(2, status=status))

    result = adapter.deliver(*items(0, 1, 2, 3))

    told = f"Pleo answered {status}: BAD_REQUEST, Some message."
    assert result.of(2) == Rejected(ErrorType.REQUEST_REJECTED, told, status)
    assert [result.of(number) for number in (0, 1, 3)] == [Delivered("accepted")] * 3
    assert http.sent == [[0, 1, 2, 3], [0, 1], [2, 3], [2], [3]]


@pytest.mark.parametrize(
    ("bad", "requests"), [([], 1), ([0], 15), ([99], 13), ([0, 99], 25), (range(100), 199)]
)
def test_a_hundred_items_take_as_few_requests_as_halving_allows(bad: list[int], requests: int) -> None:
    adapter, http = scene(then=refusing(*bad))

    result = adapter.deliver(*items(*range(100)))

    assert {number for number in range(100) if isinstance(result.of(number), Rejected)} == set(bad)
    assert len(http.requests) == requests


def test_an_api_version_that_pleo_has_given_up_is_not_the_items_fault() -> None:
    adapter, http = scene(then=error(400, "UNSUPPORTED_API_VERSION", "Upgrade to Export API v3 or higher."))

    result = adapter.deliver(*items(1, 2))

    told = "Pleo answered 400: UNSUPPORTED_API_VERSION, Upgrade to Export API v3 or higher."
    assert result.all() == {Undelivered("unsupported_api_version", told, 400)}
    assert len(http.requests) == 1


def test_a_413_halves_the_batch_and_the_smaller_size_is_kept() -> None:
    def at_most_30(request: Request) -> Answer:
        return error(413, "EXPORT_JOB_ITEMS_UPDATE_LIMIT") if len(request.entries) > 30 else accept(request)

    adapter, http = scene(then=at_most_30)

    assert adapter.deliver(*items(*range(100))).kinds() == {"Delivered"}
    assert [len(sent) for sent in http.sent] == [100, 50, 25, 25, 25, 25]
    http.requests.clear()

    assert adapter.deliver(*items(*range(60), job=OTHER_JOB)).kinds() == {"Delivered"}
    assert [len(sent) for sent in http.sent] == [25, 25, 10]


def test_a_pleo_that_takes_one_item_at_a_time_is_sent_one_at_a_time() -> None:
    def one_only(request: Request) -> Answer:
        return error(413) if len(request.entries) > 1 else accept(request)

    adapter, http = scene(then=one_only)

    assert adapter.deliver(*items(1, 2, 3)).kinds() == {"Delivered"}
    assert http.sent == [[1, 2, 3], [1, 2], [1], [2], [3]]
    assert adapter.limit.items == 1


def test_items_stay_in_order_however_they_are_split() -> None:
    adapter, http = scene(error(413), error(400))

    adapter.deliver(*items(*range(10)))

    assert http.sent[1:] == [[0, 1, 2, 3, 4], [0, 1, 2], [3, 4], [5, 6, 7, 8, 9]]


def test_one_item_that_is_always_too_large_does_not_make_the_others_go_one_by_one() -> None:
    adapter, http = scene(then=lambda request: error(413) if 7 in request.entries else accept(request))

    result = adapter.deliver(*items(*range(1, 101)))

    assert result.of(7) == Rejected(
        ErrorType.REQUEST_REJECTED, "Pleo answered 413: SOME_ERROR, Some message.", 413
    )
    assert [result.of(number) for number in range(1, 101) if number != 7] == [Delivered("accepted")] * 99
    assert len(http.requests) < 20
    assert adapter.limit.items == 100


def test_a_single_item_that_is_too_large_is_rejected_and_lowers_nothing_further() -> None:
    adapter, http = scene(error(413))

    result = adapter.deliver(*items(1))

    told = "Pleo answered 413: SOME_ERROR, Some message."
    assert result.of(1) == Rejected(ErrorType.REQUEST_REJECTED, told, 413)
    assert adapter.limit.items == 100
    assert len(http.requests) == 1
