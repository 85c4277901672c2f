"""What the doctor takes for wrong about the function, its versions and its event source."""

from dataclasses import replace

import pytest

from export_adapter_workstation.stack.doctor.facts import Alias, EventSource, Function
from export_adapter_workstation.stack.doctor.finding import Finding, NotKnown, State
from export_adapter_workstation.stack.doctor.function import (
    concurrency_findings,
    event_source_findings,
    version_findings,
)
from tests.unit.doctor.well import LIVE, MAIN, SOURCE, STACK, states, wrong

LATEST = replace(LIVE, version="$LATEST")


def versions(
    live: Function | NotKnown = LIVE,
    latest: Function | NotKnown = LATEST,
    alias: Alias | NotKnown = Alias("7", {}),  # noqa: B008 -- frozen
    newest: str | NotKnown = "7",
) -> list[Finding]:
    return list(version_findings(live, latest, alias, newest))


def test_the_newest_version_with_the_newest_layers_is_well() -> None:
    assert states(versions()) == {"alias": State.WELL, "layers": State.WELL}


@pytest.mark.parametrize("latest", [LATEST, replace(LATEST, code="other")])
def test_an_alias_that_stayed_behind_is_worth_a_note_and_no_command_forces_traffic(latest: Function) -> None:
    """A version that failed its check before traffic was moved to it is kept, and is the newest."""
    (found,) = (one for one in versions(latest=latest, newest="8") if one.what == "alias")
    assert found.state is State.NOTE
    assert "live is version 7, but version 8 was published last: rolled back, or never moved" in found.said
    assert found.mend == "docs/operations.md#a-deployment-was-rolled-back"


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
