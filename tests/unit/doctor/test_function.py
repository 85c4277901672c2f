"""What the doctor finds wrong with the function, its versions and its event source."""

from typing import Any

import pytest

from export_adapter_workstation.stack.finding import FindingState
from tests.unit.doctor.well import FakeAws, examined, only, states, wrong

LATEST = {**FakeAws().live, "Version": "$LATEST"}
(SOURCE,) = FakeAws().sources


@pytest.mark.parametrize("latest", [LATEST, {**LATEST, "CodeSha256": "other"}])
def test_an_alias_that_stayed_behind_is_worth_a_note_and_no_command_forces_traffic(latest: Any) -> None:  # noqa: ANN401
    """A version that failed its check before traffic was moved to it stays published, and is the newest."""
    found = only(FindingState.NOTE, examined(latest=latest, newest="8"))
    assert "live is version 7, but version 8 was published last: rolled back, or never moved" in found.said
    assert found.fix == "docs/operations.md#a-deployment-was-rolled-back"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Layers": [{"Arn": "arn:layer:deps:4"}]}, "without the newest layers"),
        ({"CodeSha256": "other"}, "without the newest code"),
        ({"Environment": {}, "CodeSha256": "other"}, "without the newest code and settings"),
    ],
)
def test_layers_and_code_that_never_reached_the_alias_are_wrong(changes: Any, words: str) -> None:  # noqa: ANN401
    assert words in wrong(latest={**LATEST, **changes})[0]


def test_a_gradual_deployment_is_only_worth_a_note() -> None:
    alias = {"RoutingConfig": {"AdditionalVersionWeights": {"8": 0.1}}}
    assert "10% to version 8" in only(FindingState.NOTE, examined(alias=alias, newest="8")).said


def test_a_version_that_cannot_run_is_wrong() -> None:
    assert "version 7 is Failed" in wrong(live={"State": "Failed"})[0]


@pytest.mark.parametrize(
    ("changes", "said", "fix"),
    [
        ({"State": "Disabled"}, "nothing is delivered", "--uuid u-1 --enabled"),
        (
            {"FunctionResponseTypes": []},
            "deletes messages that were not delivered",
            "--function-response-types ReportBatchItemFailures",
        ),
    ],
)
def test_an_event_source_that_is_set_wrong_is_fixed_by_one_command(changes: Any, said: str, fix: str) -> None:  # noqa: ANN401
    found = wrong(sources=[{**SOURCE, **changes}])
    assert said in found[0]
    assert fix in found[1]


def test_an_event_source_that_is_being_changed_is_worth_a_note() -> None:
    assert (
        only(FindingState.NOTE, examined(sources=[{**SOURCE, "State": "Updating"}])).said == "it is Updating"
    )


def test_a_function_that_no_queue_invokes_is_wrong() -> None:
    assert "no queue invokes live" in wrong(sources=[])[0]


def test_a_function_that_its_dead_letters_invoke_is_wrong() -> None:
    loop = {**SOURCE, "UUID": "u-2", "EventSourceArn": "arn:aws:sqs:eu-west-1:1:dead"}
    said, fix = wrong(sources=[SOURCE, loop])
    assert "also invoked by dead" in said
    assert "delete-event-source-mapping --uuid u-2" in fix


@pytest.mark.parametrize(("reserved", "words"), [(0, "switched off"), (4, "less than MaximumConcurrency 5")])
def test_too_little_reserved_concurrency_is_wrong(reserved: int, words: str) -> None:
    assert words in wrong(reserved=reserved)[0]


@pytest.mark.parametrize("reserved", [None, 5, 100])
def test_enough_concurrency_is_well(reserved: int | None) -> None:
    assert states(examined(reserved=reserved))["concurrency"] is FindingState.OK
