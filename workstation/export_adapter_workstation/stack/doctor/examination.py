"""The whole examination, in the order in which a person would go about it."""

from collections.abc import Iterator
from datetime import datetime

from export_adapter.deliver.secrets import COMPANY
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.doctor import facts, surroundings
from export_adapter_workstation.stack.doctor.existence import missing_findings
from export_adapter_workstation.stack.doctor.finding import Finding, NotKnown, State, known
from export_adapter_workstation.stack.doctor.function import (
    concurrency_findings,
    event_source_findings,
    version_findings,
)
from export_adapter_workstation.stack.doctor.queues import queue_findings
from export_adapter_workstation.stack.doctor.self_test import self_test_findings


def examine(stack: Stack, now: datetime) -> Iterator[Finding]:
    """Look at everything. Changes nothing; the self-test asks Pleo for a job that cannot exist."""
    outputs = stack.outputs
    main = known(lambda: facts.queue(stack, outputs.export_results_queue_url))
    # At once, because it is compared with the time of the answer.
    yield from surroundings.clock_findings(main, now)
    yield from surroundings.stack_findings(known(lambda: facts.stack_status(stack)), stack)
    dead = known(lambda: facts.queue(stack, outputs.dead_letter_queue_url))
    latest = known(lambda: facts.function(stack, None))
    live = known(lambda: facts.function(stack, facts.LIVE))
    secret = known(lambda: surroundings.secret_text(stack))
    missing = list(missing_findings(main, dead, latest, live, secret))
    yield from missing
    said = {finding.what for finding in missing}
    for finding in _rest(stack, main, dead, latest, live, secret):
        # What does not exist is one thing wrong, and not one more that could not be looked at.
        if finding.state is not State.NOT_KNOWN or finding.what not in said:
            yield finding


def _rest(
    stack: Stack,
    main: facts.Queue | NotKnown,
    dead: facts.Queue | NotKnown,
    latest: facts.Function | NotKnown,
    live: facts.Function | NotKnown,
    secret: surroundings.Secret | NotKnown,
) -> Iterator[Finding]:
    # Of a function that is not there some AWS answers that no queue invokes it.
    sources = (
        live if isinstance(live, NotKnown) and live.is_missing else known(lambda: facts.event_sources(stack))
    )
    yield from version_findings(
        live, latest, known(lambda: facts.alias(stack)), known(lambda: facts.newest_version(stack))
    )
    yield from event_source_findings(sources, main, stack)
    yield from concurrency_findings(known(lambda: facts.reserved_concurrency(stack)), sources, stack)
    yield from queue_findings(stack, main, dead, live, sources)
    yield from surroundings.alarm_findings(known(lambda: facts.alarms(stack)), stack)
    secret_id = "" if isinstance(live, NotKnown) else live.environment.get("PLEO_SECRET_ID", "")
    about_secret = list(surroundings.secret_findings(secret, stack, may_be_empty=COMPANY in secret_id))
    yield from about_secret
    state = about_secret[0].state
    if isinstance(secret, NotKnown) and secret.is_missing:
        state = State.WRONG
    yield from self_test_findings(known(lambda: surroundings.self_test(stack)), stack, secret=state)
