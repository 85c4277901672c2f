"""Whether the queues are set so that nothing is lost."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from export_adapter_workstation.dead_letters.tables import age_words
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.finding import (
    DEAD_LETTER_QUEUE,
    DEPLOY,
    MAIN_QUEUE,
    Finding,
    NotKnown,
    not_known,
    note,
    ok,
    wrong,
)
from export_adapter_workstation.stack.function_checks import (
    EventSources,
    Function,
    settings_of,
)

_MOST_BYTES: Final = 1_048_576
"""The largest message that SQS takes, and that a queue takes unless it is set to less."""

_LEAST_RECEIVES: Final = 5
_TIMES_THE_TIMEOUT: Final = 6
_LONGEST_RETENTION: Final = 1_209_600
_USUAL_RETENTION: Final = 345_600
_LEAST_RETENTION: Final = 3_600
"""Five receives take 45 minutes, and an export job lives for an hour."""

_USUAL_VISIBILITY: Final = 420
"""As the template sets it; enough for every timeout and window that it allows."""


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
    maximum_message_size: int = _MOST_BYTES
    delay: int = 0
    takes_from: tuple[str, ...] | None = None


def read_queue(stack: Stack, url: str) -> Queue:
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
        is_encrypted=attributes.get("SqsManagedSseEnabled") == "true" or "KmsMasterKeyId" in attributes,
        messages=int(attributes["ApproximateNumberOfMessages"])
        + int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        asked_at=parsedate_to_datetime(date) if date else None,
        maximum_message_size=int(attributes.get("MaximumMessageSize", _MOST_BYTES)),
        delay=int(attributes.get("DelaySeconds", 0)),
        takes_from=None
        if allowed.get("redrivePermission", "allowAll") == "allowAll"
        else tuple(allowed.get("sourceQueueArns", ())),
    )


def queue_findings(
    stack: Stack,
    main: Queue | NotKnown,
    dead: Queue | NotKnown,
    live: Function | NotKnown,
    sources: EventSources | NotKnown,
) -> Iterator[Finding]:
    """Look at both queues, and at how they fit each other and the function."""
    for what, queue in ((MAIN_QUEUE, main), (DEAD_LETTER_QUEUE, dead)):
        if isinstance(queue, NotKnown):
            yield not_known(what, queue)
        elif not queue.is_encrypted:
            yield wrong(what, "it is not encrypted", _set(stack, queue, "SqsManagedSseEnabled=true"))
    if isinstance(main, Queue):
        yield _visibility(stack, main, live, sources)
        for said, attributes in _wrong_on_main(main):
            yield wrong(MAIN_QUEUE, said, _set(stack, main, attributes))
    if isinstance(dead, Queue):
        for said, attributes in _wrong_on_dead(dead, main.arn if isinstance(main, Queue) else None):
            yield wrong(DEAD_LETTER_QUEUE, said, _set(stack, dead, attributes))
        if isinstance(main, Queue):
            yield _redrive(stack, main, dead, live)
            yield _retention(stack, main, dead)
        show = stack.command("dead-letters", "summary")
        yield (
            note("dead letters", f"{dead.messages} parked", show)
            if dead.messages
            else ok("dead letters", "none")
        )


def _wrong_on_main(main: Queue) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, and the attribute that fixes it."""
    if main.retention < _LEAST_RETENTION:
        said = f"it keeps messages for {_age(main.retention)} only: a longer outage deletes results unnoticed"
        yield said, f"MessageRetentionPeriod={_USUAL_RETENTION}"
    if main.delay:
        said = f"it delays every message by {main.delay} s; the export job may expire in the meantime"
        yield said, "DelaySeconds=0"


def _wrong_on_dead(dead: Queue, main_arn: str | None) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, and the attribute that fixes it."""
    if dead.redrive_target:
        yield (
            "it has a redrive policy of its own: messages that are only looked at move to another queue",
            'RedrivePolicy=""',
        )
    if dead.maximum_message_size < _MOST_BYTES:
        yield (
            f"it takes messages of {dead.maximum_message_size:,} bytes at most: larger ones cannot be parked",
            f"MaximumMessageSize={_MOST_BYTES}",
        )
    if dead.takes_from is not None and (not dead.takes_from or main_arn not in {None, *dead.takes_from}):
        yield (
            "its redrive allow policy does not let SQS move the main queue's messages there",
            _json_attribute("RedriveAllowPolicy", {"redrivePermission": "allowAll"}),
        )


def _visibility(
    stack: Stack, main: Queue, live: Function | NotKnown, sources: EventSources | NotKnown
) -> Finding:
    what = "visibility timeout"
    if isinstance(live, NotKnown):
        return not_known(what, live)
    windows = [] if isinstance(sources, NotKnown) else sources
    window = max((one.get("MaximumBatchingWindowInSeconds", 0) for one in windows), default=0)
    wanted = _TIMES_THE_TIMEOUT * live["Timeout"] + window
    fix = _set(stack, main, f"VisibilityTimeout={max(wanted, _USUAL_VISIBILITY)}")
    if main.visibility_timeout < live["Timeout"]:
        said = (
            f"{main.visibility_timeout} s is less than the function's timeout of {live['Timeout']} s: "
            "messages are received again while they are still being processed"
        )
        return wrong(what, said, fix)
    if main.visibility_timeout < wanted:
        said = (
            f"{main.visibility_timeout} s is less than six times the function's timeout plus the batching "
            f"window ({wanted} s): throttling can move good messages to the dead-letter queue"
        )
        return note(what, said, fix)
    return ok(what, f"{main.visibility_timeout} s; the function takes {live['Timeout']} s at most")


def _redrive(stack: Stack, main: Queue, dead: Queue, live: Function | NotKnown) -> Finding:
    what = "redrive"
    receives = main.max_receive_count or 0
    setting = "" if isinstance(live, NotKnown) else settings_of(live).get("MAX_RECEIVE_COUNT", "")
    parks_on = int(setting) if setting.isascii() and setting.isdigit() else None
    wanted = parks_on or _LEAST_RECEIVES
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": str(wanted)}
    fix = _set(stack, main, _json_attribute("RedrivePolicy", policy))
    if main.redrive_target != dead.arn:
        return wrong(what, "the main queue does not redrive to the stack's dead-letter queue", fix)
    if parks_on is not None and parks_on < _LEAST_RECEIVES:
        said = (
            f"the function parks messages on receive {parks_on}: throttled receives count, so good ones too"
        )
        return wrong(what, said, DEPLOY)
    if receives < wanted:
        parks = "" if parks_on is None else f", before the function parks them on receive {parks_on}"
        said = f"SQS moves messages after {receives} receives{parks}: throttled receives count"
        return wrong(what, f"{said}, and no reason is noted", fix)
    if parks_on is not None and receives > parks_on:
        said = (
            f"the function parks messages on receive {parks_on}, with a reason; SQS moves them only after "
            f"{receives} receives, so a message that crashes the function is tried more often than others"
        )
        return note(what, said, fix)
    return ok(what, f"to the dead-letter queue after {receives} receives")


def _retention(stack: Stack, main: Queue, dead: Queue) -> Finding:
    said = f"messages are kept for {_age(main.retention)}, dead letters for {_age(dead.retention)}"
    fix = _set(stack, dead, f"MessageRetentionPeriod={_LONGEST_RETENTION}")
    if dead.retention <= main.retention:
        said = f"{said}: what SQS moves keeps its age, and may be deleted before anybody sees it"
        return wrong("retention", said, fix)
    if dead.retention < _LONGEST_RETENTION:
        return note("retention", f"{said}; 14d is possible", fix)
    return ok("retention", said)


def _age(seconds: int) -> str:
    return age_words(timedelta(seconds=seconds))


def _json_attribute(name: str, value: dict[str, str]) -> str:
    """Return an attribute whose value is JSON, as the AWS CLI reads it."""
    inner = json.dumps(value, separators=(",", ":"))
    return f"'{json.dumps({name: inner}, separators=(',', ':'))}'"


def _set(stack: Stack, queue: Queue, attributes: str) -> str:
    return stack.aws(f"sqs set-queue-attributes --queue-url {queue.url} --attributes {attributes}")
