"""What is read of a deployed stack."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from export_adapter_workstation.local.aws import EmbeddedAws, StackOutputs
from export_adapter_workstation.local.running_stack import RunningStack
from export_adapter_workstation.stack.access import local
from export_adapter_workstation.stack.doctor.facts import GONE, alarms, queue
from tests.unit.doctor.well import STACK


@dataclass
class FakeAws:
    """Answers what it is told to, for every client at once."""

    answers: dict[str, dict[str, Any]]

    def sqs(self) -> "FakeAws":
        return self

    def cloudwatch(self) -> "FakeAws":
        return self

    def cloudformation(self) -> "FakeAws":
        return self

    def get_paginator(self, _name: str) -> "FakeAws":
        return self

    def paginate(self, **_asked: str) -> Iterator[dict[str, Any]]:
        return iter([self.answers["resources"]])

    def describe_alarms(self, **_asked: object) -> dict[str, Any]:
        return self.answers["alarms"]

    def get_queue_attributes(self, **_asked: object) -> dict[str, Any]:
        return {"Attributes": self.answers["queue"], "ResponseMetadata": {}}


def test_an_alarm_of_the_stack_that_cloudwatch_does_not_know_is_gone() -> None:
    resources = [
        {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": name} for name in ("one", "two")
    ]
    known = {"AlarmName": "one", "StateValue": "OK"}
    aws = FakeAws({"resources": {"StackResourceSummaries": resources}, "alarms": {"MetricAlarms": [known]}})
    found = alarms(replace(STACK, clients=cast("Any", aws)))
    assert [(alarm.name, alarm.state) for alarm in found] == [("one", "OK"), ("two", GONE)]


def test_a_queue_is_read_with_what_it_takes_and_from_where() -> None:
    attributes = {
        "QueueArn": "arn:dead",
        "VisibilityTimeout": "30",
        "MessageRetentionPeriod": "60",
        "MaximumMessageSize": "1024",
        "DelaySeconds": "5",
        "RedriveAllowPolicy": '{"redrivePermission":"denyAll"}',
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
    }
    found = queue(replace(STACK, clients=cast("Any", FakeAws({"queue": attributes}))), "url")
    assert (found.maximum_message_size, found.delay, found.takes_from) == (1024, 5, ())
    del attributes["RedriveAllowPolicy"]
    assert (
        queue(replace(STACK, clients=cast("Any", FakeAws({"queue": attributes}))), "url").takes_from is None
    )


def test_a_command_for_the_local_stack_works_in_a_plain_shell() -> None:
    outputs = StackOutputs("https://main", "https://dead", "a-function", "arn:secret")
    stack = local(RunningStack(EmbeddedAws(4566, Path("/nowhere")), outputs, "http://pleo"))
    assert stack.aws("sqs list-queues") == (
        "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws sqs list-queues"
        " --endpoint-url http://127.0.0.1:4566 --region eu-west-1"
    )
