"""Whether the queues are set so that nothing is lost and nothing is buried."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from export_adapter_workstation.dead_letters.tables import age_words
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.doctor.facts import MOST_BYTES, EventSource, Function, Queue
from export_adapter_workstation.stack.doctor.finding import (
    DEPLOY,
    Finding,
    NotKnown,
    not_known,
    note,
    well,
    wrong,
)

_LEAST_RECEIVES: Final = 5
_TIMES_THE_TIMEOUT: Final = 6
_LONGEST_RETENTION: Final = 1_209_600
_USUAL_RETENTION: Final = 345_600
_LEAST_RETENTION: Final = 3_600
"""Five receives take 45 minutes, and an export job lives for an hour."""

_USUAL_VISIBILITY: Final = 420
"""As the template sets it; enough for every timeout and window that it allows."""


def queue_findings(
    stack: Stack,
    main: Queue | NotKnown,
    dead: Queue | NotKnown,
    live: Function | NotKnown,
    sources: tuple[EventSource, ...] | NotKnown,
) -> Iterator[Finding]:
    """Look at both queues, and at what they mean to each other and to the function."""
    if isinstance(main, NotKnown):
        yield not_known("main queue", main)
    else:
        yield from _visibility(stack, main, live, sources)
        yield from _waiting(stack, main)
        yield from _encryption(stack, "main queue", main)
    if isinstance(dead, NotKnown):
        yield not_known("dead-letter queue", dead)
        return
    yield from _encryption(stack, "dead-letter queue", dead)
    if dead.redrive_target:
        yield wrong(
            "dead-letter queue",
            "it has a redrive policy of its own: whoever looks at a message drives it on to another queue",
            _set(stack, dead, 'RedrivePolicy=""'),
        )
    yield from _parking(stack, main, dead)
    if isinstance(main, Queue):
        yield from _redrive(stack, main, dead, live)
        yield from _retention(stack, main, dead)
    yield _parked(stack, dead)


def _visibility(
    stack: Stack, main: Queue, live: Function | NotKnown, sources: tuple[EventSource, ...] | NotKnown
) -> Iterator[Finding]:
    what = "visibility timeout"
    if isinstance(live, NotKnown):
        yield not_known(what, live)
        return
    window = max((one.window for one in sources), default=0) if isinstance(sources, tuple) else 0
    wanted = _TIMES_THE_TIMEOUT * live.timeout + window
    mend = _set(stack, main, f"VisibilityTimeout={max(wanted, _USUAL_VISIBILITY)}")
    if main.visibility_timeout < live.timeout:
        yield wrong(
            what,
            f"{main.visibility_timeout} s is less than the function's timeout of {live.timeout} s: "
            "messages are received again while they are still worked on",
            mend,
        )
    elif main.visibility_timeout < wanted:
        yield note(
            what,
            f"{main.visibility_timeout} s is less than six times the function's timeout and the batching "
            f"window ({wanted} s): throttling can bury healthy messages",
            mend,
        )
    else:
        yield well(what, f"{main.visibility_timeout} s, for a function that takes {live.timeout} s at most")


def _encryption(stack: Stack, what: str, queue: Queue) -> Iterator[Finding]:
    if not queue.is_encrypted:
        yield wrong(what, "it is not encrypted", _set(stack, queue, "SqsManagedSseEnabled=true"))


def _waiting(stack: Stack, main: Queue) -> Iterator[Finding]:
    """Look at how long the main queue keeps messages, and how long it holds them back."""
    if main.retention < _LEAST_RETENTION:
        yield wrong(
            "main queue",
            f"it keeps messages for {age_words(timedelta(seconds=main.retention))}: while the function or "
            "Pleo is down, results are deleted and nobody is told",
            _set(stack, main, f"MessageRetentionPeriod={_USUAL_RETENTION}"),
        )
    if main.delay:
        yield wrong(
            "main queue",
            f"it holds every message back for {main.delay} s, and the export job expires meanwhile",
            _set(stack, main, "DelaySeconds=0"),
        )


def _parking(stack: Stack, main: Queue | NotKnown, dead: Queue) -> Iterator[Finding]:
    """Look at whether the dead-letter queue takes what is to be parked."""
    if dead.maximum_message_size < MOST_BYTES:
        yield wrong(
            "dead-letter queue",
            f"it takes messages of {dead.maximum_message_size:,} bytes at most: larger ones cannot be parked",
            _set(stack, dead, f"MaximumMessageSize={MOST_BYTES}"),
        )
    source = main.arn if isinstance(main, Queue) else None
    if dead.takes_from is not None and (not dead.takes_from or source not in {None, *dead.takes_from}):
        yield wrong(
            "dead-letter queue",
            "its redrive allow policy does not let SQS move the main queue's messages there",
            _set(stack, dead, _json_attribute("RedriveAllowPolicy", {"redrivePermission": "allowAll"})),
        )


def _redrive(stack: Stack, main: Queue, dead: Queue, live: Function | NotKnown) -> Iterator[Finding]:
    what = "redrive"
    receives = main.max_receive_count or 0
    counted = live.environment.get("MAX_RECEIVE_COUNT", "") if isinstance(live, Function) else ""
    parks_on = int(counted) if counted.isascii() and counted.isdigit() else None
    wanted = parks_on or _LEAST_RECEIVES
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": str(wanted)}
    mend = _set(stack, main, _json_attribute("RedrivePolicy", policy))
    if main.redrive_target != dead.arn:
        yield wrong(what, "the main queue does not redrive to the stack's dead-letter queue", mend)
    elif parks_on is not None and parks_on < _LEAST_RECEIVES:
        said = (
            f"the function parks on receive {parks_on}; a throttled one counts too, and buries healthy ones"
        )
        yield wrong(what, said, DEPLOY)
    elif receives < wanted:
        parks = "" if parks_on is None else f", before the function parks them on receive {parks_on}"
        said = f"messages are buried after {receives} receives{parks}: a throttled one counts too"
        yield wrong(what, f"{said}, and no reason is noted", mend)
    elif parks_on is not None and receives > parks_on:
        yield note(
            what,
            f"the function parks on receive {parks_on}, with a reason; the queue would redrive only after "
            f"{receives}, so what crashes the function is tried more often than the rest",
            mend,
        )
    else:
        yield well(what, f"to the dead-letter queue after {receives} receives")


def _json_attribute(name: str, value: dict[str, str]) -> str:
    """Return an attribute that is JSON itself, as the AWS CLI reads it."""
    inner = json.dumps(value, separators=(",", ":"))
    return f"'{json.dumps({name: inner}, separators=(',', ':'))}'"


def _retention(stack: Stack, main: Queue, dead: Queue) -> Iterator[Finding]:
    what = "retention"
    kept = [age_words(timedelta(seconds=each.retention)) for each in (main, dead)]
    days = f"messages are kept for {kept[0]}, dead letters for {kept[1]}"
    mend = _set(stack, dead, f"MessageRetentionPeriod={_LONGEST_RETENTION}")
    if dead.retention <= main.retention:
        yield wrong(what, f"{days}: what SQS moves keeps its age, and may be deleted unseen", mend)
    elif dead.retention < _LONGEST_RETENTION:
        yield note(what, f"{days}; SQS would keep them for 14d", mend)
    else:
        yield well(what, days)


def _parked(stack: Stack, dead: Queue) -> Finding:
    if not dead.messages:
        return well("dead letters", "none")
    return note("dead letters", f"{dead.messages} parked", stack.command("dead-letters", "summary"))


def _set(stack: Stack, queue: Queue, attributes: str) -> str:
    return stack.aws(f"sqs set-queue-attributes --queue-url {queue.url} --attributes {attributes}")
