"""Asking Pleo what it stores of the items that its answer left unconfirmed."""

import pytest

from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter.model import Delivered, Undelivered
from tests.unit.deliver.fakes import (
    JOB,
    OTHER_JOB,
    REFUSED,
    Request,
    accept,
    answer,
    error,
    items,
    page,
    refuse,
    scene,
    updated,
)


def test_the_lookup_asks_page_by_page_until_all_are_found() -> None:
    adapter, http = scene(
        refuse(1, 2),
        page({8: "failed", 1: "successful"}, more="NEXT+PAGE=/&"),
        page({9: "pending"}, more="AA"),
        page({2: "successful"}, more="BB"),
    )

    assert adapter.deliver(*items(1, 2)).all() == {Delivered("Pleo stored the status already")}
    assert [request.url.partition("/items")[2] for request in http.requests[1:]] == [
        "?limit=100",
        "?limit=100&after=NEXT%2BPAGE%3D%2F%26",
        "?limit=100&after=AA",
    ]


@pytest.mark.parametrize(
    "pagination",
    [
        {"hasNextPage": False, "endCursor": "AA"},
        {"hasNextPage": True},
        {"hasNextPage": True, "endCursor": None},
        {"hasNextPage": True, "endCursor": 7},
        {"hasNextPage": "yes", "endCursor": "AA"},
        {"hasNextPage": True, "endCursor": ""},
        {"hasNextPage": True, "endCursor": "\ud800"},
        {"hasNextPage": True, "endCursor": "A" * 1_000_000},
        {},
        None,
        [],
    ],
)
def test_a_lookup_ends_where_no_further_page_is_named(pagination: object) -> None:
    last = answer(200, {"data": [], "pagination": pagination})
    adapter, http = scene(refuse(1), last)

    assert adapter.deliver(*items(1)).of(1) == Delivered("accepted")
    assert http.methods == "PUT GET PUT"


def test_a_lookup_that_goes_round_in_circles_ends() -> None:
    adapter, http = scene(refuse(1), then=on_and_on)

    assert adapter.deliver(*items(1)).of(1) == Delivered("accepted")
    assert http.methods.count("GET") == 50


def on_and_on(request: Request) -> Answer:
    return page({7: "failed"}, more="AA") if request.method == "GET" else accept(request)


@pytest.mark.parametrize(
    "refusal",
    [
        error(403),
        error(404, "EXPORT_NOT_FOUND"),
        error(404),
        error(400),
        error(400, "UNSUPPORTED_API_VERSION"),
        error(422),
        *(error(status) for status in (302, 405, 409)),
    ],
)
def test_where_a_lookup_is_refused_the_item_is_sent_once_more_all_the_same(refusal: Answer) -> None:
    adapter, http = scene(refuse(1), refusal, accept)

    assert adapter.deliver(*items(1)).of(1) == Delivered("accepted")
    assert http.methods == "PUT GET PUT"


def test_what_a_lookup_found_before_it_was_refused_counts() -> None:
    adapter, http = scene(refuse(1, 2), page({1: "successful"}, more="AA"), error(403), accept)

    result = adapter.deliver(*items(1, 2))

    assert result.of(1) == Delivered("Pleo stored the status already")
    assert http.sent[-1] == [2]


@pytest.mark.parametrize(
    "passing",
    [
        error(500),
        error(429, retry_after="1"),
        NoAnswer("timeout", "slow"),
        answer(200, b"<html>"),
        answer(200, []),
    ],
)
def test_a_lookup_that_fails_for_now_is_tried_again(passing: Answer | NoAnswer) -> None:
    adapter, http = scene(refuse(1), passing, page({1: "successful"}))

    assert adapter.deliver(*items(1)).of(1) == Delivered("Pleo stored the status already")
    assert http.methods == "PUT GET GET"


def test_a_lookup_that_fails_to_the_end_gives_back_the_unconfirmed_items_and_no_others() -> None:
    def reply(request: Request) -> Answer:
        return error(500) if request.method == "GET" else updated(request, refused={1: REFUSED})

    adapter, _ = scene(then=reply)

    result = adapter.deliver(*items(*range(150)), *items(1, job=OTHER_JOB), *items(2, job=OTHER_JOB))

    failed = Undelivered("pleo_unavailable", "Pleo answered 500: SOME_ERROR, Some message.", 500)
    assert result.of(1) == result.of(1, OTHER_JOB) == failed
    assert {result.of(number) for number in range(2, 150)} == {Delivered("accepted")}
    assert result.of(2, OTHER_JOB) == Delivered("accepted")


def test_a_lookup_that_stays_unreadable_gives_back_the_unconfirmed_items() -> None:
    def reply(request: Request) -> Answer:
        return answer(203, b"{}") if request.method == "GET" else updated(request, refused={1: REFUSED})

    adapter, _ = scene(then=reply)

    told = Undelivered("unreadable_answer", "Pleo's list of the job's items is unreadable", 203)
    assert adapter.deliver(*items(1, 2)).of(1) == told


def test_credentials_refused_at_the_lookup_are_read_again() -> None:
    adapter, http = scene(refuse(1), error(401), page({1: "successful"}))
    adapter.store.tokens[JOB.company_id] = ["old", "new"]

    assert adapter.deliver(*items(1)).of(1) == Delivered("Pleo stored the status already")
    assert [request.headers["authorization"] for request in http.requests] == [
        "Bearer old",
        "Bearer old",
        "Bearer new",
    ]
