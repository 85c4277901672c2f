"""A whole examination of stacks of which little can be seen."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, cast

from botocore.exceptions import ClientError

from export_adapter_workstation.stack.doctor.closing import closing
from export_adapter_workstation.stack.doctor.examination import examine
from export_adapter_workstation.stack.doctor.finding import Finding, State
from tests.unit.doctor.well import NOW, STACK


@dataclass(frozen=True)
class Refusing:
    """Clients that are refused everything with one code."""

    code: str

    def __getattr__(self, name: str) -> object:
        if name in {"sqs", "lambda_", "cloudformation", "cloudwatch", "secrets_manager", "get_paginator"}:
            return lambda *_: self

        def refuse(**_asked: object) -> None:
            raise ClientError({"Error": {"Code": self.code}}, name)

        return refuse


def examined(code: str) -> list[Finding]:
    return list(examine(replace(STACK, clients=cast("Any", Refusing(code))), NOW))


def test_what_is_gone_is_counted_once_each_whatever_hangs_on_it() -> None:
    findings = examined("ResourceNotFoundException")
    wrong = Counter(finding.what for finding in findings if finding.state is State.WRONG)
    unknown = {finding.what for finding in findings if finding.state is State.NOT_KNOWN}
    assert wrong == {"main queue": 1, "dead-letter queue": 1, "function": 1, "secret": 1}
    assert not unknown & wrong.keys()
    assert closing(findings).exit_status == 1


def test_of_a_stack_that_may_not_be_read_nothing_is_said_but_that() -> None:
    findings = examined("AccessDeniedException")
    assert {finding.state for finding in findings} == {State.NOT_KNOWN}
    end = closing(findings)
    assert end.exit_status == 3
    assert "not even function and main queue and dead-letter queue" in end.sentence
