"""What the doctor says of parts that are gone, and what an examination comes to."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from export_adapter_workstation.stack.doctor.closing import closing
from export_adapter_workstation.stack.doctor.existence import missing_findings
from export_adapter_workstation.stack.doctor.finding import (
    Finding,
    NotKnown,
    not_known,
    note,
    well,
    wrong,
)
from export_adapter_workstation.stack.doctor.surroundings import ToBeDeleted, secret_text
from tests.unit.doctor import well as a_stack
from tests.unit.doctor.well import DEAD, LIVE, MAIN, NOT_ALLOWED, STACK

MISSING = NotKnown("it does not exist", is_missing=True)


def missing(
    *,
    main: Any = MAIN,  # noqa: ANN401 -- a queue, or why there is none
    dead: Any = DEAD,  # noqa: ANN401
    latest: Any = LIVE,  # noqa: ANN401
    live: Any = LIVE,  # noqa: ANN401
    secret: object = None,
) -> list[Finding]:
    return list(missing_findings(main, dead, latest, live, secret))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (missing(main=MISSING), "the stack's main queue does not exist"),
        (missing(dead=MISSING), "the stack's dead-letter queue does not exist"),
        (missing(latest=MISSING, live=MISSING), "the stack's function does not exist"),
        (missing(live=MISSING), "its alias live does not exist"),
        (missing(secret=MISSING), "the stack's secret does not exist"),
    ],
)
def test_what_does_not_exist_is_wrong_once_and_mended_by_deploying(found: list[Finding], words: str) -> None:
    said, mend = a_stack.wrong(found)
    assert words in said
    assert mend.startswith(".venv/bin/sam build && .venv/bin/sam deploy")


def test_what_is_there_or_may_not_be_read_is_not_called_missing() -> None:
    assert missing() == []
    assert missing(main=NOT_ALLOWED, dead=NOT_ALLOWED, latest=NOT_ALLOWED, live=NOT_ALLOWED) == []


WELL, NOTE, WRONG = well("a", "b"), note("a", "b"), wrong("a", "b")
UNKNOWN = not_known("alarms", NOT_ALLOWED)


@pytest.mark.parametrize(
    ("findings", "sentence", "status"),
    [
        ([WELL], "Nothing is wrong.", 0),
        ([NOTE, NOTE], "Nothing is wrong; 2 notes.", 0),
        ([NOTE, UNKNOWN], "Nothing is wrong; 1 note; 1 thing could not be looked at.", 0),
        ([WRONG, NOTE], "1 thing wrong; 1 note.", 1),
    ],
)
def test_the_last_sentence_counts_what_was_found(findings: list[Finding], sentence: str, status: int) -> None:
    end = closing(findings)
    assert (end.sentence, end.exit_status) == (sentence, status)


@pytest.mark.parametrize("what", ["main queue", "dead-letter queue", "function"])
def test_where_a_queue_or_the_function_was_not_seen_nobody_says_that_nothing_is_wrong(what: str) -> None:
    end = closing([WELL, not_known(what, NOT_ALLOWED)])
    assert "Nothing is wrong" not in end.sentence
    assert f"Not everything could be looked at, not even {what}" in end.sentence
    assert end.exit_status == 3


class _Secrets:
    def __init__(self, answer: Callable[[], dict[str, str]]) -> None:
        self.answer = answer

    def secrets_manager(self) -> "_Secrets":
        return self

    def get_secret_value(self, **_asked: str) -> dict[str, str]:
        return self.answer()


def refused(code: str, message: str) -> Callable[[], dict[str, str]]:
    def answer() -> dict[str, str]:
        raise ClientError({"Error": {"Code": code, "Message": message}}, "GetSecretValue")

    return answer


def text_of(answer: Callable[[], dict[str, str]]) -> object:
    stack = replace(STACK, clients=cast("Any", _Secrets(answer)))
    return secret_text(stack)


def test_an_empty_secret_one_that_goes_and_one_that_is_gone_are_told_apart() -> None:
    empty = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
    going = "You can't perform this operation on the secret because it was marked for deletion."
    assert text_of(lambda: {"SecretString": "x"}) == "x"
    assert text_of(refused("ResourceNotFoundException", empty)) is None
    assert text_of(refused("InvalidRequestException", going)) == ToBeDeleted()
    with pytest.raises(ClientError):
        text_of(refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret."))
