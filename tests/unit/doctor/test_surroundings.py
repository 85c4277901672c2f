"""What the doctor takes for wrong about alarms, secret, clock, deployment and self-test."""

from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from export_adapter_workstation.stack.doctor.facts import GONE, Alarm
from export_adapter_workstation.stack.doctor.finding import NotKnown, State, known
from export_adapter_workstation.stack.doctor.surroundings import (
    ToBeDeleted,
    alarm_findings,
    clock_findings,
    secret_findings,
    stack_findings,
)
from tests.unit.doctor.well import MAIN, NOW, STACK, states, wrong

ALARM = Alarm(
    "export-adapter-test-DeadLettersAlarm-ABC",
    "OK",
    "Dead. Runbook: https://example.com/operations.md#dead-letters",
    "",
    is_switched_on=True,
    tells_somebody=True,
)


def test_a_raised_alarm_names_its_section_of_the_runbook() -> None:
    raised = replace(ALARM, state="ALARM")
    (found,) = alarm_findings((ALARM, raised), STACK)
    assert (found.what, found.state) == ("alarm DeadLettersAlarm", State.WRONG)
    assert (found.said, found.mend) == ("Dead.", "https://example.com/operations.md#dead-letters")


def test_alarms_that_are_switched_off_or_missing_are_wrong() -> None:
    said, mend = wrong(alarm_findings((ALARM, replace(ALARM, name="off", is_switched_on=False)), STACK))
    assert said == "1 of 2 are switched off"
    assert "enable-alarm-actions --alarm-names off" in mend
    assert "the stack has none" in wrong(alarm_findings((), STACK))[0]


def test_alarms_that_the_stack_was_deployed_with_and_that_are_gone_are_wrong() -> None:
    gone = replace(ALARM, name="export-adapter-test-OldestMessageAlarm-X", state=GONE, is_switched_on=False)
    said, mend = wrong(alarm_findings((ALARM, gone), STACK))
    assert said == "1 of 2 do not exist any more: OldestMessageAlarm"
    assert mend.startswith(".venv/bin/sam build && .venv/bin/sam deploy")


@pytest.mark.parametrize("others", [(), (ALARM,)])
def test_alarms_that_reach_nobody_are_worth_a_note(others: tuple[Alarm, ...]) -> None:
    alarms = (replace(ALARM, tells_somebody=False), *others)
    quiet, none_raised = alarm_findings(alarms, STACK)
    assert (quiet.state, none_raised.state) == (State.NOTE, State.WELL)
    assert quiet.said.startswith(f"1 of {len(alarms)} reach nobody")
    assert quiet.mend == "README.md#deploy"


def test_alarms_whose_runbook_is_no_link_are_worth_a_note() -> None:
    path = replace(ALARM, description="Dead. Runbook: docs/operations.md#dead-letters")
    found, none_raised = alarm_findings((path,), STACK)
    assert (found.what, found.state, none_raised.state) == ("runbook", State.NOTE, State.WELL)
    assert "RunbookUrl" in found.said


@pytest.mark.parametrize(
    "secret", [None, "", "no JSON", "[]", '{"token": "hunter2"}', '{"apiKey": "two words"}']
)
def test_a_secret_of_the_wrong_shape_is_wrong_and_its_value_is_never_told(secret: str | None) -> None:
    (found,) = secret_findings(secret, STACK, may_be_empty=False)
    assert found.state is State.WRONG
    assert "put-secret-value --secret-id arn:secret" in (found.mend or "")
    assert "hunter2" not in f"{found}"
    assert "two words" not in f"{found}"


def test_a_secret_that_is_to_be_deleted_can_be_had_back() -> None:
    said, mend = wrong(secret_findings(ToBeDeleted(), STACK, may_be_empty=False))
    assert "scheduled for deletion" in said
    assert mend == "aws secretsmanager restore-secret --secret-id arn:secret --profile ops"


def test_whoever_puts_a_secret_is_told_what_goes_into_the_file_and_to_delete_it() -> None:
    (found,) = secret_findings(None, STACK, may_be_empty=False)
    assert '{"accessToken": "..."}' in (found.hint or "")
    assert "delete the file afterwards" in (found.hint or "")


@pytest.mark.parametrize("secret", ['{"accessToken": "test"}', '{"apiKey": "test"}'])
def test_a_secret_of_the_right_shape_is_well(secret: str) -> None:
    (found,) = secret_findings(secret, STACK, may_be_empty=False)
    assert found.state is State.WELL
    assert "test" not in found.said


def test_the_first_secret_may_be_empty_where_every_company_has_its_own() -> None:
    assert states(secret_findings(None, STACK, may_be_empty=True)) == {"secret": State.NOTE}


@pytest.mark.parametrize(
    ("seconds", "state"), [(0, State.WELL), (59, State.WELL), (-61, State.WRONG), (61, State.WRONG)]
)
def test_a_clock_that_is_a_minute_off_is_wrong(seconds: int, state: State) -> None:
    assert states(clock_findings(MAIN, NOW + timedelta(seconds=seconds))) == {"clock": state}


def test_a_clock_that_nothing_can_be_held_against_is_not_known() -> None:
    assert states(clock_findings(replace(MAIN, asked_at=None), NOW)) == {"clock": State.NOT_KNOWN}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATE_COMPLETE", State.WELL),
        ("UPDATE_COMPLETE", State.WELL),
        ("UPDATE_IN_PROGRESS", State.NOTE),
        ("UPDATE_ROLLBACK_COMPLETE", State.WRONG),
        ("ROLLBACK_COMPLETE", State.WRONG),
    ],
)
def test_a_deployment_that_was_rolled_back_is_wrong(status: str, state: State) -> None:
    assert states(stack_findings(status, STACK)) == {"stack": state}


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetAlias"), "may not call GetAlias"),
        (ClientError({"Error": {"Code": "InvalidAction"}}, "GetAlias"), "does not offer GetAlias"),
        (ClientError({"Error": {"Code": "Boom"}}, "GetAlias"), "refused GetAlias (Boom)"),
        (EndpointConnectionError(endpoint_url="x"), "did not answer"),
        (KeyError("Layers"), "does not say"),
    ],
)
def test_a_question_that_cannot_be_asked_here_fails_nothing(problem: Exception, words: str) -> None:
    def ask() -> str:
        raise problem

    found = known(ask)
    assert isinstance(found, NotKnown)
    assert words in found.reason
    assert not found.is_missing


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.NonExistentQueue", "ResourceNotFoundException"])
def test_what_does_not_exist_is_told_from_what_may_not_be_read(code: str) -> None:
    def ask() -> str:
        raise ClientError({"Error": {"Code": code}}, "GetIt")

    assert known(ask) == NotKnown("what it is read from does not exist", is_missing=True)
