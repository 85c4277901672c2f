"""What the doctor takes for wrong, and what it says mends it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from export_adapter.results import Json
from export_adapter_workstation.doctor.facts import Alarm, Alias, EventSource, Function, Queue
from export_adapter_workstation.doctor.finding import Finding, NotKnown, State, known
from export_adapter_workstation.doctor.function import (
    concurrency_findings,
    event_source_findings,
    version_findings,
)
from export_adapter_workstation.doctor.queues import queue_findings
from export_adapter_workstation.doctor.surroundings import (
    alarm_findings,
    clock_findings,
    secret_findings,
    self_test_findings,
    stack_findings,
)
from export_adapter_workstation.embedded_aws import StackOutputs
from export_adapter_workstation.stack_access import Stack

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STACK = Stack(
    name="export-adapter-test",
    where="eu-west-1",
    outputs=StackOutputs("https://main", "https://dead", "a-function", "arn:secret"),
    clients=cast("Any", None),
    state_folder=Path("/nowhere"),
    options=("--profile", "ops", "--stack-name", "export-adapter-test"),
    aws_options=("--profile", "ops"),
)
MAIN = Queue(
    "https://main", "arn:main", 420, 345_600, "arn:dead", 5, is_encrypted=True, messages=0, asked_at=NOW
)
DEAD = Queue(
    "https://dead", "arn:dead", 30, 1_209_600, None, None, is_encrypted=True, messages=0, asked_at=NOW
)
LIVE = Function("7", 60, "Active", "Successful", "code", ("arn:layer:deps:3",), {"MAX_RECEIVE_COUNT": "5"})
LATEST = replace(LIVE, version="$LATEST")
SOURCE = EventSource(
    "u-1",
    "arn:main",
    "Enabled",
    reports_batch_item_failures=True,
    batch_size=500,
    window=5,
    maximum_concurrency=5,
)
ALARM = Alarm(
    "export-adapter-test-DeadLettersAlarm-ABC",
    "OK",
    "Dead. Runbook: docs/operations.md#dead-letters",
    "",
    is_switched_on=True,
    tells_somebody=True,
)
NOT_ALLOWED = NotKnown("these credentials may not call it")


def states(findings: Iterable[Finding]) -> dict[str, State]:
    return {finding.what: finding.state for finding in findings}


def wrong(findings: Iterable[Finding]) -> tuple[str, str]:
    """Return what the only wrong finding says, and what mends it."""
    (found,) = (finding for finding in findings if finding.state is State.WRONG)
    return found.said, found.mend or ""


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


def versions(
    live: Function | NotKnown = LIVE,
    latest: Function | NotKnown = LATEST,
    alias: Alias | NotKnown = Alias("7", {}),  # noqa: B008 -- frozen
    newest: str | NotKnown = "7",
) -> list[Finding]:
    return list(version_findings(live, latest, alias, newest, STACK))


def test_the_newest_version_with_the_newest_layers_is_well() -> None:
    assert states(versions()) == {"alias": State.WELL, "layers": State.WELL}


def test_an_alias_that_stayed_behind_is_wrong() -> None:
    said, mend = wrong(versions(newest="8"))
    assert "live is version 7, but version 8 was published last" in said
    assert (
        mend
        == "aws lambda update-alias --function-name a-function --name live --function-version 8 --profile ops"
    )


@pytest.mark.parametrize(
    ("latest", "words"),
    [
        (replace(LATEST, layers=("arn:layer:deps:4",)), "without the newest layers"),
        (replace(LATEST, code="other"), "without the newest code"),
        (replace(LATEST, environment={}, code="other"), "without the newest code and settings"),
    ],
)
def test_layers_and_code_that_never_reached_the_alias_are_wrong(latest: Function, words: str) -> None:
    assert words in wrong(versions(latest=latest))[0]


def test_a_gradual_deployment_is_only_worth_a_note() -> None:
    found = versions(alias=Alias("7", {"8": 0.1}), newest="8")
    assert states(found)["alias"] is State.NOTE
    assert "10% to version 8" in found[0].said


def test_a_version_that_cannot_run_is_wrong() -> None:
    assert "version 7 is Failed" in wrong(versions(live=replace(LIVE, state="Failed")))[0]


@pytest.mark.parametrize(
    ("source", "said", "mend"),
    [
        (replace(SOURCE, state="Disabled"), "nothing is delivered", "--uuid u-1 --enabled"),
        (
            replace(SOURCE, reports_batch_item_failures=False),
            "deletes messages that were not delivered",
            "--function-response-types ReportBatchItemFailures",
        ),
    ],
)
def test_an_event_source_that_is_set_wrong_is_mended_by_one_command(
    source: EventSource, said: str, mend: str
) -> None:
    found = wrong(event_source_findings((source,), MAIN, STACK))
    assert said in found[0]
    assert mend in found[1]


def test_a_function_that_no_queue_invokes_is_wrong() -> None:
    assert "no queue invokes live" in wrong(event_source_findings((), MAIN, STACK))[0]


def test_a_function_that_its_dead_letters_invoke_is_wrong() -> None:
    loop = replace(SOURCE, uuid="u-2", queue_arn="arn:aws:sqs:eu-west-1:1:dead")
    said, mend = wrong(event_source_findings((SOURCE, loop), MAIN, STACK))
    assert "also invoked by dead" in said
    assert "delete-event-source-mapping --uuid u-2" in mend


@pytest.mark.parametrize(("reserved", "words"), [(0, "switched off"), (4, "below MaximumConcurrency 5")])
def test_too_little_reserved_concurrency_is_wrong(reserved: int, words: str) -> None:
    assert words in wrong(concurrency_findings(reserved, (SOURCE,), STACK))[0]


@pytest.mark.parametrize("reserved", [None, 5, 100])
def test_enough_concurrency_is_well(reserved: int | None) -> None:
    assert states(concurrency_findings(reserved, (SOURCE,), STACK)) == {"concurrency": State.WELL}


def test_a_raised_alarm_names_its_section_of_the_runbook() -> None:
    raised = replace(ALARM, state="ALARM")
    (found,) = alarm_findings((ALARM, raised), STACK)
    assert (found.what, found.state) == ("alarm DeadLettersAlarm", State.WRONG)
    assert (found.said, found.mend) == ("Dead.", "docs/operations.md#dead-letters")


def test_alarms_that_are_switched_off_or_missing_are_wrong() -> None:
    said, mend = wrong(alarm_findings((ALARM, replace(ALARM, name="off", is_switched_on=False)), STACK))
    assert said == "1 of 2 are switched off"
    assert "enable-alarm-actions --alarm-names off" in mend
    assert "the stack has none" in wrong(alarm_findings((), STACK))[0]


def test_alarms_that_tell_nobody_are_worth_a_note() -> None:
    quiet, none_raised = alarm_findings((replace(ALARM, tells_somebody=False),), STACK)
    assert (quiet.state, none_raised.state) == (State.NOTE, State.WELL)


@pytest.mark.parametrize(
    "secret", [None, "", "no JSON", "[]", '{"token": "hunter2"}', '{"apiKey": "two words"}']
)
def test_a_secret_of_the_wrong_shape_is_wrong_and_its_value_is_never_told(secret: str | None) -> None:
    (found,) = secret_findings(secret, STACK, may_be_empty=False)
    assert found.state is State.WRONG
    assert "put-secret-value --secret-id arn:secret" in (found.mend or "")
    assert "hunter2" not in f"{found}"
    assert "two words" not in f"{found}"


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


def self_test(*checks: Json, **answer: Json) -> list[Finding]:
    given: Mapping[str, Json] = {"selfTest": {"passed": False, "checks": list(checks)}, **answer}
    return list(self_test_findings(given, STACK))


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
