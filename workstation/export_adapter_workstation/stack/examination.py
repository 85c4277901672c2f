"""The whole examination, in the order in which a person would go about it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from export_adapter.deliver.secrets import COMPANY
from export_adapter_workstation.stack import function_checks as function
from export_adapter_workstation.stack import secret_checks as secrets
from export_adapter_workstation.stack import surroundings_checks as surroundings
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.finding import (
    DEAD_LETTER_QUEUE,
    DEPLOY,
    FUNCTION,
    MAIN_QUEUE,
    Finding,
    NotKnown,
    State,
    known,
    wrong,
)
from export_adapter_workstation.stack.queue_checks import Queue, queue_findings, read_queue

_DELETED_BY_HAND: Final = (
    'if sam finds "No changes to deploy", CloudFormation does not know that it was deleted: '
    "docs/dead-letters.md#what-was-deleted-by-hand"
)


def examine(stack: Stack, now: datetime) -> Iterator[Finding]:
    """Look at everything. Changes nothing; the self-test asks Pleo for a job that cannot exist."""
    main = known(lambda: read_queue(stack, stack.outputs.export_results_queue_url))
    # At once: the answer's time is compared with this machine's.
    yield from surroundings.clock_findings(main.asked_at if isinstance(main, Queue) else None, now)
    yield from surroundings.stack_findings(known(lambda: surroundings.stack_status(stack)), stack)
    dead = known(lambda: read_queue(stack, stack.outputs.dead_letter_queue_url))
    latest = known(lambda: function.read_function(stack, function.LATEST))
    live = known(lambda: function.read_function(stack))
    secret = known(lambda: secrets.read_secret(stack))
    missing = list(missing_findings(main, dead, latest, live, secret))
    yield from missing
    told = {finding.what for finding in missing}
    for finding in _rest(stack, main, dead, latest, live, secret):
        # What does not exist is one thing wrong, and not one more that could not be looked at.
        if finding.state is not State.NOT_KNOWN or finding.what not in told:
            yield finding


def missing_findings(
    main: Queue | NotKnown,
    dead: Queue | NotKnown,
    latest: function.Function | NotKnown,
    live: function.Function | NotKnown,
    secret: secrets.Secret | NotKnown,
) -> Iterator[Finding]:
    """Say what does not exist: once each, whatever else cannot be looked at because of it."""
    parts = (
        (main, MAIN_QUEUE, "the stack's main queue does not exist: exporters cannot send results"),
        (dead, DEAD_LETTER_QUEUE, "the stack's dead-letter queue does not exist: nothing can be parked"),
        (latest, FUNCTION, "the stack's function does not exist: nothing is delivered"),
        (live, FUNCTION, f"its alias {function.LIVE} does not exist: the queue invokes nothing"),
        (secret, "secret", "the stack's secret does not exist: nothing can be delivered"),
    )
    told: set[str] = set()
    for found, what, said in parts:
        if isinstance(found, NotKnown) and found.is_missing and what not in told:
            told.add(what)
            yield wrong(what, said, DEPLOY, _DELETED_BY_HAND)


def _rest(
    stack: Stack,
    main: Queue | NotKnown,
    dead: Queue | NotKnown,
    latest: function.Function | NotKnown,
    live: function.Function | NotKnown,
    secret: secrets.Secret | NotKnown,
) -> Iterator[Finding]:
    # If the function does not exist, some AWS answers that no queue invokes it.
    sources: function.EventSources | NotKnown
    if isinstance(live, NotKnown) and live.is_missing:
        sources = live
    else:
        sources = known(lambda: function.read_event_sources(stack))
    alias, newest = known(lambda: function.read_alias(stack)), known(lambda: function.newest_version(stack))
    main_arn = main.arn if isinstance(main, Queue) else None
    yield from function.version_findings(live, latest, alias, newest)
    yield from function.event_source_findings(sources, main_arn, stack)
    reserved = known(lambda: function.reserved_concurrency(stack))
    yield from function.concurrency_findings(reserved, sources, stack)
    yield from queue_findings(stack, main, dead, live, sources)
    yield from surroundings.alarm_findings(known(lambda: surroundings.read_alarms(stack)), stack)
    secret_id = "" if isinstance(live, NotKnown) else function.settings_of(live).get("PLEO_SECRET_ID", "")
    of_secret = secrets.secret_finding(secret, stack, may_be_empty=COMPANY in secret_id)
    yield of_secret
    is_missing = isinstance(secret, NotKnown) and secret.is_missing
    state = State.WRONG if is_missing else of_secret.state
    yield from secrets.self_test_findings(known(lambda: secrets.run_self_test(stack)), stack, secret=state)
