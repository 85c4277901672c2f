"""What is said of a message before it is sent: every violation by field and rule, and doubtful names."""

import json
import time

import pytest

from export_adapter.model import Json
from export_adapter_workstation.message_check import Checked, check
from tests.fakes.messages import company, in_cloudevent, in_eventbridge, in_sns, message, result


def text(content: Json) -> str:
    return json.dumps(content)


def problems(*results: Json, **fields: Json) -> list[str]:
    return list(check(text(message(*results, **fields))).problems)


def warnings(*results: Json, **fields: Json) -> dict[str, str]:
    """What each doubtful field was probably meant to be."""
    found = check(text(message(*results, **fields))).warnings
    return {one.split(":")[0]: one.rpartition("mean ")[2].rstrip("?") for one in found}


@pytest.mark.parametrize("wrap", [lambda content: content, in_eventbridge, in_sns, in_cloudevent])
def test_a_good_message_bare_or_wrapped_has_no_problem_and_names_its_company(wrap: object) -> None:
    assert callable(wrap)
    body = text(wrap(message(result(1), companyId=company().upper())))
    assert check(body) == Checked((), (), company())


def test_a_message_without_a_company_has_none() -> None:
    assert check(text(message(result(1)))).company_id is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "is empty"),
        ("no JSON", "body is not JSON: Expecting value at line 1 column 1"),
        (text({"exportJobId": "x", "system": "xero"}), "must have results"),
        (text(message()), "results: must have at least 1 element"),
        ('"\x00"', "contains the character U+0000, which SQS does not take: escape it"),
        ("x" * 1_048_577, "has 1048577 bytes; SQS takes 1048576. Split its results over several messages"),
    ],
)
def test_what_cannot_be_delivered_says_why(body: str, reason: str) -> None:
    assert reason in check(body).problems


def test_every_violation_is_named_not_only_the_first() -> None:
    bad = result(1, "done", exportedAt="yesterday", externalUrl="ftp://x", failure={"httpStatus": 99})
    found = problems(bad | {"accountingEntryId": "x"}, exportJobId="x", companyId=7, system=" ")
    assert set(found) == {
        "exportJobId: must be a UUID",
        "companyId: must be a UUID",
        "system: must not be blank",
        "results[0].accountingEntryId: must be a UUID",
        "results[0].status: must be one of pending, in_progress, failed, successful, abandoned",
        "results[0].exportedAt: must be an RFC 3339 date and time, such as 2026-03-01T12:00:00Z",
        "results[0].externalUrl: must be a web address (http or https)",
        "results[0].failure.httpStatus: must be at least 100",
    }


def test_a_rule_that_many_results_break_is_named_once_with_its_first_place() -> None:
    good, bad = result(1), result(2, "done")
    (problem,) = problems(good, bad, bad, bad)
    assert problem.startswith("results[1].status: must be one of pending, ")
    assert problem.endswith(" (and 2 more results)")


def test_missing_fields_are_named() -> None:
    assert problems({"externalId": "1"}) == [
        "results[0]: must have accountingEntryId, status",
    ]


def test_what_only_the_function_sees_is_told_in_its_words() -> None:
    body = text(message(result(1))).replace('"status"', '"status": "failed", "status"')
    assert check(body).problems == ("results[].status: the key comes twice in one object",)


def test_values_are_never_repeated() -> None:
    assert "correcthorse" not in "".join(problems(result(1, "correcthorse", externalId=["correcthorse"])))


def test_names_that_are_nearly_the_contracts_are_doubtful() -> None:
    failure: Json = {"httpstatus": 400, "respons": "x", "mesage": "x", "traceId": "fine"}
    doubtful = result(1, "failed", externalID="x", respons="x", failure=failure, reference="fine")
    assert warnings(doubtful, doubtful, companyID=company(), tenant="fine") == {
        "companyID": "companyId",
        "results[].externalID": "externalId",
        "results[].respons": "failure.body",
        "results[].failure.httpstatus": "httpStatus",
        "results[].failure.respons": "body",
        "results[].failure.mesage": "message",
    }


def test_what_an_accounting_system_answered_may_have_any_names() -> None:
    assert warnings(result(1, "failed", failure={"body": {"Status": 1, "externalID": 2}})) == {}


def test_the_contract_is_left_aside_where_a_person_wants_to_see_a_message_parked() -> None:
    assert check("no JSON", against_contract=False) == Checked((), (), None)


def test_a_message_with_thousands_of_bad_results_is_checked_in_seconds() -> None:
    began = time.monotonic()
    bad: list[Json] = [{"x": number} for number in range(14_000)]
    found = problems(*bad)
    assert found[0].startswith("results[0]: must have accountingEntryId, status (and ")
    assert time.monotonic() - began < 20
