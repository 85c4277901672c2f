import pytest

from export_adapter_workstation.local.pleo import LocalPleo
from tests.unit.local.calling import OTHER_JOB, Caller, add_job, entry


def test_a_job_that_does_not_exist_is_not_found(caller: Caller) -> None:
    assert caller.items(job=OTHER_JOB).error == (404, "EXPORT_NOT_FOUND")


def test_following_the_end_cursor_shows_every_item_once(pleo: LocalPleo, caller: Caller) -> None:
    add_job(pleo, 120, job=OTHER_JOB)
    page = caller.items(job=OTHER_JOB).json
    seen = [item["accountingEntryId"] for item in page["data"]]
    while page["pagination"]["hasNextPage"]:
        page = caller.items(f"?after={page['pagination']['endCursor']}", job=OTHER_JOB).json
        seen += [item["accountingEntryId"] for item in page["data"]]
    assert seen == [entry(number) for number in range(1, 121)]
    assert len(pages_of(pleo)) == 3


def pages_of(pleo: LocalPleo) -> list[str]:
    return [one.path for one in pleo.requests() if one.method == "GET"]


def test_a_limit_above_a_hundred_is_cut_and_the_page_says_that_there_is_more(
    pleo: LocalPleo, caller: Caller
) -> None:
    add_job(pleo, 120, job=OTHER_JOB)
    page = caller.items("?limit=1000", job=OTHER_JOB).json
    assert len(page["data"]) == 100
    assert page["pagination"]["hasNextPage"] is True


def test_an_empty_page_has_no_cursors(caller: Caller) -> None:
    page = caller.items("?limit=0").json
    assert page["data"] == []
    assert not {"startCursor", "endCursor"} & set(page["pagination"])


@pytest.mark.parametrize(
    "query",
    [
        "?after=nothing",
        "?after=MFRGG===",
        "?limit=-1",
        "?limit=x",
        "?limit=",
        "?limit=99999999999",
        "?status=failed",
        "?offset=1",
    ],
)
def test_a_query_that_is_invalid_or_unknown_is_a_bad_request(caller: Caller, query: str) -> None:
    assert caller.items(query).error == (400, "BAD_REQUEST")
