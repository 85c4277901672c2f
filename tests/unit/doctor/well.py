"""A stack in which nothing is wrong, what AWS answers about it, and how to read findings about it."""

import io
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, cast

from botocore.exceptions import ClientError

from export_adapter.model import Json
from export_adapter_workstation.local.aws import StackOutputs
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.examination import examine
from export_adapter_workstation.stack.finding import Finding, FindingState

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
RULES_PASS: Json = {"name": "rules", "passed": True, "said": "valid"}


def queue(arn: str, **attributes: str) -> dict[str, str]:
    usual = {"VisibilityTimeout": "420", "SqsManagedSseEnabled": "true", "ApproximateNumberOfMessages": "0"}
    return {"QueueArn": arn, **usual, **attributes}


def alarm(name: str = "export-adapter-test-DeadLettersAlarm-ABC", **values: object) -> dict[str, Any]:
    runbook = "Dead. Runbook: https://example.com/operations.md#dead-letters"
    usual = {"StateValue": "OK", "AlarmDescription": runbook, "AlarmActions": ["arn:topic"]}
    return {"AlarmName": name, **usual, **values}


def refusal(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "ReadIt")


def redrive_to(arn: str, receives: int) -> str:
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": receives})


@dataclass
class FakeAws:
    """Answers for every client at once. An exception among the answers is raised."""

    main: Any = field(
        default_factory=lambda: queue(
            "arn:main", MessageRetentionPeriod="345600", RedrivePolicy=redrive_to("arn:dead", 5)
        )
    )
    dead: Any = field(default_factory=lambda: queue("arn:dead", MessageRetentionPeriod="1209600"))
    live: Any = field(
        default_factory=lambda: {
            "Version": "7",
            "Timeout": 60,
            "CodeSha256": "code",
            "Layers": [{"Arn": "arn:layer:deps:3"}],
            "Environment": {"Variables": {"MAX_RECEIVE_COUNT": "5"}},
        }
    )
    latest: Any = None
    alias: Any = field(default_factory=lambda: {"FunctionVersion": "7"})
    newest: str = "7"
    sources: Any = field(
        default_factory=lambda: [
            {
                "UUID": "u-1",
                "EventSourceArn": "arn:main",
                "State": "Enabled",
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "BatchSize": 500,
                "MaximumBatchingWindowInSeconds": 5,
                "ScalingConfig": {"MaximumConcurrency": 5},
            }
        ]
    )
    reserved: Any = None
    status: Any = "UPDATE_COMPLETE"
    alarms: Any = field(default_factory=lambda: [alarm()])
    alarm_names: list[str] | None = None
    secret: Any = field(default_factory=lambda: json.dumps({"apiKey": "test"}))
    self_test: Any = field(default_factory=lambda: {"selfTest": {"checks": [RULES_PASS]}})
    function_error: str | None = None
    time: datetime | None = NOW

    def _client(self) -> "FakeAws":
        return self

    sqs = lambda_ = cloudformation = cloudwatch = secrets_manager = _client

    def get_queue_attributes(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 -- as boto3 has it
        headers = {"date": format_datetime(self.time, usegmt=True)} if self.time else {}
        attributes = _answer(self.main if asked["QueueUrl"] == "https://main" else self.dead)
        return {"Attributes": attributes, "ResponseMetadata": {"HTTPHeaders": headers}}

    def get_function_configuration(self, **asked: str) -> Any:  # noqa: ANN401
        if "Qualifier" in asked:
            return _answer(self.live)
        return _answer(self.latest or {**_answer(self.live), "Version": "$LATEST"})

    def get_alias(self, **_asked: str) -> Any:  # noqa: ANN401
        return _answer(self.alias)

    def get_function_concurrency(self, **_asked: str) -> dict[str, Any]:
        reserved = _answer(self.reserved)
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    def list_event_source_mappings(self, **_asked: str) -> dict[str, Any]:
        return {"EventSourceMappings": _answer(self.sources)}

    def describe_stacks(self, **_asked: str) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": _answer(self.status)}]}

    def get_paginator(self, name: str) -> "_Pages":
        if name == "list_versions_by_function":
            return _Pages({"Versions": [{"Version": version} for version in ("$LATEST", "6", self.newest)]})
        names = self.alarm_names or [one["AlarmName"] for one in _answer(self.alarms)]
        kind = "AWS::CloudWatch::Alarm"
        resources = [{"ResourceType": kind, "PhysicalResourceId": one} for one in names]
        other = {"ResourceType": "AWS::SQS::Queue", "PhysicalResourceId": "a-queue"}
        return _Pages({"StackResourceSummaries": [other, *resources]})

    def describe_alarms(self, **_asked: object) -> dict[str, Any]:
        return {"MetricAlarms": _answer(self.alarms)}

    def get_secret_value(self, **_asked: str) -> dict[str, Any]:
        return {"SecretString": _answer(self.secret)}

    def invoke(self, **_asked: object) -> dict[str, Any]:
        payload = io.BytesIO(json.dumps(_answer(self.self_test)).encode())
        return {"Payload": payload, **({"FunctionError": self.function_error} if self.function_error else {})}


@dataclass(frozen=True)
class _Pages:
    page: Mapping[str, Any]

    def paginate(self, **_asked: str) -> list[Mapping[str, Any]]:
        return [self.page]


def _answer(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Exception):
        raise value
    return deepcopy(value)


def examined(**changes: Any) -> list[Finding]:  # noqa: ANN401
    """Examine the stack; `changes` are answers in which it differs from one that is well.

    A dictionary changes only the keys that it has.
    """
    aws = FakeAws()
    for name, value in changes.items():
        before = getattr(aws, name)
        is_part = isinstance(value, dict) and isinstance(before, dict)
        setattr(aws, name, {**before, **value} if is_part else value)
    return list(examine(replace(STACK, clients=cast("Any", aws)), NOW))


def states(findings: list[Finding]) -> dict[str, FindingState]:
    return {finding.what: finding.state for finding in findings}


def only(state: FindingState, findings: list[Finding]) -> Finding:
    """Return the only finding of a state."""
    (found,) = (finding for finding in findings if finding.state is state)
    return found


def wrong(**changes: Any) -> tuple[str, str]:  # noqa: ANN401
    """Return what the only wrong finding says about such a stack, and the fix."""
    found = only(FindingState.WRONG, examined(**changes))
    return found.said, found.fix or ""
