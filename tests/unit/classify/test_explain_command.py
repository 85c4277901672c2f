"""`export-adapter explain` as it is run."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from export_adapter_workstation.cli.explain import explain

FAULT = '{"Fault": {"Error": [{"code": "6240", "Detail": "Taken"}], "type": "ValidationFault"}}'


def run_explain(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(explain, list(arguments), input=given)


def lines_of(given: str) -> list[dict[str, object]]:
    ran = run_explain("--jsonl", given=given)
    assert ran.exit_code == 0, ran.output
    return [json.loads(line) for line in ran.output.splitlines()]


def test_a_line_in_is_a_line_out_in_the_same_order() -> None:
    asked = [
        {"id": 1, "system": "qbo", "failure": {"httpStatus": 400, "body": json.loads(FAULT)}},
        {"id": "two", "system": "xero", "failure": {"httpStatus": 429}},
    ]
    first, second = lines_of("\n".join(json.dumps(one) for one in asked))
    assert first == {
        "id": 1,
        "failureReasonType": "accounting_system_validation_failure",
        "failureReason": first["failureReason"],
        "rule": "quickbooks_online/duplicate-name",
        "retryable": False,
        "v3FailureReasonType": "accounting_system_validation_failure",
    }
    assert second["id"] == "two"
    assert second["retryable"] is True


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("nonsense", "not JSON"),
        ("[1]", "must be an object"),
        ('{"id": 7, "failure": {}}', "system: must be"),
        ('{"id": 7, "system": "xero"}', "failure: must be an object"),
        ('{"id": 7, "system": "xero", "failure": {"stage": "later"}}', "failure.stage: must be one of"),
        (
            '{"id": 7, "system": "xero", "failure": {"httpStatus": "x"}}',
            "failure.httpStatus: must be",
        ),
        ('{"id": 7, "system": "xero", "failure": {"headers": []}}', "failure.headers: must be"),
        ('{"id": 7, "system": "xero", "failure": {"message": {}}}', "failure.message: must be"),
    ],
)
def test_a_bad_line_gives_an_error_and_the_rest_goes_on(line: str, error: str) -> None:
    good = '{"id": 8, "system": "xero", "failure": {"httpStatus": 429}}'
    bad, after = lines_of(f"{line}\n\n{good}\n")
    assert error in str(bad["error"])
    assert after["rule"] == "general/status-429"


def test_a_person_sees_the_type_the_sentence_the_rule_and_what_was_read(tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(FAULT, encoding="utf-8")
    ran = run_explain("--system", "qbo", "--http-status", "400", "--stage", "create_entry", str(answer))
    assert ran.exit_code == 0, ran.output
    for told in (
        "accounting_system_validation_failure",
        "QuickBooks Online already has a record",
        "quickbooks_online/duplicate-name",
        "Intuit developer documentation",
        "read as",
        "6240",
        "Runners-up",
        "general/status-content",
    ):
        assert told in ran.output


def test_a_failure_as_in_the_contract_is_taken_as_one() -> None:
    failure = json.dumps({"failure": {"stage": "upload_receipt", "httpStatus": 413, "body": ""}})
    assert "receipt_file_size_limit_exceeded" in run_explain("--system", "xero", given=failure).output


def test_a_whole_message_is_refused_because_it_may_hold_many_failures() -> None:
    whole = json.dumps({"exportJobId": "any", "system": "xero", "results": []})

    ran = run_explain("--system", "xero", given=whole)

    assert ran.exit_code == 1
    assert "this is a whole message" in ran.output


def test_options_add_to_what_the_file_says() -> None:
    failure = json.dumps({"failure": {"httpStatus": 400, "headers": {"X-Rate-Limit-Problem": "day"}}})
    assert "xero/day-limit" in run_explain("--system", "xero", "--http-status", "429", given=failure).output


def test_the_finer_type_and_an_unmapped_failures_fingerprint_are_shown() -> None:
    ran = run_explain("--system", "qbo", "--code", "2500", "--message", "Accounts element id 7 not found")
    assert "account_unknown" in ran.output
    ran = run_explain("--system", "nobody", "--message", "The moon 4711 is 'blue'", "--http-status", "400")
    assert "the moon # is '…'" in ran.output


def test_a_system_is_needed_for_a_single_failure() -> None:
    ran = run_explain("-", given="x")
    assert ran.exit_code == 2
    assert "Name it with --system" in ran.output


def test_own_rules_come_first_and_bad_ones_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[[rule]]", encoding="utf-8")
    (tmp_path / "ours.toml").write_text(
        '[[rule]]\nid = "ours"\ncode = "6240"\nsituation = "unbalanced"\nsource = "Our list"',
        encoding="utf-8",
    )
    ran = run_explain("--system", "qbo", "--own-rules", str(tmp_path), "-", given=FAULT)
    assert "own/ours/ours" in ran.output
    assert "Refused: bad.toml, rule number 1, field id" in ran.output
