"""What the doctor makes of the function's test of itself."""

from collections.abc import Mapping

import pytest

from export_adapter.model import Json
from export_adapter_workstation.stack.doctor.finding import Finding, State
from export_adapter_workstation.stack.doctor.self_test import self_test_findings
from tests.unit.doctor.well import STACK, states, wrong

NO_CREDENTIALS: Json = {"name": "credentials", "passed": False, "said": "it has neither (arn:secret)"}


def self_test(*checks: Json, secret: State = State.WELL, **answer: Json) -> list[Finding]:
    given: Mapping[str, Json] = {"selfTest": {"passed": False, "checks": list(checks)}, **answer}
    return list(self_test_findings(given, STACK, secret=secret))


def test_each_check_of_the_functions_self_test_is_told_with_what_mends_it() -> None:
    found = self_test(
        {"name": "rules", "passed": True, "said": "valid"},
        {"name": "pleo", "passed": False, "said": "Pleo answered 503\x1b[2J"},
    )
    assert states(found) == {"self-test: rules": State.WELL, "self-test: pleo": State.WRONG}
    assert wrong(found) == (
        "Pleo answered 503 [2J",
        "https://status.pleo.io, then docs/operations.md#pleo-errors",
    )


def test_a_function_that_breaks_is_wrong() -> None:
    said, mend = wrong(
        self_test(
            functionError="Unhandled",
            errorType="InvalidSettingError",
            errorMessage="PLEO_BASE_URL is not set",
        )
    )
    assert "InvalidSettingError PLEO_BASE_URL is not set" in said
    assert mend == "docs/operations.md#function-errors"


def test_a_function_without_a_self_test_is_not_known() -> None:
    assert states(self_test_findings({"batchItemFailures": []}, STACK)) == {"self-test": State.NOT_KNOWN}


@pytest.mark.parametrize("said", ["Pleo answered 401: no such key", "Pleo answered 403: wrong company"])
def test_credentials_that_pleo_refuses_are_no_outage_of_pleo(said: str) -> None:
    (found,) = self_test({"name": "pleo", "passed": False, "said": said})
    assert found.state is State.WRONG
    assert "put-secret-value --secret-id arn:secret" in (found.mend or "")
    assert "docs/operations.md#credentials-refused" in (found.hint or "")


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (True, "answers; there were no credentials to show"),
        (False, "Pleo answered 403"),
        (False, "not asked: there are no credentials"),
    ],
)
def test_a_secret_that_is_wrong_is_one_thing_wrong_and_what_hangs_on_it_is_not_known(
    *, passed: bool, said: str
) -> None:
    found = self_test(NO_CREDENTIALS, {"name": "pleo", "passed": passed, "said": said}, secret=State.WRONG)
    assert states(found) == {
        "self-test: credentials": State.NOT_KNOWN,
        "self-test: pleo": State.NOT_KNOWN,
    }


def test_an_outage_of_pleo_is_wrong_also_where_there_are_no_credentials() -> None:
    found = self_test(
        NO_CREDENTIALS, {"name": "pleo", "passed": False, "said": "Pleo answered 503"}, secret=State.WRONG
    )
    assert "pleo-errors" in wrong(found)[1]


def test_a_secret_that_only_the_function_cannot_read_is_not_put_again() -> None:
    said, mend = wrong(self_test(NO_CREDENTIALS))
    assert "from here the secret is well" in said
    assert mend.startswith(".venv/bin/sam build && .venv/bin/sam deploy")


def test_a_secret_that_nobody_could_look_at_from_here_is_put_again() -> None:
    assert "put-secret-value" in wrong(self_test(NO_CREDENTIALS, secret=State.NOT_KNOWN))[1]
