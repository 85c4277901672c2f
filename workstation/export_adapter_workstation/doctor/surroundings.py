"""Whether alarms, secret, clock and Pleo are well."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, cast

from botocore.exceptions import ClientError

from export_adapter.deliver.credentials import NoCredentials, credentials_in
from export_adapter.results import Json
from export_adapter_workstation.dead_letters.masking import shown
from export_adapter_workstation.doctor.facts import LIVE, Alarm, Queue
from export_adapter_workstation.doctor.finding import Finding, NotKnown, not_known, note, well, wrong
from export_adapter_workstation.stack_access import Stack

_MOST_SKEW: Final = timedelta(seconds=60)
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
        yield wrong("alarms", "the stack has none", ".venv/bin/sam deploy (with the stack's --config-env)")
        return
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


def secret_findings(secret: str | NotKnown | None, stack: Stack, *, may_be_empty: bool) -> Iterator[Finding]:
    """Look at the secret's shape; nothing of its value is told.

    Args:
        secret: Its text; None where it holds none.
        stack: The stack.
        may_be_empty: Whether companies have secrets of their own, so that this one may be left empty.
    """
    what = "secret"
    put = _put_secret(stack)
    if isinstance(secret, NotKnown):
        yield not_known(what, secret)
    elif secret is None and may_be_empty:
        yield note(what, "it is empty: messages without a companyId go back", put)
    elif secret is None:
        yield wrong(what, "it is empty: nothing can be delivered", put)
    else:
        found = credentials_in(_json(secret))
        if isinstance(found, NoCredentials):
            yield wrong(what, found.reason, put)
        else:
            yield well(what, "it has the right form")


def _json(text: str) -> Json:
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def secret_text(stack: Stack) -> str | None:
    """Return the secret's text, or None where nothing was put in it yet."""
    client = stack.clients.secrets_manager()
    try:
        answer = client.get_secret_value(SecretId=stack.outputs.pleo_credentials_arn)
    except ClientError as refused:
        if refused.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
            return None
        raise
    return answer.get("SecretString", "")


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


def self_test_findings(answer: Mapping[str, Json] | NotKnown, stack: Stack) -> Iterator[Finding]:
    """Look at what the function says of itself."""
    if isinstance(answer, NotKnown):
        yield not_known("self-test", answer)
        return
    if answer.get("functionError"):
        why = shown(f"{answer.get('errorType', '')} {answer.get('errorMessage', '')}")
        said = f"the function breaks as soon as it is invoked: {why}"
        yield wrong("self-test", said, "docs/operations.md#function-errors")
        return
    result = answer.get("selfTest")
    checks = result.get("checks") if isinstance(result, dict) else None
    if not isinstance(checks, list):
        yield not_known("self-test", NotKnown("this version of the function has none"))
        return
    for check in cast("Iterable[Mapping[str, Json]]", checks):
        name, said = str(check.get("name")), shown(str(check.get("said")))
        what = f"self-test: {shown(name, 40)}"
        yield well(what, said) if check.get("passed") is True else wrong(what, said, _mend(name, stack))


def _mend(check: str, stack: Stack) -> str:
    return {
        "credentials": _put_secret(stack),
        "rules": ".venv/bin/sam build && .venv/bin/sam deploy (with the stack's --config-env)",
        "own rules": "docs/operations.md#refused-rules",
        "pleo": "https://status.pleo.io, then docs/operations.md#pleo-errors",
    }.get(check, "docs/operations.md")


def _put_secret(stack: Stack) -> str:
    arn = stack.outputs.pleo_credentials_arn
    return stack.aws(
        f"secretsmanager put-secret-value --secret-id {arn} --secret-string file://credentials.json"
    )
