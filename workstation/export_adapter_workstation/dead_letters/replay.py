"""Sends messages of the dead-letter queue to the main queue, each at least once.

A message is deleted from the dead-letter queue only after SQS confirmed its copy. A run that is killed in
between leaves at most one request's worth on both queues. That does no harm: a PUT sets a state, and a final
status is never overwritten by an older one.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from export_adapter.parked_message import (
    MAX_ATTRIBUTES,
    MAX_BYTES,
    REPLAY_COUNT,
    SOURCE_MESSAGE_ID,
    DeadLetter,
    Outgoing,
    in_requests,
    replay_of,
)
from export_adapter_workstation.dead_letters.advice import cannot_succeed
from export_adapter_workstation.dead_letters.message import Described, Facts
from export_adapter_workstation.dead_letters.queue import SqsQueue
from export_adapter_workstation.dead_letters.scan import Scan

DONE: Final = ""
"""Stands for the reason in `Report.rows` of the messages that were, or would be, dealt with."""


@dataclass(slots=True)
class Report:
    """Messages and accounting entries by the reason for leaving them (or DONE) and by error type.

    `refused` counts messages that the queue did not take, by SQS's code. `not_deleted` were sent or archived,
    but SQS did not confirm that they are gone.
    """

    messages: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    entries: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    refused: Counter[str] = field(default_factory=Counter[str])
    not_deleted: int = 0
    stopped: bool = False

    def add(self, facts: Facts, reason: str = DONE) -> None:
        """Count a message."""
        self.messages[reason, facts.error_type] += 1
        self.entries[reason, facts.error_type] += facts.entries or 0

    @property
    def done(self) -> int:
        """How many messages were, or would be, dealt with."""
        return sum(number for (reason, _), number in self.messages.items() if reason == DONE)

    @property
    def is_complete(self) -> bool:
        """Whether nothing went wrong, and nobody stopped it."""
        return not (self.refused or self.not_deleted or self.stopped)


type Selected = Callable[[Iterable[DeadLetter]], Iterable[Described]]
"""Describes messages, and returns those that are selected."""


@dataclass(frozen=True, slots=True)
class Send:
    """The message is sent: `copy` goes to the main queue."""

    message: Described
    copy: Outgoing


@dataclass(frozen=True, slots=True)
class Leave:
    """The message stays on the dead-letter queue."""

    message: Described
    reason: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    """Why a message cannot be sent."""

    reason: str


def decide(message: Described, *, force: bool) -> Send | Leave:
    """Decide on a message. `force` sends also what cannot succeed as it is."""
    reason = None if force else cannot_succeed(message)
    if reason:
        return Leave(message, reason)
    copy = copy_of(message.dead_letter)
    return Leave(message, copy.reason) if isinstance(copy, TooLarge) else Send(message, copy)


def copy_of(dead_letter: DeadLetter) -> Outgoing | TooLarge:
    """Return what is sent to the main queue: body, group and attributes, with `replayCount` one higher.

    Where SQS's limits leave no room for it, attributes that the function wrote are left out.
    """
    copy = replay_of(dead_letter)
    if len(copy.attributes) > MAX_ATTRIBUTES:
        return TooLarge(f"its {len(dead_letter.attributes)} attributes leave no room for {REPLAY_COUNT}")
    if copy.size > MAX_BYTES:
        return TooLarge(f"with its attributes it has {copy.size} bytes; SQS takes {MAX_BYTES}")
    return copy


def plan(scan: Scan, selected: Selected, report: Report, *, force: bool) -> None:
    """Count what a replay would send and leave; nothing is sent."""
    for batch in scan.batches():
        for message in selected(batch):
            decision = decide(message, force=force)
            report.add(message.facts, *([decision.reason] if isinstance(decision, Leave) else []))


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `rate` messages a second. `clock` is monotonic, in seconds."""

    rate: float
    clock: Callable[[], float]
    sleep: Callable[[float], object]

    def wait(self, since: float, messages: int) -> None:
        """Wait until so many messages, sent since then, are within the rate."""
        self.sleep(max(0.0, since + messages / self.rate - self.clock()))


def replay(
    scan: Scan,
    selected: Selected,
    main_queue: SqsQueue,
    report: Report,
    pace: Pace,
    *,
    force: bool,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Send and delete what is selected, until `stopped` says so. What was done is counted in `report`.

    Raises:
        BotoCoreError: SQS did not answer; the messages of that request stay, and may have been sent.
        ClientError: SQS refuses the request.
    """
    copies: set[str] = set()
    for batch in scan.batches():
        sends: list[Send] = []
        for message in selected(batch):
            decision = _parked_again(message, copies) or decide(message, force=force)
            if isinstance(decision, Leave):
                report.add(message.facts, decision.reason)
            else:
                sends.append(decision)
        for request in in_requests(sends, lambda one: one.copy.size):
            if stopped():
                break
            begun = pace.clock()
            copies |= _send(scan, request, main_queue, report)
            pace.wait(begun, len(request))
        if stopped():
            report.stopped = True
            return


def _parked_again(message: Described, copies: Collection[str]) -> Leave | None:
    """Leave a message that this run has replayed already: without that it would never end."""
    source = message.dead_letter.text(SOURCE_MESSAGE_ID)
    # What SQS moves itself keeps its message id.
    again = source in copies or message.dead_letter.message_id in copies
    return Leave(message, "it was replayed just now, and parked again") if again else None


def _send(scan: Scan, request: Sequence[Send], main_queue: SqsQueue, report: Report) -> frozenset[str]:
    """Send and delete the messages of a request; return the message ids of the copies."""
    answer = main_queue.send([one.copy for one in request])
    sent = [one.message for place, one in enumerate(request) if place in answer.sent]
    for message in sent:
        report.add(message.facts)
    report.refused.update(
        answer.refused.get(place, "no answer") for place in range(len(request)) if place not in answer.sent
    )
    deleted = scan.delete(message.dead_letter.message_id for message in sent)
    report.not_deleted += len(sent) - len(deleted)
    return frozenset(answer.sent.values())
