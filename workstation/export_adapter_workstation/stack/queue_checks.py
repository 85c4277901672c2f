"""Whether the queues are set so that nothing is lost."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from export_adapter_workstation.dead_letters.tables import age_words
from export_adapter_workstation.stack.deployed import Deployed, Queue
from export_adapter_workstation.stack.finding import (
    DEAD_LETTER_QUEUE,
    DEPLOY,
    MAIN_QUEUE,
    Finding,
    note,
    ok,
    wrong,
)

_MOST_BYTES: Final = 1_048_576
"""The largest message that SQS takes, and that a queue takes unless it is set to less."""

_LEAST_RECEIVES: Final = 5
_TIMES_THE_TIMEOUT: Final = 6
_LONGEST_RETENTION: Final = 1_209_600
_LEAST_RETENTION: Final = 3_600
"""Five receives take 45 minutes, and an export job lives for an hour."""

_USUAL_VISIBILITY: Final = 420
"""As the template sets it; enough for every timeout and window that it allows."""


def main_queue(deployed: Deployed) -> Iterator[Finding]:
    """Check encryption, retention and delay of the main queue."""
    main = deployed.main
    yield from _encryption(deployed, MAIN_QUEUE, main)
    if main.number("MessageRetentionPeriod") < _LEAST_RETENTION:
        said = f"it keeps messages for {_retained(main)} only: a longer outage deletes results unnoticed"
        yield wrong(MAIN_QUEUE, said, _set(deployed, main, "MessageRetentionPeriod=345600"))
    if delay := main.number("DelaySeconds"):
        said = f"it delays every message by {delay} s; the export job may expire in the meantime"
        yield wrong(MAIN_QUEUE, said, _set(deployed, main, "DelaySeconds=0"))


def dead_letter_queue(deployed: Deployed) -> Iterator[Finding]:
    """Check that everything can be parked on the dead-letter queue and stays there; count its messages."""
    what, dead = DEAD_LETTER_QUEUE, deployed.dead
    yield from _encryption(deployed, what, dead)
    if dead.policy("RedrivePolicy"):
        said = "it has a redrive policy of its own: messages that are only looked at move to another queue"
        yield wrong(what, said, _set(deployed, dead, 'RedrivePolicy=""'))
    if (most := dead.number("MaximumMessageSize", _MOST_BYTES)) < _MOST_BYTES:
        said = f"it takes messages of {most:,} bytes at most: larger ones cannot be parked"
        yield wrong(what, said, _set(deployed, dead, f"MaximumMessageSize={_MOST_BYTES}"))
    messages = dead.number("ApproximateNumberOfMessages")
    messages += dead.number("ApproximateNumberOfMessagesNotVisible")
    if messages:
        show = deployed.stack.command("dead-letters", "summary")
        yield note("dead letters", f"{messages} parked", show)
    else:
        yield ok("dead letters", "none")


def visibility_timeout(deployed: Deployed) -> Iterator[Finding]:
    """Check the main queue's visibility timeout against the time that the function may take."""
    what, takes = "visibility timeout", deployed.live["Timeout"]
    seconds = deployed.main.number("VisibilityTimeout")
    windows = (one.get("MaximumBatchingWindowInSeconds", 0) for one in deployed.event_sources)
    wanted = _TIMES_THE_TIMEOUT * takes + max(windows, default=0)
    fix = _set(deployed, deployed.main, f"VisibilityTimeout={max(wanted, _USUAL_VISIBILITY)}")
    if seconds < takes:
        said = f"{seconds} s is less than the function's timeout of {takes} s"
        yield wrong(what, f"{said}: messages are received again while they are being processed", fix)
    elif seconds < wanted:
        said = (
            f"{seconds} s is less than six times the function's timeout plus the batching window, {wanted} s"
        )
        yield note(what, f"{said}: throttling can move good messages to the dead-letter queue", fix)
    else:
        yield ok(what, f"{seconds} s; the function takes {takes} s at most")


def redrive(deployed: Deployed) -> Iterator[Finding]:
    """Check that SQS moves messages to the dead-letter queue, and not before the function parks them."""
    what, main, dead = "redrive", deployed.main, deployed.dead
    allowed = dead.policy("RedriveAllowPolicy")
    allows_all = allowed.get("redrivePermission", "allowAll") == "allowAll"
    if not allows_all and main.arn not in allowed.get("sourceQueueArns", ()):
        said = "its redrive allow policy does not let SQS move the main queue's messages there"
        allow_all = _json_attribute("RedriveAllowPolicy", {"redrivePermission": "allowAll"})
        yield wrong(DEAD_LETTER_QUEUE, said, _set(deployed, dead, allow_all))
    policy = main.policy("RedrivePolicy")
    receives = int(policy.get("maxReceiveCount", 0))
    setting = deployed.settings.get("MAX_RECEIVE_COUNT", "")
    parks_on = int(setting) if setting.isascii() and setting.isdigit() else None
    wanted = parks_on or _LEAST_RECEIVES
    wanted_policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": str(wanted)}
    fix = _set(deployed, main, _json_attribute("RedrivePolicy", wanted_policy))
    if policy.get("deadLetterTargetArn") != dead.arn:
        yield wrong(what, "the main queue does not redrive to the stack's dead-letter queue", fix)
    elif parks_on is not None and parks_on < _LEAST_RECEIVES:
        said = f"the function parks messages on receive {parks_on}; throttled receives count, too"
        yield wrong(what, said, DEPLOY)
    elif receives < wanted:
        parks = "" if parks_on is None else f", before the function parks them on receive {parks_on}"
        said = f"SQS moves messages after {receives} receives{parks}; throttled receives count, too"
        yield wrong(what, f"{said}, and no reason is noted", fix)
    elif parks_on is not None and receives > parks_on:
        said = f"SQS moves messages only after {receives} receives, later than the function parks them"
        yield note(what, f"{said}, with a reason, on receive {parks_on}", fix)
    else:
        yield ok(what, f"to the dead-letter queue after {receives} receives")


def retention(deployed: Deployed) -> Iterator[Finding]:
    """Check that dead letters are kept longer than messages."""
    what, main, dead = "retention", deployed.main, deployed.dead
    said = f"messages are kept for {_retained(main)}, dead letters for {_retained(dead)}"
    fix = _set(deployed, dead, f"MessageRetentionPeriod={_LONGEST_RETENTION}")
    if dead.number("MessageRetentionPeriod") <= main.number("MessageRetentionPeriod"):
        said = f"{said}: what SQS moves keeps its age, and may be deleted before anybody sees it"
        yield wrong(what, said, fix)
    elif dead.number("MessageRetentionPeriod") < _LONGEST_RETENTION:
        yield note(what, f"{said}; 14d is possible", fix)
    else:
        yield ok(what, said)


def _encryption(deployed: Deployed, what: str, queue: Queue) -> Iterator[Finding]:
    is_encrypted = queue.attributes.get("SqsManagedSseEnabled") == "true"
    if not (is_encrypted or queue.attributes.get("KmsMasterKeyId")):
        yield wrong(what, "it is not encrypted", _set(deployed, queue, "SqsManagedSseEnabled=true"))


def _retained(queue: Queue) -> str:
    return age_words(timedelta(seconds=queue.number("MessageRetentionPeriod")))


def _json_attribute(name: str, value: dict[str, str]) -> str:
    """Return an attribute whose value is JSON, as the AWS CLI reads it."""
    inner = json.dumps(value, separators=(",", ":"))
    return f"'{json.dumps({name: inner}, separators=(',', ':'))}'"


def _set(deployed: Deployed, queue: Queue, attributes: str) -> str:
    return deployed.stack.aws(f"sqs set-queue-attributes --queue-url {queue.url} --attributes {attributes}")
