"""Whether deployment and alarms are in order."""

from collections.abc import Iterator
from itertools import batched
from typing import Final

from export_adapter.text import shown
from export_adapter_workstation.stack.deployed import Deployed
from export_adapter_workstation.stack.finding import DEPLOY, Finding, note, ok, wrong

_ALARMS_AT_ONCE: Final = 100
_RUNBOOK: Final = " Runbook: "
_DEPLOY_PAGE: Final = "README.md#deploy"
_COMPLETE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})


def last_deployment(deployed: Deployed) -> Iterator[Finding]:
    """Check how the last deployment ended."""
    what, name = "stack", deployed.stack.name
    (found,) = deployed.stack.clients.cloudformation().describe_stacks(StackName=name)["Stacks"]
    status = found["StackStatus"]
    events = deployed.stack.aws(f"cloudformation describe-stack-events --stack-name {name}")
    if status in _COMPLETE:
        yield ok(what, status)
    elif status.endswith("_IN_PROGRESS"):
        yield note(what, f"{status}: a deployment is under way", events)
    else:
        yield wrong(what, f"{status}: the last deployment failed", events)


def alarms(deployed: Deployed) -> Iterator[Finding]:
    """Check the alarms: which are raised, which are switched off, and whether they notify anybody."""
    what, names = "alarms", _alarm_names(deployed)
    total = len(names)
    if not total:
        yield wrong(what, "the stack has none", DEPLOY)
        return
    client = deployed.stack.clients.cloudwatch()
    existing = [
        alarm
        for some in batched(names, _ALARMS_AT_ONCE, strict=False)
        for alarm in client.describe_alarms(AlarmNames=some, AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    ]
    found = {alarm["AlarmName"] for alarm in existing}
    gone = [_short(name) for name in names if name not in found]
    if gone:
        yield wrong(what, f"{len(gone)} of {total} do not exist: {', '.join(gone)}", DEPLOY)
    raised = [alarm for alarm in existing if alarm["StateValue"] == "ALARM"]
    for alarm in raised:
        said, _, runbook = alarm.get("AlarmDescription", "").partition(_RUNBOOK)
        name = f"alarm {_short(alarm['AlarmName'])}"
        yield wrong(name, shown(said or alarm.get("StateReason", "")), shown(runbook) or None)
    off = [alarm["AlarmName"] for alarm in existing if not alarm.get("ActionsEnabled", True)]
    if off:
        fix = deployed.stack.aws(f"cloudwatch enable-alarm-actions --alarm-names {' '.join(off)}")
        yield wrong(what, f"{len(off)} of {total} are switched off", fix)
    silent = sum(not alarm.get("AlarmActions") for alarm in existing)
    if silent:
        said = f"{silent} of {total} notify nobody: the stack's parameter AlarmTopicArn is empty"
        yield note(what, said, _DEPLOY_PAGE)
    links = (alarm.get("AlarmDescription", "").partition(_RUNBOOK)[2] for alarm in existing)
    if not all(link.startswith("https://") for link in links):
        said = "the alarms do not link to a page that opens: the stack's parameter RunbookUrl is not a URL"
        yield note("runbook", said, _DEPLOY_PAGE)
    if existing and not raised:
        yield ok(what, f"none of {len(existing)} is raised")


def _alarm_names(deployed: Deployed) -> list[str]:
    """Return the names of the alarms that the stack holds: another stack's name may begin like its own."""
    pages = deployed.stack.clients.cloudformation().get_paginator("list_stack_resources")
    return [
        one.get("PhysicalResourceId", "")
        for page in pages.paginate(StackName=deployed.stack.name)
        for one in page["StackResourceSummaries"]
        if one["ResourceType"] == "AWS::CloudWatch::Alarm"
    ]


def _short(name: str) -> str:
    """Return the alarm's name in the template: without the stack's name and CloudFormation's ending."""
    return next((part for part in reversed(name.split("-")) if part.endswith("Alarm")), name)
