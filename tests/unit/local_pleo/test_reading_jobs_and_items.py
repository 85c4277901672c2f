import pytest

from export_adapter_workstation.local.pleo import LocalPleo
from tests.unit.local_pleo.calling import COMPANY, JOB, OTHER_JOB, Caller, entry, hold_job, update


def test_a_job_is_shown_with_its_dates_in_whole_seconds(caller: Caller) -> None:
    shown = caller.job().json["data"]
    assert shown["id"] == JOB
    assert shown["companyId"] == COMPANY
    assert shown["status"] == "in_progress"
    assert (shown["numberOfItems"], shown["expiresIn"]) == (3, 3600)
    assert shown["lastUpdatedAt"] == "2026-03-01T12:00:00Z"
    assert shown["completedAt"] is None


def test_a_job_that_does_not_exist_is_not_found(caller: Caller) -> None:
    assert caller.job(OTHER_JOB).error == (404, "EXPORT_NOT_FOUND")
    assert caller.items(job=OTHER_JOB).error == (404, "EXPORT_NOT_FOUND")


def test_the_items_of_a_job_can_be_filtered_by_status(caller: Caller) -> None:
    caller.put(update(2, "failed"))
    assert [item["accountingEntryId"] for item in caller.items("?status=failed").json["data"]] == [entry(2)]
    assert caller.items("?status=pending").json["pagination"]["total"] == 2


def test_a_status_that_no_item_can_have_is_a_bad_request(caller: Caller) -> None:
    assert caller.items("?status=done").error == (400, "BAD_REQUEST")


def test_following_the_end_cursor_shows_every_item_once(pleo: LocalPleo, caller: Caller) -> None:
    hold_job(pleo, 120, job=OTHER_JOB)
    page = caller.items(job=OTHER_JOB).json
    seen = [item["accountingEntryId"] for item in page["data"]]
    while page["pagination"]["hasNextPage"]:
        page = caller.items(f"?after={page['pagination']['endCursor']}", job=OTHER_JOB).json
        seen += [item["accountingEntryId"] for item in page["data"]]
    assert seen == [entry(number) for number in range(1, 121)]
    assert len(pages_of(pleo)) == 3


def pages_of(pleo: LocalPleo) -> list[str]:
    return [one.path for one in pleo.requests.all() if one.method == "GET"]


def test_a_cursor_keeps_its_place_when_its_item_leaves_the_filter(caller: Caller) -> None:
    first = caller.items("?status=pending&limit=1").json["pagination"]
    assert first["hasNextPage"] is True
    caller.put(update(1))
    second = caller.items(f"?status=pending&limit=1&after={first['endCursor']}").json
    assert [item["accountingEntryId"] for item in second["data"]] == [entry(2)]


def test_before_shows_the_page_ahead_of_a_cursor(caller: Caller) -> None:
    cursor = caller.items("?offset=2").json["pagination"]["startCursor"]
    page = caller.items(f"?limit=1&before={cursor}").json
    assert [item["accountingEntryId"] for item in page["data"]] == [entry(2)]
    assert page["pagination"]["hasPreviousPage"] is True


def test_a_limit_above_a_hundred_is_cut_and_the_page_says_that_there_is_more(
    pleo: LocalPleo, caller: Caller
) -> None:
    hold_job(pleo, 120, job=OTHER_JOB)
    page = caller.items("?limit=1000", job=OTHER_JOB).json
    assert len(page["data"]) == 100
    assert page["pagination"]["hasNextPage"] is True


def test_an_empty_page_has_no_cursors(caller: Caller) -> None:
    page = caller.items("?offset=10").json
    assert page["data"] == []
    assert not {"startCursor", "endCursor"} & set(page["pagination"])


@pytest.mark.parametrize(
    "query",
    [
        "?after=A&before=A",
        "?after=A&offset=1",
        "?after=nothing",
        "?after=MFRGG===",
        "?limit=-1",
        "?limit=x",
        "?limit=99999999999",
        "?offset=",
    ],
)
def test_illegal_paging_is_a_bad_request(caller: Caller, query: str) -> None:
    assert caller.items(query).error == (400, "BAD_REQUEST")
