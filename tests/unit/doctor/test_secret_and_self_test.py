"""What the doctor makes of the secret, and of the function's test of itself."""

from typing import Any

import pytest

from export_adapter.model import Json
from export_adapter_workstation.stack.finding import Finding, FindingState
from tests.unit.doctor.well import RULES_PASS, examined, only, refusal, states, wrong

NO_CREDENTIALS: Json = {"name": "credentials", "passed": False, "said": "it has neither (arn:secret)"}
EMPTY = refusal("ResourceNotFoundException", "can't find the specified secret value for staging label")


@pytest.mark.parametrize(
    "secret", [EMPTY, "", "no JSON", "[]", '{"token": "hunter2"}', '{"apiKey": "two words"}']
)
def test_a_secret_of_the_wrong_form_is_wrong_and_its_value_is_never_told(secret: Any) -> None:  # noqa: ANN401
    found = only(FindingState.WRONG, examined(secret=secret))
    assert found.what == "secret"
    assert "put-secret-value --secret-id arn:secret" in (found.fix or "")
    assert "hunter2" not in f"{found}"
    assert "two words" not in f"{found}"


def test_whoever_puts_a_secret_is_told_what_goes_into_the_file_and_to_delete_it() -> None:
    hint = only(FindingState.WRONG, examined(secret=EMPTY)).hint or ""
    assert '{"accessToken": "..."}' in hint
    assert "delete the file afterwards" in hint


def test_a_secret_that_is_to_be_deleted_can_be_restored() -> None:
    message = "You can't perform this operation on the secret because it was marked for deletion."
    said, fix = wrong(secret=refusal("InvalidRequestException", message))
    assert "scheduled for deletion" in said
    assert fix == "aws secretsmanager restore-secret --secret-id arn:secret --profile ops"


@pytest.mark.parametrize("secret", ['{"accessToken": "test"}', '{"apiKey": "test"}'])
def test_a_secret_of_the_right_form_is_well(secret: str) -> None:
    assert states(examined(secret=secret))["secret"] is FindingState.OK


def test_the_default_secret_may_be_empty_where_every_company_has_its_own() -> None:
    live = {"Environment": {"Variables": {"MAX_RECEIVE_COUNT": "5", "PLEO_SECRET_ID": "x/{companyId}"}}}
    assert only(FindingState.NOTE, examined(secret=EMPTY, live=live)).what == "secret"


def self_test(*checks: Json, **changes: Any) -> list[Finding]:  # noqa: ANN401
    return examined(self_test={"selfTest": {"passed": False, "checks": list(checks)}}, **changes)


def test_each_check_of_the_functions_self_test_is_told_with_its_fix() -> None:
    found = self_test(RULES_PASS, {"name": "pleo", "passed": False, "said": "Pleo answered 503\x1b[2J"})
    assert states(found)["self-test: rules"] is FindingState.OK
    pleo = only(FindingState.WRONG, found)
    assert (pleo.what, pleo.said) == ("self-test: pleo", "Pleo answered 503 [2J")
    assert pleo.fix == "https://status.pleo.io, then docs/operations.md#pleo-errors"


def test_a_function_that_fails_is_wrong() -> None:
    error = {"errorType": "InvalidSettingError", "errorMessage": "PLEO_BASE_URL is not set"}
    said, fix = wrong(function_error="Unhandled", self_test=error)
    assert "InvalidSettingError PLEO_BASE_URL is not set" in said
    assert fix == "docs/operations.md#function-errors"


@pytest.mark.parametrize("answer", [{"batchItemFailures": []}, [], None])
def test_a_function_without_a_self_test_is_not_known(answer: Any) -> None:  # noqa: ANN401
    found = examined(self_test=refusal("X") if answer is None else {"selfTest": answer})
    assert states(found)["self-test"] is FindingState.NOT_KNOWN


@pytest.mark.parametrize("said", ["Pleo answered 401: no such key", "Pleo answered 403: wrong company"])
def test_credentials_that_pleo_refuses_are_told_from_an_outage_of_pleo(said: str) -> None:
    found = only(FindingState.WRONG, self_test({"name": "pleo", "passed": False, "said": said}))
    assert "put-secret-value --secret-id arn:secret" in (found.fix or "")
    assert "docs/operations.md#credentials-refused" in (found.hint or "")


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (True, "answers; there were no credentials to show"),
        (False, "Pleo answered 403"),
        (False, "not asked: there are no credentials"),
    ],
)
def test_a_wrong_secret_is_counted_once_and_what_depends_on_it_is_not_known(
    *, passed: bool, said: str
) -> None:
    found = self_test(NO_CREDENTIALS, {"name": "pleo", "passed": passed, "said": said}, secret="{}")
    assert only(FindingState.WRONG, found).what == "secret"
    assert states(found)["self-test: credentials"] is FindingState.NOT_KNOWN
    assert states(found)["self-test: pleo"] is FindingState.NOT_KNOWN


def test_an_outage_of_pleo_is_wrong_also_where_there_are_no_credentials() -> None:
    outage: Json = {"name": "pleo", "passed": False, "said": "Pleo answered 503"}
    assert states(self_test(NO_CREDENTIALS, outage, secret="{}"))["self-test: pleo"] is FindingState.WRONG


def test_a_secret_that_only_the_function_cannot_read_is_not_put_again() -> None:
    found = only(FindingState.WRONG, self_test(NO_CREDENTIALS))
    assert "the secret can be read from here" in found.said
    assert (found.fix or "").startswith(".venv/bin/sam build && .venv/bin/sam deploy")


def test_a_secret_that_could_not_be_checked_from_here_is_put_again() -> None:
    found = only(FindingState.WRONG, self_test(NO_CREDENTIALS, secret=refusal("AccessDeniedException")))
    assert "put-secret-value" in (found.fix or "")
