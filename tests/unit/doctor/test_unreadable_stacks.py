"""What the doctor says of parts that are gone or may not be read, and its exit status."""

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from export_adapter_workstation.stack.finding import (
    Finding,
    FindingState,
    exit_status,
    not_known,
    note,
    ok,
    wrong,
)
from tests.unit.doctor.well import examined, only, refusal, states

PARTS = (
    "main",
    "dead",
    "live",
    "latest",
    "alias",
    "sources",
    "reserved",
    "status",
    "alarms",
    "secret",
    "self_test",
)
GONE = refusal("ResourceNotFoundException")


def with_every_part(answer: Exception) -> list[Finding]:
    return examined(**dict.fromkeys(PARTS, answer))


def test_what_is_gone_is_counted_once_each_whatever_depends_on_it() -> None:
    findings = with_every_part(GONE)
    wrong_ones = Counter(finding.what for finding in findings if finding.state is FindingState.WRONG)
    unknown = {finding.what for finding in findings if finding.state is FindingState.NOT_KNOWN}
    assert wrong_ones == {"main queue": 1, "dead-letter queue": 1, "function": 1, "secret": 1}
    assert not unknown & wrong_ones.keys()
    assert exit_status(findings)[0] == 1


def test_of_a_stack_that_may_not_be_read_only_that_is_said() -> None:
    findings = with_every_part(refusal("AccessDeniedException"))
    assert {finding.state for finding in findings} == {FindingState.NOT_KNOWN}
    status, sentence = exit_status(findings)
    assert status == 3
    assert "not even function and main queue and dead-letter queue" in sentence


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"main": refusal("AWS.SimpleQueueService.NonExistentQueue")}, "main queue"),
        ({"dead": refusal("QueueDoesNotExist")}, "dead-letter queue"),
        ({"live": GONE, "latest": GONE}, "function"),
        ({"live": GONE, "latest": {"Version": "$LATEST"}}, "function"),
        ({"secret": GONE}, "secret"),
    ],
)
def test_what_does_not_exist_is_wrong_once_and_fixed_by_deploying(changes: Any, what: str) -> None:  # noqa: ANN401
    assert states(examined(**changes))[what] is FindingState.WRONG
    found = only(FindingState.WRONG, examined(**changes))
    assert "does not exist" in found.said
    assert (found.fix or "").startswith(".venv/bin/sam build && .venv/bin/sam deploy")
    assert "#what-was-deleted-by-hand" in (found.hint or "")


OK, NOTE, WRONG, UNKNOWN = ok("a", "b"), note("a", "b"), wrong("a", "b"), not_known("alarms", "b")


@pytest.mark.parametrize(
    ("findings", "status", "sentence"),
    [
        ([OK], 0, "Nothing is wrong."),
        ([NOTE, NOTE], 0, "Nothing is wrong; 2 notes."),
        ([NOTE, UNKNOWN], 0, "Nothing is wrong; 1 note; 1 thing could not be checked."),
        ([WRONG, NOTE], 1, "1 thing wrong; 1 note."),
    ],
)
def test_the_last_sentence_counts_what_was_found(findings: list[Finding], status: int, sentence: str) -> None:
    assert exit_status(findings) == (status, sentence)


@pytest.mark.parametrize("what", ["main queue", "dead-letter queue", "function"])
def test_where_a_queue_or_the_function_was_not_read_nobody_says_that_nothing_is_wrong(what: str) -> None:
    status, sentence = exit_status([OK, not_known(what, "b")])
    assert status == 3
    assert "Nothing is wrong" not in sentence


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetAlias"), "may not call GetAlias"),
        (ClientError({"Error": {"Code": "InvalidAction"}}, "GetAlias"), "does not offer GetAlias"),
        (ClientError({"Error": {"Code": "Boom"}}, "GetAlias"), "refused GetAlias: Boom"),
        (EndpointConnectionError(endpoint_url="x"), "does not answer"),
        (KeyError("FunctionVersion"), "does not say"),
    ],
)
def test_a_part_that_cannot_be_read_is_not_known_and_the_rest_is_checked(
    problem: Exception, words: str
) -> None:
    found = examined(alias=problem)
    (alias,) = (finding for finding in found if finding.what == "alias")
    assert alias.state is FindingState.NOT_KNOWN
    assert words in alias.said
    assert states(found)["self-test: rules"] is FindingState.OK
