"""A stack that is well, and how to read findings about it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from export_adapter_workstation.local.aws import StackOutputs
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.doctor.facts import EventSource, Function, Queue
from export_adapter_workstation.stack.doctor.finding import Finding, NotKnown, State

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
MAIN = Queue(
    "https://main", "arn:main", 420, 345_600, "arn:dead", 5, is_encrypted=True, messages=0, asked_at=NOW
)
DEAD = Queue(
    "https://dead", "arn:dead", 30, 1_209_600, None, None, is_encrypted=True, messages=0, asked_at=NOW
)
LIVE = Function("7", 60, "Active", "Successful", "code", ("arn:layer:deps:3",), {"MAX_RECEIVE_COUNT": "5"})
SOURCE = EventSource(
    "u-1",
    "arn:main",
    "Enabled",
    reports_batch_item_failures=True,
    batch_size=500,
    window=5,
    maximum_concurrency=5,
)
NOT_ALLOWED = NotKnown("these credentials may not call it")


def states(findings: Iterable[Finding]) -> dict[str, State]:
    return {finding.what: finding.state for finding in findings}


def wrong(findings: Iterable[Finding]) -> tuple[str, str]:
    """Return what the only wrong finding says, and what mends it."""
    (found,) = (finding for finding in findings if finding.state is State.WRONG)
    return found.said, found.mend or ""
