"""What a delivery reports of its requests and of its bugs."""

import pytest

from export_adapter.deliver.http import Answer, NoAnswer
from tests.unit.deliver.fakes import (
    JOB,
    Reply,
    Request,
    answer,
    entry,
    error,
    items,
    scene,
)


@pytest.mark.parametrize(
    ("replies", "went_wrong"),
    [
        ([error(503)], [True, False]),
        ([NoAnswer("timeout", "slow")], [True, False]),
        ([answer(200, b"<html>")], [True, False]),
        ([error(302)], [True]),
        ([error(404)], [True]),
        ([error(403)], [False]),
        ([error(401)], [False, False]),
        ([error(400)], [False]),
        ([error(413)], [False]),
        ([error(422, "EXPORT_JOB_STATUS_UNPROCESSABLE")], [False]),
        ([], [False]),
    ],
)
def test_a_request_went_wrong_where_neither_an_item_nor_a_companys_credentials_were_the_reason(
    replies: list[Reply], went_wrong: list[bool]
) -> None:
    adapter, _ = scene(*replies)

    exchanges = adapter.deliver(*items(1)).report.exchanges

    assert [exchange.went_wrong for exchange in exchanges] == went_wrong


def test_a_bug_names_its_job_and_the_entries_that_it_affected() -> None:
    def break_down(_: Request) -> Answer:
        raise ZeroDivisionError

    adapter, _ = scene(then=break_down)

    (bug,) = adapter.deliver(*items(7)).report.bugs

    assert isinstance(bug.error, ZeroDivisionError)
    assert (bug.job, bug.accounting_entry_ids) == (JOB, (entry(7),))
