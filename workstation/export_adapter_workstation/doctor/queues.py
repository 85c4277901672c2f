"""Whether the queues are set so that nothing is lost and nothing is buried."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from export_adapter_workstation.dead_letters.tables import age_words
from export_adapter_workstation.doctor.facts import EventSource, Function, Queue
from export_adapter_workstation.doctor.finding import Finding, NotKnown, not_known, note, well, wrong
from export_adapter_workstation.stack_access import Stack

_LEAST_RECEIVES: Final = 5
_TIMES_THE_TIMEOUT: Final = 6
_LONGEST_RETENTION: Final = 1_209_600


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
    if main.visibility_timeout < live.timeout:
        yield wrong(
            what,
            f"{main.visibility_timeout} s is less than the function's timeout of {live.timeout} s: "
            "messages are received again while they are still worked on",
            _set(stack, main, f"VisibilityTimeout={wanted}"),
        )
    elif main.visibility_timeout < wanted:
        yield note(
            what,
            f"{main.visibility_timeout} s is less than six times the function's timeout and the batching "
            f"window ({wanted} s): throttling can bury healthy messages",
            _set(stack, main, f"VisibilityTimeout={wanted}"),
        )
    else:
        yield well(what, f"{main.visibility_timeout} s, for a function that takes {live.timeout} s at most")


def _encryption(stack: Stack, what: str, queue: Queue) -> Iterator[Finding]:
    if not queue.is_encrypted:
        yield wrong(what, "it is not encrypted", _set(stack, queue, "SqsManagedSseEnabled=true"))


def _redrive(stack: Stack, main: Queue, dead: Queue, live: Function | NotKnown) -> Iterator[Finding]:
    what = "redrive"
    policy = (
        f'\'{{"RedrivePolicy":"{{\\"deadLetterTargetArn\\":\\"{dead.arn}\\",'
        f'\\"maxReceiveCount\\":\\"{_LEAST_RECEIVES}\\"}}"}}\''
    )
    mend = _set(stack, main, policy)
    counted = live.environment.get("MAX_RECEIVE_COUNT") if isinstance(live, Function) else None
    if main.redrive_target != dead.arn:
        yield wrong(what, "the main queue does not redrive to the stack's dead-letter queue", mend)
    elif (main.max_receive_count or 0) < _LEAST_RECEIVES:
        yield wrong(
            what,
            f"messages are buried after {main.max_receive_count} receives; a throttled one counts too",
            mend,
        )
    elif counted is not None and counted != str(main.max_receive_count):
        yield wrong(
            what,
            f"the function parks on receive {counted}, the queue redrives after {main.max_receive_count}: "
            "messages come to the dead-letter queue without a reason",
            mend,
        )
    else:
        yield well(what, f"to the dead-letter queue after {main.max_receive_count} receives")


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
