"""Whether alarms, secret, clock and Pleo are well."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from botocore.exceptions import ClientError

from export_adapter.deliver.credentials import NoCredentials, credentials_in
from export_adapter.model import Json
from export_adapter.text import shown
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.doctor.facts import GONE, LIVE, Alarm, Queue
from export_adapter_workstation.stack.doctor.finding import (
    DEPLOY,
    Finding,
    NotKnown,
    not_known,
    note,
    well,
    wrong,
)

_MOST_SKEW: Final = timedelta(seconds=60)
WHAT_TO_PUT: Final = (
    'credentials.json holds {"accessToken": "..."} or {"apiKey": "..."}; delete the file afterwards'
)
"""What one has to know about `put_secret`."""

_RUNBOOK: Final = " Runbook: "
_DEPLOY_PAGE: Final = "README.md#deploy"
_COMPLETE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})


def stack_findings(status: str | NotKnown, stack: Stack) -> Iterator[Finding]:
    """Look at how the last deployment ended."""
    events = stack.aws(f"cloudformation describe-stack-events --stack-name {stack.name}")
    match status:
        case NotKnown():
            yield not_known("stack", status)
        case str() if status in _COMPLETE:
            yield well("stack", status)
        case str() if status.endswith("_IN_PROGRESS"):
            yield note("stack", f"{status}: a deployment is under way", events)
        case _:
            yield wrong("stack", f"{status}: the last deployment did not go through", events)


def alarm_findings(alarms: tuple[Alarm, ...] | NotKnown, stack: Stack) -> Iterator[Finding]:
    """Look at the alarms: which are raised, which are switched off, and whether they tell anybody."""
    if isinstance(alarms, NotKnown):
        yield not_known("alarms", alarms)
        return
    if not alarms:
        yield wrong("alarms", "the stack has none", DEPLOY)
        return
    gone = [_short(alarm.name) for alarm in alarms if alarm.state == GONE]
    if gone:
        yield wrong(
            "alarms", f"{len(gone)} of {len(alarms)} do not exist any more: {', '.join(gone)}", DEPLOY
        )
        alarms = tuple(alarm for alarm in alarms if alarm.state != GONE)
    raised = [alarm for alarm in alarms if alarm.state == "ALARM"]
    for alarm in raised:
        said, _, runbook = alarm.description.partition(_RUNBOOK)
        yield wrong(f"alarm {_short(alarm.name)}", shown(said or alarm.reason), shown(runbook) or None)
    off = [alarm.name for alarm in alarms if not alarm.is_switched_on]
    if off:
        mend = stack.aws(f"cloudwatch enable-alarm-actions --alarm-names {' '.join(off)}")
        yield wrong("alarms", f"{len(off)} of {len(alarms)} are switched off", mend)
    silent = [alarm for alarm in alarms if not alarm.tells_somebody]
    if silent:
        said = f"{len(silent)} of {len(alarms)} reach nobody: the stack's parameter AlarmTopicArn is empty"
        yield note("alarms", said, _DEPLOY_PAGE)
    if any(not alarm.description.partition(_RUNBOOK)[2].startswith("https://") for alarm in alarms):
        said = "they link to no page that opens: the stack's parameter RunbookUrl is no link"
        yield note("runbook", said, _DEPLOY_PAGE)
    if not raised:
        yield well("alarms", f"none of {len(alarms)} is raised")


def _short(name: str) -> str:
    """Return the alarm's name in the template: without the stack's name and CloudFormation's ending."""
    return next((part for part in reversed(name.split("-")) if part.endswith("Alarm")), name)


@dataclass(frozen=True, slots=True)
class ToBeDeleted:
    """A secret that is scheduled for deletion, until when it can be had back."""


type Secret = str | ToBeDeleted | None
"""A secret's text; None where it holds none."""


def secret_findings(secret: Secret | NotKnown, stack: Stack, *, may_be_empty: bool) -> Iterator[Finding]:
    """Look at the secret's shape; nothing of its value is told.

    Args:
        secret: Its text, or why there is none.
        stack: The stack.
        may_be_empty: Whether companies have secrets of their own, so that this one may be left empty.
    """
    what = "secret"
    put = put_secret(stack)
    match secret:
        case NotKnown():
            yield not_known(what, secret)
        case ToBeDeleted():
            restore = f"secretsmanager restore-secret --secret-id {stack.outputs.pleo_credentials_arn}"
            yield wrong(what, "it is scheduled for deletion: nobody can read it", stack.aws(restore))
        case None if may_be_empty:
            yield note(what, "it is empty: messages without a companyId go back", put, WHAT_TO_PUT)
        case None:
            yield wrong(what, "it is empty: nothing can be delivered", put, WHAT_TO_PUT)
        case _:
            found = credentials_in(_json(secret))
            if isinstance(found, NoCredentials):
                yield wrong(what, found.reason, put, WHAT_TO_PUT)
            else:
                yield well(what, "it has the right form")


def put_secret(stack: Stack) -> str:
    """Return the command that puts credentials in the stack's secret; WHAT_TO_PUT belongs to it."""
    arn = stack.outputs.pleo_credentials_arn
    return stack.aws(
        f"secretsmanager put-secret-value --secret-id {arn} --secret-string file://credentials.json"
    )


def _json(text: str) -> Json:
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def secret_text(stack: Stack) -> Secret:
    """Return the secret's text, None where nothing was put in it yet, or that it is to be deleted."""
    client = stack.clients.secrets_manager()
    try:
        answer = client.get_secret_value(SecretId=stack.outputs.pleo_credentials_arn)
    except ClientError as refused:
        error = refused.response.get("Error", {})
        code, message = error.get("Code"), error.get("Message", "")
        # The same code for a secret without a value and for no secret: only the words differ.
        if code == "ResourceNotFoundException" and "secret value" in message:
            return None
        if code == "InvalidRequestException" and "deletion" in message:
            return ToBeDeleted()
        raise
    return answer.get("SecretString")


def clock_findings(queue: Queue | NotKnown, now: datetime) -> Iterator[Finding]:
    """Compare this machine's clock with AWS's."""
    if isinstance(queue, NotKnown) or queue.asked_at is None:
        yield not_known("clock", NotKnown("AWS did not say what time it is"))
        return
    skew = abs(now - queue.asked_at)
    seconds = f"{skew.total_seconds():.0f} s"
    if skew > _MOST_SKEW:
        said = f"this machine's clock is {seconds} off; from five minutes on, AWS refuses requests"
        yield wrong("clock", said, "sudo timedatectl set-ntp true (on macOS: sudo sntp -sS time.apple.com)")
    else:
        yield well("clock", f"within {seconds} of AWS's")


def self_test(stack: Stack) -> Mapping[str, Json]:
    """Let the function test itself: secret, rules, and one harmless request to Pleo."""
    answer = stack.clients.lambda_().invoke(
        FunctionName=stack.outputs.update_export_items_function_name, Qualifier=LIVE, Payload=b"{}"
    )
    body: Json = json.loads(answer["Payload"].read())
    found = body if isinstance(body, dict) else {}
    return {**found, "functionError": answer.get("FunctionError")}
