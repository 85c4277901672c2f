"""What the doctor finds wrong with the deployment, the alarms and this machine's clock."""

from datetime import timedelta
from pathlib import Path

import pytest

from export_adapter_workstation.local.aws import EmbeddedAws, StackOutputs
from export_adapter_workstation.local.running_stack import RunningStack
from export_adapter_workstation.stack.access import local
from export_adapter_workstation.stack.finding import FindingState
from tests.unit.doctor.well import NOW, alarm, examined, only, states, wrong


def test_a_raised_alarm_names_its_section_of_the_runbook() -> None:
    found = only(FindingState.WRONG, examined(alarms=[alarm("x-OtherAlarm"), alarm(StateValue="ALARM")]))
    assert (found.what, found.said) == ("alarm DeadLettersAlarm", "Dead.")
    assert found.fix == "https://example.com/operations.md#dead-letters"


def test_alarms_that_are_switched_off_are_wrong() -> None:
    said, fix = wrong(alarms=[alarm(), alarm("off", ActionsEnabled=False)])
    assert said == "1 of 2 are switched off"
    assert "enable-alarm-actions --alarm-names off" in fix


def test_a_stack_without_alarms_is_wrong() -> None:
    assert "the stack has none" in wrong(alarms=[])[0]


def test_an_alarm_of_the_stack_that_cloudwatch_does_not_have_is_wrong() -> None:
    names = [alarm()["AlarmName"], "export-adapter-test-OldestMessageAlarm-X"]
    said, fix = wrong(alarm_names=names)
    assert said == "1 of 2 do not exist: OldestMessageAlarm"
    assert fix.startswith(".venv/bin/sam build && .venv/bin/sam deploy")


@pytest.mark.parametrize("others", [[], [alarm("other")]])
def test_alarms_that_notify_nobody_are_worth_a_note(others: list[dict[str, object]]) -> None:
    found = only(FindingState.NOTE, examined(alarms=[alarm("silent", AlarmActions=[]), *others]))
    assert found.said.startswith(f"1 of {1 + len(others)} notify nobody")
    assert found.fix == "README.md#deploy"


def test_alarms_whose_runbook_is_not_a_link_are_worth_a_note() -> None:
    found = only(
        FindingState.NOTE, examined(alarms=[alarm(AlarmDescription="Dead. Runbook: docs/operations.md#dead")])
    )
    assert found.what == "runbook"
    assert "RunbookUrl" in found.said


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(0, FindingState.OK), (59, FindingState.OK), (-61, FindingState.WRONG), (61, FindingState.WRONG)],
)
def test_a_clock_that_is_a_minute_off_is_wrong(seconds: int, state: FindingState) -> None:
    assert states(examined(time=NOW + timedelta(seconds=seconds)))["clock"] is state


def test_the_clock_is_not_known_where_aws_does_not_say_the_time() -> None:
    assert states(examined(time=None))["clock"] is FindingState.NOT_KNOWN


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CREATE_COMPLETE", FindingState.OK),
        ("UPDATE_COMPLETE", FindingState.OK),
        ("UPDATE_IN_PROGRESS", FindingState.NOTE),
        ("UPDATE_ROLLBACK_COMPLETE", FindingState.WRONG),
        ("ROLLBACK_COMPLETE", FindingState.WRONG),
    ],
)
def test_a_deployment_that_was_rolled_back_is_wrong(status: str, state: FindingState) -> None:
    assert states(examined(status=status))["stack"] is state


def test_a_command_for_the_local_stack_works_in_a_plain_shell() -> None:
    outputs = StackOutputs("https://main", "https://dead", "a-function", "arn:secret")
    stack = local(RunningStack(EmbeddedAws(4566, Path("/nowhere")), outputs, "http://pleo"))
    assert stack.aws("sqs list-queues") == (
        "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws sqs list-queues"
        " --endpoint-url http://127.0.0.1:4566 --region eu-west-1"
    )
