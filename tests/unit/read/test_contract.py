import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import export_adapter.read
from export_adapter.model import ItemStatus, Json, Stage
from export_adapter.read import contract
from tests.fakes.messages import company, entry, job, message, result

NULLABLE_IN_A_RESULT = (
    "exportedAt",
    "externalId",
    "externalUrl",
    "failure",
    "failureReasonType",
    "failureReason",
)
NULLABLE_IN_A_FAILURE = ("stage", "httpStatus", "headers", "body", "code", "message", "exception")
WRONG_FOR: dict[str, list[Json]] = {
    "exportJobId": [None, 7, True, [], {}, "", "x", job() + "\n", " " + job(), job()[:-1], "{" + job() + "}"],
    "companyId": [7, False, [], {}, "", "x", company() + "\n", "../" + company()],
    "system": [None, 7, [], {}, "", "   ", "x" * 101],
    "results": [None, 7, "x", {}, []],
}
WRONG_IN_A_RESULT: dict[str, list[Json]] = {
    "accountingEntryId": [None, 7, True, [], {}, "", "x", entry() + "\n", entry() + "0"],
    "status": [None, 7, True, [], {}, "", "done", "Failed", "successful "],
    "exportedAt": [
        7,
        True,
        [],
        {},
        "",
        "yesterday",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "2026-02-30T12:00:00Z",
    ],
    "externalId": [7, True, [], {}, "x" * 1001],
    "externalUrl": [
        7,
        [],
        {},
        "",
        "ftp://x",
        "javascript:alert(1)",
        "https://a b",
        "https://x\n",
        "https://" + "x" * 2000,
    ],
    "failure": [7, True, "text", []],
    "failureReasonType": [7, True, [], {}],
    "failureReason": [7, True, [], {}],
}
WRONG_IN_A_FAILURE: dict[str, list[Json]] = {
    "stage": [7, True, [], {}, "", "Connect", "paint"],
    "httpStatus": ["400", 99, 600, 0, -1, 400.5, True, [], {}, int("9" * 4000)],
    "headers": ["text", 7, []],
    "code": [True, 1.5, [], {}],
    "message": [7, True, [], {}],
    "exception": [7, True, [], {}],
}


def test_the_code_validates_against_the_very_file_that_is_published() -> None:
    published = Path(export_adapter.read.__file__).parent / contract.SCHEMA_FILE
    assert contract.schema() == json.loads(published.read_text(encoding="utf-8"))


def test_the_published_file_names_the_statuses_and_stages_of_the_code() -> None:
    definitions: Any = contract.schema()["definitions"]
    assert definitions["result"]["properties"]["status"]["enum"] == list(ItemStatus)
    assert definitions["failure"]["properties"]["stage"]["enum"] == [*Stage, None]


@pytest.mark.parametrize(
    ("field", "wrong"), [(field, wrong) for field, values in WRONG_FOR.items() for wrong in values]
)
def test_a_wrong_value_breaks_the_envelope_and_the_error_names_the_field(field: str, wrong: Json) -> None:
    error = contract.envelope_error({**message(result()), field: wrong})
    assert error is not None
    assert error.startswith(f"{field}: ")


@pytest.mark.parametrize("field", ["exportJobId", "system", "results"])
def test_an_envelope_without_a_field_that_is_needed_says_which(field: str) -> None:
    content = message(result())
    del content[field]
    assert contract.envelope_error(content) == f"must have {field}"


def test_rules_are_said_in_the_words_of_json() -> None:
    assert contract.envelope_error({}) == "must have exportJobId, results, system"
    assert contract.result_error({**result(), "status": "done"}) == (
        "results[].status: must be one of pending, in_progress, failed, successful, abandoned"
    )
    stage = contract.result_error(result(1, "failed", failure={"stage": "x"}))
    assert stage is not None
    assert stage.endswith("create_entry, upload_receipt, null")


@pytest.mark.parametrize(
    ("field", "wrong", "rule"),
    [
        ("exportJobId", "x", "must be a UUID"),
        ("companyId", "x", "must be a UUID"),
        ("companyId", 7, "must be a string or null"),
        ("system", "", "must not be empty"),
        ("system", " ", "must not be blank"),
        ("system", "x" * 101, "must have at most 100 characters"),
        ("results", {}, "must be an array"),
        ("results", [], "must not be empty"),
        ("results", [None] * 14_001, "must have at most 14000 elements"),
    ],
)
def test_an_error_in_the_envelope_says_the_rule_in_plain_words(field: str, wrong: Json, rule: str) -> None:
    assert contract.envelope_error({**message(result()), field: wrong}) == f"{field}: {rule}"


@pytest.mark.parametrize(
    ("field", "wrong", "rule"),
    [
        ("accountingEntryId", "x", "must be a UUID"),
        ("exportedAt", "yesterday", "must be a date and time (RFC 3339)"),
        ("externalUrl", "ftp://x", "must be an http or https URL without white space"),
        ("externalId", "x" * 1001, "must have at most 1000 characters"),
        ("failure", [], "must be an object or null"),
        ("failure.httpStatus", 99, "must be at least 100"),
        ("failure.httpStatus", 600, "must be at most 599"),
        ("failure.httpStatus", "400", "must be a whole number or null"),
        ("failure.code", 1.5, "must be a string or integer or null"),
    ],
)
def test_an_error_in_a_result_says_the_rule_in_plain_words(field: str, wrong: Json, rule: str) -> None:
    name, _, inner = field.partition(".")
    content = result(1, "failed", **{name: {inner: wrong} if inner else wrong})
    assert contract.result_error(content) == f"results[].{field}: {rule}"


def test_an_error_in_a_failure_by_itself_names_its_field() -> None:
    assert contract.failure_error({"stage": "connect", "unknown": 1}) is None
    assert contract.failure_error({"message": 7}) == "failure.message: must be a string or null"


def test_wrong_results_do_not_break_the_envelope() -> None:
    assert contract.envelope_error(message(None, 7, "x", [], {})) is None


@pytest.mark.parametrize("company_id", [company(), company().upper(), None])
def test_a_company_may_be_named_or_null(company_id: Json) -> None:
    assert contract.envelope_error(message(result(), companyId=company_id)) is None


@pytest.mark.parametrize(
    ("field", "wrong"), [(field, wrong) for field, values in WRONG_IN_A_RESULT.items() for wrong in values]
)
def test_a_wrong_value_breaks_a_result_and_the_error_names_the_field(field: str, wrong: Json) -> None:
    error = contract.result_error({**result(), field: wrong})
    assert error is not None
    assert error.startswith(f"results[].{field}: ")


@pytest.mark.parametrize(
    ("field", "wrong"), [(field, wrong) for field, values in WRONG_IN_A_FAILURE.items() for wrong in values]
)
def test_a_wrong_value_in_a_failure_breaks_the_result_and_the_error_names_the_field(
    field: str, wrong: Json
) -> None:
    error = contract.result_error(result(1, "failed", failure={field: wrong}))
    assert error is not None
    assert error.startswith(f"results[].failure.{field}: ")


@pytest.mark.parametrize("element", [None, 7, 1.5, True, "text", []])
def test_a_result_must_be_an_object(element: Json) -> None:
    assert contract.result_error(element) == "results[]: must be an object"


@pytest.mark.parametrize("field", ["accountingEntryId", "status"])
def test_a_result_without_a_field_that_is_needed_is_refused(field: str) -> None:
    content = result()
    del content[field]
    error = contract.result_error(content)
    assert error is not None
    assert error.startswith("results[]: must have")
    assert field in error


@pytest.mark.parametrize("field", NULLABLE_IN_A_RESULT)
def test_an_optional_field_of_a_result_may_be_null(field: str) -> None:
    assert contract.result_error(result(1, "failed", **{field: None})) is None


@pytest.mark.parametrize("field", NULLABLE_IN_A_FAILURE)
def test_an_optional_field_of_a_failure_may_be_null(field: str) -> None:
    assert contract.result_error(result(1, "failed", failure={field: None})) is None


@pytest.mark.parametrize("body", [None, True, 7, 1.5, "text", [], {}, [{"a": [1]}], {"a": {"b": None}}])
def test_the_body_of_a_failure_may_be_any_json_value(body: Json) -> None:
    assert contract.result_error(result(1, "failed", failure={"body": body})) is None


def test_fields_that_the_contract_does_not_name_are_let_through_everywhere() -> None:
    assert contract.envelope_error(message(result(), more={"a": 1})) is None
    assert contract.result_error(result(more=[1], failure={"more": "x"})) is None


def test_an_error_does_not_repeat_the_value() -> None:
    secret = "very-private"
    for field in WRONG_IN_A_RESULT:
        assert secret not in str(contract.result_error({**result(), field: [secret]}))
    assert secret not in str(contract.envelope_error(message(result(), exportJobId=secret)))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01t12:00:00z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01 12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00+05:30", datetime(2026, 3, 1, 6, 30, tzinfo=UTC)),
        ("2026-03-01T00:30:00+01:00", datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
        ("2026-03-01T12:00:00-00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.5Z", datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-03-01T12:00:00.123456789Z", datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2024-02-29T23:59:60Z", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_with_whatever_offset_it_came(text: str, moment: datetime) -> None:
    assert contract.parse_date_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-01",
        "12:00:00Z",
        "2026-03-01T12:00:00",
        "2026-03-01T12:00Z",
        "2026-03-01T25:00:00Z",
        "2026-13-01T12:00:00Z",
        "2026-03-01T12:00:61Z",
        "2026-03-01T12:00:00+25:00",
        "2026-03-01T12:00:00.Z",
        "2026-03-01T12:00:00Z\n",
        " 2026-03-01T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2026-03-01T12:00:00." + "0" * 1_000_000 + "Z",
        "\uff12026-03-01T12:00:00Z",
    ],
)
def test_what_is_no_rfc_3339_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        contract.parse_date_time(text)
    assert (
        contract.result_error(result(exportedAt=text))
        == "results[].exportedAt: must be a date and time (RFC 3339)"
    )
