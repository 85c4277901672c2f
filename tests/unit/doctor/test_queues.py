"""What the doctor takes for wrong about the queues, and the command that mends it."""

import json
from dataclasses import replace

import pytest

from export_adapter_workstation.stack.doctor.facts import Function, Queue
from export_adapter_workstation.stack.doctor.finding import Finding, NotKnown, State
from export_adapter_workstation.stack.doctor.queues import queue_findings
from tests.unit.doctor.well import DEAD, LIVE, MAIN, NOT_ALLOWED, SOURCE, STACK, states, wrong


def queues(
    main: Queue | NotKnown = MAIN, dead: Queue | NotKnown = DEAD, live: Function | NotKnown = LIVE
) -> list[Finding]:
    return list(queue_findings(STACK, main, dead, live, (SOURCE,)))


def test_queues_as_the_template_makes_them_are_well() -> None:
    assert set(states(queues()).values()) == {State.WELL}


@pytest.mark.parametrize(
    ("main", "dead", "said", "mend"),
    [
        (
            replace(MAIN, visibility_timeout=59),
            DEAD,
            "received again while they are still worked on",
            "https://main --attributes VisibilityTimeout=420",
        ),
        (
            replace(MAIN, is_encrypted=False),
            DEAD,
            "not encrypted",
            "https://main --attributes SqsManagedSseEnabled=true",
        ),
        (
            MAIN,
            replace(DEAD, is_encrypted=False),
            "not encrypted",
            "https://dead --attributes SqsManagedSseEnabled=true",
        ),
        (MAIN, replace(DEAD, redrive_target="arn:x"), "redrive policy of its own", 'RedrivePolicy=""'),
        (replace(MAIN, redrive_target=None), DEAD, "does not redrive", 'deadLetterTargetArn\\":\\"arn:dead'),
        (
            replace(MAIN, max_receive_count=3),
            DEAD,
            "buried after 3 receives, before the function parks them on receive 5",
            'maxReceiveCount\\":\\"5',
        ),
        (replace(MAIN, retention=60), DEAD, "keeps messages for 1m", "MessageRetentionPeriod=345600"),
        (replace(MAIN, retention=3_599), DEAD, "results are deleted", "MessageRetentionPeriod=345600"),
        (replace(MAIN, delay=900), DEAD, "holds every message back for 900 s", "DelaySeconds=0"),
        (
            MAIN,
            replace(DEAD, maximum_message_size=262_144),
            "262,144 bytes at most",
            "https://dead --attributes MaximumMessageSize=1048576",
        ),
        (
            MAIN,
            replace(DEAD, takes_from=()),
            "does not let SQS move",
            'RedriveAllowPolicy":"{\\"redrivePermission\\":\\"allowAll\\"}',
        ),
        (MAIN, replace(DEAD, takes_from=("arn:other",)), "does not let SQS move", "RedriveAllowPolicy"),
        (
            MAIN,
            replace(DEAD, retention=345_600),
            "may be deleted unseen",
            "https://dead --attributes MessageRetentionPeriod=1209600",
        ),
    ],
)
def test_a_queue_that_is_set_wrong_is_mended_by_one_command(
    main: Queue, dead: Queue, said: str, mend: str
) -> None:
    found = wrong(queues(main, dead))
    assert said in found[0]
    assert mend in found[1]
    assert found[1].startswith("aws sqs set-queue-attributes")
    assert found[1].endswith("--profile ops")


def test_the_command_for_the_redrive_policy_is_one_that_the_aws_cli_reads() -> None:
    mend = wrong(queues(replace(MAIN, redrive_target=None)))[1]
    attributes = json.loads(mend.split("--attributes '")[1].split("'")[0])
    assert json.loads(attributes["RedrivePolicy"]) == {
        "deadLetterTargetArn": "arn:dead",
        "maxReceiveCount": "5",
    }


def parking_on(receive: str) -> Function:
    return replace(LIVE, environment={"MAX_RECEIVE_COUNT": receive})


def test_the_queue_is_to_redrive_when_the_function_parks_whatever_that_is() -> None:
    found = wrong(queues(live=parking_on("7")))
    assert "after 5 receives, before the function parks them on receive 7" in found[0]
    assert 'maxReceiveCount\\":\\"7' in found[1]


def test_a_function_that_parks_before_the_queue_redrives_is_only_worth_a_note() -> None:
    (found,) = (one for one in queues(replace(MAIN, max_receive_count=7)) if one.state is State.NOTE)
    assert "the function parks on receive 5, with a reason" in found.said
    assert 'maxReceiveCount\\":\\"5' in (found.mend or "")


def test_a_function_that_parks_too_early_is_mended_by_deploying() -> None:
    said, mend = wrong(queues(live=parking_on("3")))
    assert "parks on receive 3" in said
    assert mend.startswith(".venv/bin/sam build && .venv/bin/sam deploy")


def test_a_dead_letter_queue_that_takes_from_the_main_queue_is_well() -> None:
    assert State.WRONG not in states(queues(dead=replace(DEAD, takes_from=("arn:main",)))).values()


def test_a_visibility_timeout_below_six_times_the_timeout_is_worth_a_note() -> None:
    assert states(queues(replace(MAIN, visibility_timeout=364)))["visibility timeout"] is State.NOTE


def test_dead_letters_are_worth_a_note_with_the_command_that_shows_them() -> None:
    (found,) = (finding for finding in queues(dead=replace(DEAD, messages=12)) if finding.state is State.NOTE)
    assert found.said == "12 parked"
    assert (
        found.mend
        == ".venv/bin/export-adapter dead-letters summary --profile ops --stack-name export-adapter-test"
    )


def test_what_may_not_be_read_is_not_taken_for_wrong() -> None:
    for found in (queues(NOT_ALLOWED), queues(dead=NOT_ALLOWED), queues(live=NOT_ALLOWED)):
        assert State.NOT_KNOWN in states(found).values()
        assert State.WRONG not in states(found).values()
