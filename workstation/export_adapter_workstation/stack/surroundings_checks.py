"""Whether deployment, alarms and this machine's clock are in order."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING, Final

from export_adapter.text import shown
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.finding import DEPLOY, Finding, NotKnown, not_known, note, ok, wrong

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

type Alarms = Mapping[str, MetricAlarmTypeDef | None]
"""The stack's alarms by name; None where CloudWatch does not have it."""

_MOST_SKEW: Final = timedelta(seconds=60)
_RUNBOOK: Final = " Runbook: "
_DEPLOY_PAGE: Final = "README.md#deploy"
_COMPLETE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_ALARMS_AT_ONCE: Final = 100


def stack_status(stack: Stack) -> str:
    """Return the stack's status in CloudFormation."""
    (found,) = stack.clients.cloudformation().describe_stacks(StackName=stack.name)["Stacks"]
    return found["StackStatus"]


def stack_findings(status: str | NotKnown, stack: Stack) -> Iterator[Finding]:
    """Look at how the last deployment ended."""
    events = stack.aws(f"cloudformation describe-stack-events --stack-name {stack.name}")
    match status:
        case NotKnown():
            yield not_known("stack", status)
        case str() if status in _COMPLETE:
            yield ok("stack", status)
        case str() if status.endswith("_IN_PROGRESS"):
            yield note("stack", f"{status}: a deployment is under way", events)
        case _:
            yield wrong("stack", f"{status}: the last deployment failed", events)


def clock_findings(aws_time: datetime | None, now: datetime) -> Iterator[Finding]:
    """Compare this machine's clock with AWS's, None where that is not known."""
    if aws_time is None:
        yield not_known("clock", NotKnown("AWS did not say what time it is"))
        return
    skew = abs(now - aws_time)
    seconds = f"{skew.total_seconds():.0f} s"
    if skew > _MOST_SKEW:
        said = f"this machine's clock is {seconds} off; from five minutes on, AWS refuses requests"
        yield wrong("clock", said, "sudo timedatectl set-ntp true (on macOS: sudo sntp -sS time.apple.com)")
    else:
        yield ok("clock", f"within {seconds} of AWS's")


def read_alarms(stack: Stack) -> Alarms:
    """Read the stack's alarms, by what the stack holds: another stack's name may begin like its own."""
    pages = (
        stack.clients.cloudformation().get_paginator("list_stack_resources").paginate(StackName=stack.name)
    )
    resources = [one for page in pages for one in page["StackResourceSummaries"]]
    names = [
        one.get("PhysicalResourceId", "")
        for one in resources
        if one["ResourceType"] == "AWS::CloudWatch::Alarm"
    ]
    client = stack.clients.cloudwatch()
    found = {
        alarm["AlarmName"]: alarm
        for some in batched(names, _ALARMS_AT_ONCE, strict=False)
        for alarm in client.describe_alarms(AlarmNames=some, AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    }
    return {name: found.get(name) for name in names}


def alarm_findings(alarms: Alarms | NotKnown, stack: Stack) -> Iterator[Finding]:
    """Look at the alarms: which are raised, which are switched off, and whether they tell anybody."""
    if isinstance(alarms, NotKnown):
        yield not_known("alarms", alarms)
        return
    if not alarms:
        yield wrong("alarms", "the stack has none", DEPLOY)
        return
    gone = [_short(name) for name, alarm in alarms.items() if alarm is None]
    if gone:
        yield wrong("alarms", f"{len(gone)} of {len(alarms)} do not exist: {', '.join(gone)}", DEPLOY)
    yield from _existing([alarm for alarm in alarms.values() if alarm is not None], stack)


def _existing(alarms: "Sequence[MetricAlarmTypeDef]", stack: Stack) -> Iterator[Finding]:
    raised = [alarm for alarm in alarms if alarm["StateValue"] == "ALARM"]
    for alarm in raised:
        said, _, runbook = alarm.get("AlarmDescription", "").partition(_RUNBOOK)
        name = f"alarm {_short(alarm['AlarmName'])}"
        yield wrong(name, shown(said or alarm.get("StateReason", "")), shown(runbook) or None)
    off = [alarm["AlarmName"] for alarm in alarms if not alarm.get("ActionsEnabled", True)]
    if off:
        fix = stack.aws(f"cloudwatch enable-alarm-actions --alarm-names {' '.join(off)}")
        yield wrong("alarms", f"{len(off)} of {len(alarms)} are switched off", fix)
    silent = sum(not alarm.get("AlarmActions") for alarm in alarms)
    if silent:
        said = f"{silent} of {len(alarms)} notify nobody: the stack's parameter AlarmTopicArn is empty"
        yield note("alarms", said, _DEPLOY_PAGE)
    links = (alarm.get("AlarmDescription", "").partition(_RUNBOOK)[2] for alarm in alarms)
    if not all(link.startswith("https://") for link in links):
        said = "the alarms do not link to a page that opens: the stack's parameter RunbookUrl is not a URL"
        yield note("runbook", said, _DEPLOY_PAGE)
    if not raised:
        yield ok("alarms", f"none of {len(alarms)} is raised")


def _short(name: str) -> str:
    """Return the alarm's name in the template: without the stack's name and CloudFormation's ending."""
    return next((part for part in reversed(name.split("-")) if part.endswith("Alarm")), name)
