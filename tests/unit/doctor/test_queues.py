"""What the doctor finds wrong with the queues, and the command that fixes it."""

import json
from typing import Any

import pytest

from export_adapter_workstation.stack.finding import FindingState
from tests.unit.doctor.well import examined, only, redrive_to, refusal, states, wrong


def test_a_stack_as_the_template_makes_it_is_well() -> None:
    assert set(states(examined()).values()) == {FindingState.OK}


@pytest.mark.parametrize(
    ("changes", "said", "fix"),
    [
        (
            {"main": {"VisibilityTimeout": "59"}},
            "received again while they are being processed",
            "https://main --attributes VisibilityTimeout=420",
        ),
        (
            {"main": {"SqsManagedSseEnabled": "false"}},
            "not encrypted",
            "https://main --attributes SqsManagedSseEnabled=true",
        ),
        (
            {"dead": {"SqsManagedSseEnabled": "false"}},
            "not encrypted",
            "https://dead --attributes SqsManagedSseEnabled=true",
        ),
        ({"dead": {"RedrivePolicy": redrive_to("arn:x", 1)}}, "policy of its own", 'RedrivePolicy=""'),
        ({"main": {"RedrivePolicy": ""}}, "does not redrive", 'deadLetterTargetArn\\":\\"arn:dead'),
        (
            {"main": {"RedrivePolicy": redrive_to("arn:dead", 3)}},
            "after 3 receives, before the function parks them on receive 5",
            'maxReceiveCount\\":\\"5',
        ),
        ({"main": {"MessageRetentionPeriod": "60"}}, "messages for 1m", "MessageRetentionPeriod=345600"),
        ({"main": {"MessageRetentionPeriod": "3599"}}, "results unnoticed", "MessageRetentionPeriod=345600"),
        ({"main": {"DelaySeconds": "900"}}, "delays every message by 900 s", "DelaySeconds=0"),
        (
            {"dead": {"MaximumMessageSize": "262144"}},
            "262,144 bytes at most",
            "https://dead --attributes MaximumMessageSize=1048576",
        ),
        (
            {"dead": {"RedriveAllowPolicy": '{"redrivePermission":"denyAll"}'}},
            "does not let SQS move",
            'RedriveAllowPolicy":"{\\"redrivePermission\\":\\"allowAll\\"}',
        ),
        (
            {
                "dead": {
                    "RedriveAllowPolicy": '{"redrivePermission":"byQueue","sourceQueueArns":["arn:other"]}'
                }
            },
            "does not let SQS move",
            "RedriveAllowPolicy",
        ),
        (
            {"dead": {"MessageRetentionPeriod": "345600"}},
            "before anybody sees it",
            "https://dead --attributes MessageRetentionPeriod=1209600",
        ),
    ],
)
def test_a_queue_that_is_set_wrong_is_fixed_by_one_command(changes: Any, said: str, fix: str) -> None:  # noqa: ANN401
    found = wrong(**changes)
    assert said in found[0]
    assert fix in found[1]
    assert found[1].startswith("aws sqs set-queue-attributes")
    assert found[1].endswith("--profile ops")


def test_the_command_for_the_redrive_policy_is_one_that_the_aws_cli_reads() -> None:
    fix = wrong(main={"RedrivePolicy": ""})[1]
    attributes = json.loads(fix.split("--attributes '")[1].split("'")[0])
    assert json.loads(attributes["RedrivePolicy"]) == {
        "deadLetterTargetArn": "arn:dead",
        "maxReceiveCount": "5",
    }


def parking_on(receive: str) -> dict[str, Any]:
    return {"Environment": {"Variables": {"MAX_RECEIVE_COUNT": receive}}}


def test_the_queue_is_to_redrive_when_the_function_parks() -> None:
    said, fix = wrong(live=parking_on("7"))
    assert "after 5 receives, before the function parks them on receive 7" in said
    assert 'maxReceiveCount\\":\\"7' in fix


def test_a_function_that_parks_before_the_queue_redrives_is_only_worth_a_note() -> None:
    found = only(FindingState.NOTE, examined(main={"RedrivePolicy": redrive_to("arn:dead", 7)}))
    assert "after 7 receives" in found.said
    assert "on receive 5" in found.said
    assert 'maxReceiveCount\\":\\"5' in (found.fix or "")


def test_a_function_that_parks_too_early_is_fixed_by_deploying() -> None:
    said, fix = wrong(live=parking_on("3"))
    assert "on receive 3" in said
    assert fix.startswith(".venv/bin/sam build && .venv/bin/sam deploy")


def test_a_dead_letter_queue_that_takes_from_the_main_queue_is_well() -> None:
    allowed = {"RedriveAllowPolicy": '{"redrivePermission":"byQueue","sourceQueueArns":["arn:main"]}'}
    assert set(states(examined(dead=allowed)).values()) == {FindingState.OK}


def test_a_visibility_timeout_below_six_times_the_timeout_is_worth_a_note() -> None:
    assert states(examined(main={"VisibilityTimeout": "364"}))["visibility timeout"] is FindingState.NOTE


def test_dead_letters_are_worth_a_note_with_the_command_that_shows_them() -> None:
    found = only(FindingState.NOTE, examined(dead={"ApproximateNumberOfMessages": "12"}))
    assert found.said == "12 parked"
    command = ".venv/bin/export-adapter dead-letters summary --profile ops --stack-name export-adapter-test"
    assert found.fix == command


@pytest.mark.parametrize("part", ["main", "dead", "live"])
def test_what_may_not_be_read_is_not_known_and_not_wrong(part: str) -> None:
    found = states(examined(**{part: refusal("AccessDenied")}))
    assert FindingState.NOT_KNOWN in found.values()
    assert FindingState.WRONG not in found.values()
