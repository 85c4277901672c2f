"""What the doctor takes for wrong about the queues, and the command that mends it."""

import json
from dataclasses import replace

import pytest

from export_adapter_workstation.doctor.facts import Function, Queue
from export_adapter_workstation.doctor.finding import Finding, NotKnown, State
from export_adapter_workstation.doctor.queues import queue_findings
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
            "https://main --attributes VisibilityTimeout=365",
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
        (replace(MAIN, max_receive_count=3), DEAD, "buried after 3 receives", 'maxReceiveCount\\":\\"5'),
        (
            replace(MAIN, max_receive_count=8),
            DEAD,
            "parks on receive 5, the queue redrives after 8",
            "RedrivePolicy",
        ),
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
