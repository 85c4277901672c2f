"""What is read of a deployed stack, as values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import batched
from typing import TYPE_CHECKING, Final

from export_adapter_workstation.stack.access import Stack

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

LIVE: Final = "live"
"""The alias that the queue invokes."""


GONE: Final = "GONE"
"""The state of an alarm that the stack was deployed with, and that CloudWatch does not know."""

_ALARMS_AT_ONCE: Final = 100


MOST_BYTES: Final = 1_048_576
"""The largest message that SQS takes, and that a queue takes unless it is set to less."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue's settings and numbers. Times are in seconds; `asked_at` is by AWS's clock.

    `takes_from` are the queues that SQS may move messages here from; None means any.
    """

    url: str
    arn: str
    visibility_timeout: int
    retention: int
    redrive_target: str | None
    max_receive_count: int | None
    is_encrypted: bool
    messages: int
    asked_at: datetime | None
    maximum_message_size: int = MOST_BYTES
    delay: int = 0
    takes_from: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A version of the function. `layers` are ARNs with their versions."""

    version: str
    timeout: int
    state: str
    last_update: str
    code: str
    layers: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Alias:
    """Where the alias points to. `weights` is the share of other versions, during a deployment."""

    version: str
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class EventSource:
    """An event source mapping of the alias."""

    uuid: str
    queue_arn: str
    state: str
    reports_batch_item_failures: bool
    batch_size: int
    window: int
    maximum_concurrency: int | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of the stack."""

    name: str
    state: str
    description: str
    reason: str
    is_switched_on: bool
    tells_somebody: bool


def stack_status(stack: Stack) -> str:
    """Return the stack's status in CloudFormation."""
    (found,) = stack.clients.cloudformation().describe_stacks(StackName=stack.name)["Stacks"]
    return found["StackStatus"]


def queue(stack: Stack, url: str) -> Queue:
    """Read a queue."""
    answer = stack.clients.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    attributes = answer["Attributes"]
    redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
    allowed = json.loads(attributes.get("RedriveAllowPolicy") or "{}")
    date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    return Queue(
        url=url,
        arn=attributes["QueueArn"],
        visibility_timeout=int(attributes["VisibilityTimeout"]),
        retention=int(attributes["MessageRetentionPeriod"]),
        redrive_target=redrive.get("deadLetterTargetArn"),
        max_receive_count=int(redrive["maxReceiveCount"]) if "maxReceiveCount" in redrive else None,
        is_encrypted=attributes.get("SqsManagedSseEnabled") == "true"
        or bool(attributes.get("KmsMasterKeyId")),
        messages=int(attributes["ApproximateNumberOfMessages"])
        + int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        asked_at=parsedate_to_datetime(date) if date else None,
        maximum_message_size=int(attributes.get("MaximumMessageSize", MOST_BYTES)),
        delay=int(attributes.get("DelaySeconds", 0)),
        takes_from=None
        if allowed.get("redrivePermission", "allowAll") == "allowAll"
        else tuple(allowed.get("sourceQueueArns", ())),
    )


def function(stack: Stack, qualifier: str | None) -> Function:
    """Read a version of the function; None reads what was deployed last."""
    client, name = stack.clients.lambda_(), stack.outputs.update_export_items_function_name
    answer: FunctionConfigurationResponseTypeDef = (
        client.get_function_configuration(FunctionName=name, Qualifier=qualifier)
        if qualifier
        else client.get_function_configuration(FunctionName=name)
    )
    return Function(
        version=answer["Version"],
        timeout=answer["Timeout"],
        state=answer.get("State", "Active"),
        last_update=answer.get("LastUpdateStatus", "Successful"),
        code=answer["CodeSha256"],
        layers=tuple(layer.get("Arn", "") for layer in answer.get("Layers", ())),
        environment=answer.get("Environment", {}).get("Variables", {}),
    )


def alias(stack: Stack) -> Alias:
    """Read where the alias points to."""
    answer = stack.clients.lambda_().get_alias(
        FunctionName=stack.outputs.update_export_items_function_name, Name=LIVE
    )
    weights = answer.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return Alias(answer["FunctionVersion"], weights)


def newest_version(stack: Stack) -> str:
    """Return the number of the version that was published last."""
    pages = (
        stack.clients.lambda_()
        .get_paginator("list_versions_by_function")
        .paginate(FunctionName=stack.outputs.update_export_items_function_name)
    )
    versions = [version["Version"] for page in pages for version in page["Versions"]]
    return str(max(int(version) for version in versions if version.isdigit()))


def reserved_concurrency(stack: Stack) -> int | None:
    """Return the function's reserved concurrency; None where it has none."""
    answer = stack.clients.lambda_().get_function_concurrency(
        FunctionName=stack.outputs.update_export_items_function_name
    )
    return answer.get("ReservedConcurrentExecutions")


def event_sources(stack: Stack) -> tuple[EventSource, ...]:
    """Read the event source mappings of the alias."""
    name = f"{stack.outputs.update_export_items_function_name}:{LIVE}"
    answer = stack.clients.lambda_().list_event_source_mappings(FunctionName=name)
    return tuple(
        EventSource(
            uuid=one["UUID"],
            queue_arn=one.get("EventSourceArn", ""),
            state=one["State"],
            reports_batch_item_failures="ReportBatchItemFailures" in one.get("FunctionResponseTypes", ()),
            batch_size=int(one["BatchSize"]),
            window=int(one.get("MaximumBatchingWindowInSeconds", 0)),
            maximum_concurrency=one.get("ScalingConfig", {}).get("MaximumConcurrency"),
        )
        for one in answer["EventSourceMappings"]
    )


def alarms(stack: Stack) -> tuple[Alarm, ...]:
    """Read the stack's alarms: by what the stack holds, for another stack's name may begin like its own."""
    resources = (
        stack.clients.cloudformation().get_paginator("list_stack_resources").paginate(StackName=stack.name)
    )
    names = [
        one.get("PhysicalResourceId", "")
        for page in resources
        for one in page["StackResourceSummaries"]
        if one["ResourceType"] == "AWS::CloudWatch::Alarm"
    ]
    client = stack.clients.cloudwatch()
    answers = [
        client.describe_alarms(AlarmNames=some, AlarmTypes=["MetricAlarm"])
        for some in batched(names, _ALARMS_AT_ONCE, strict=False)
    ]
    found = {one["AlarmName"]: one for answer in answers for one in answer["MetricAlarms"]}
    return tuple(
        Alarm(
            name=one["AlarmName"],
            state=one["StateValue"],
            description=one.get("AlarmDescription", ""),
            reason=one.get("StateReason", ""),
            is_switched_on=one.get("ActionsEnabled", True),
            tells_somebody=bool(one.get("AlarmActions")),
        )
        for one in found.values()
    ) + tuple(
        Alarm(name, GONE, "", "", is_switched_on=False, tells_somebody=False)
        for name in names
        if name not in found
    )
