"""The whole examination, in the order in which a person would go about it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from export_adapter_workstation.stack import function_checks as functions
from export_adapter_workstation.stack import queue_checks as queues
from export_adapter_workstation.stack import secret_checks as secrets
from export_adapter_workstation.stack import surroundings_checks as surroundings
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.deployed import UNREADABLE, Deployed, is_missing, why_unreadable
from export_adapter_workstation.stack.finding import (
    DEAD_LETTER_QUEUE,
    DELETED_BY_HAND,
    DEPLOY,
    FUNCTION,
    MAIN_QUEUE,
    Finding,
    not_known,
    ok,
    wrong,
)

_CHECKS: Final[tuple[tuple[str, Callable[[Deployed], Iterator[Finding]]], ...]] = (
    ("stack", surroundings.last_deployment),
    (FUNCTION, functions.function),
    ("alias", functions.alias),
    ("event source", functions.event_source),
    ("concurrency", functions.concurrency),
    (MAIN_QUEUE, queues.main_queue),
    (DEAD_LETTER_QUEUE, queues.dead_letter_queue),
    ("visibility timeout", queues.visibility_timeout),
    ("redrive", queues.redrive),
    ("retention", queues.retention),
    ("alarms", surroundings.alarms),
    ("secret", secrets.secret),
    ("self-test", secrets.self_test),
)
"""Each with the name of what it checks, for when that cannot be read."""

_MISSING: Final = {
    MAIN_QUEUE: "it does not exist: exporters cannot send results",
    DEAD_LETTER_QUEUE: "it does not exist: nothing can be parked",
    FUNCTION: "it does not exist: nothing is delivered",
    "secret": "it does not exist: nothing can be delivered",
}
_MOST_SKEW: Final = timedelta(seconds=60)


def examine(stack: Stack, now: datetime) -> Iterator[Finding]:
    """Check everything. Changes nothing; the self-test asks Pleo for a job that cannot exist."""
    deployed = Deployed(stack)
    yield _clock(deployed, now)
    for what, check in _CHECKS:
        try:
            yield from check(deployed)
        except UNREADABLE as failed:
            if is_missing(failed) and what in _MISSING:
                yield wrong(what, _MISSING[what], DEPLOY, DELETED_BY_HAND)
            else:
                yield not_known(what, why_unreadable(failed))


def _clock(deployed: Deployed, now: datetime) -> Finding:
    """Compare this machine's clock with AWS's."""
    try:
        aws_time = deployed.main.asked_at
    except UNREADABLE:
        aws_time = None
    if aws_time is None:
        return not_known("clock", "AWS did not say what time it is")
    skew = abs(now - aws_time)
    seconds = f"{skew.total_seconds():.0f} s"
    if skew > _MOST_SKEW:
        said = f"this machine's clock is {seconds} off; from five minutes on, AWS refuses requests"
        fix = "sudo timedatectl set-ntp true (on macOS: sudo sntp -sS time.apple.com)"
        return wrong("clock", said, fix)
    return ok("clock", f"within {seconds} of AWS's")
