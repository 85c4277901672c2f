"""The room's door: every record is acknowledged, given back or parked, and nothing is lost in between."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from export_adapter.deadline import Deadline
from export_adapter.model import Outcome, ReadRecord, Record, ResultRef
from export_adapter.settle.dead_letter import DoesNotFit, ParkedMessage, parked_messages
from export_adapter.settle.decision import Decision, GiveBack, Park, ParkWhole, decide
from export_adapter.settle.queues import (
    LONGEST_CALL,
    MAX_ENTRIES,
    DeadLetterQueue,
    VisibilityTimeouts,
    in_requests,
)
from export_adapter.settle.visibility import LONGEST_SECONDS, is_last_receive, visibility_timeout


@dataclass(frozen=True, slots=True)
class Settled:
    """What was decided on a record, and what came of it in the end: a park that failed gives back."""

    read: ReadRecord
    decision: Decision
    parked: tuple[ParkedMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class SettlementReport:
    """What became of every record of the event, in its order."""

    settled: tuple[Settled, ...]
    problems: tuple[str, ...] = ()

    @property
    def batch_item_failures(self) -> list[str]:
        """The message ids that SQS keeps; all others it deletes."""
        returned = (one.read.record.message_id for one in self.settled if isinstance(one.decision, GiveBack))
        return list(dict.fromkeys(returned))


@dataclass(frozen=True, slots=True)
class Settlement:
    """Settles records. What goes back rests for at most `longest_pause` seconds.

    `now` is in seconds since 1970.
    """

    dead_letter_queue: DeadLetterQueue
    visibility_timeouts: VisibilityTimeouts
    max_receive_count: int
    random: Callable[[], float]
    longest_pause: float = LONGEST_SECONDS
    now: Callable[[], float] = time.time

    def is_last(self, record: Record) -> bool:
        """Whether a record will not go back to the queue after this receive."""
        return is_last_receive(record, self.max_receive_count, self.now())

    def settle(
        self,
        records: Sequence[ReadRecord],
        outcomes: Mapping[ResultRef, Outcome],
        deadline: Deadline,
    ) -> SettlementReport:
        """Settle the records of one event. What is not safe at `deadline` goes back to the queue."""
        problems: list[str] = []
        deadline = deadline.earlier(LONGEST_CALL)
        planned = [self._plan(read, position, outcomes, problems) for position, read in enumerate(records)]
        safe = self._park(planned, deadline, problems)
        settled = tuple(
            one if not one.parked or safe.issuperset(_places(place, one)) else _not_parked(one)
            for place, one in enumerate(planned)
        )
        self._delay(settled, deadline, problems)
        return SettlementReport(settled, tuple(problems))

    def _plan(
        self,
        read: ReadRecord,
        position: int,
        outcomes: Mapping[ResultRef, Outcome],
        problems: list[str],
    ) -> Settled:
        decision = decide(read, position, outcomes, is_last=self.is_last(read.record))
        if not isinstance(decision, Park | ParkWhole):
            return Settled(read, decision)
        parked = parked_messages(read, decision)
        if isinstance(parked, DoesNotFit):
            problems.append("parked_message_too_large")
            reason = f"with its reason the message has {parked.size} bytes, more than SQS takes"
            return Settled(read, GiveBack("parked_message_too_large", reason))
        return Settled(read, decision, parked)

    def _park(
        self, planned: Sequence[Settled], deadline: Deadline, problems: list[str]
    ) -> frozenset[tuple[int, int]]:
        """Send what is to be parked; return the places of the messages that the queue confirmed."""
        places = [(at, part) for at, one in enumerate(planned) for part in range(len(one.parked))]
        remaining = iter(places)
        safe: set[tuple[int, int]] = set()
        for request in in_requests(message for one in planned for message in one.parked):
            here = [next(remaining) for _ in request]
            if deadline.remaining() <= 0:
                problems.append("no_time_to_park")
                break
            sent = self.dead_letter_queue.send(request)
            problems.extend(sent.problems)
            safe.update(here[place] for place in sent.confirmed)
        return frozenset(safe)

    def _delay(self, settled: Iterable[Settled], deadline: Deadline, problems: list[str]) -> None:
        """Give what goes back its visibility timeout; where that fails, the queue's own one holds."""
        timeouts = {
            one.read.record.receipt_handle: visibility_timeout(
                one.read.record.receive_count, one.decision.retry_after, self.random, self.longest_pause
            )
            for one in settled
            if isinstance(one.decision, GiveBack)
        }
        for chunk in batched(timeouts.items(), MAX_ENTRIES, strict=False):
            if deadline.remaining() <= 0:
                problems.append("no_time_to_change_visibility")
                break
            problems.extend(self.visibility_timeouts.change(dict(chunk)))


def _places(at: int, one: Settled) -> set[tuple[int, int]]:
    return {(at, part) for part in range(len(one.parked))}


def _not_parked(one: Settled) -> Settled:
    reason = "the dead-letter queue did not confirm what was to be parked"
    return Settled(one.read, GiveBack("not_parked", reason))
