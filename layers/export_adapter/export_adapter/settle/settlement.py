"""Settles every record: acknowledged, returned to the queue, or parked. Nothing is lost in between."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched

from export_adapter.deadline import Deadline
from export_adapter.item import Item
from export_adapter.model import ReadRecord, Record
from export_adapter.parked_message import MAX_ENTRIES, ParkedMessage, in_requests
from export_adapter.settle.dead_letter import DoesNotFit, parked_messages
from export_adapter.settle.decision import Decision, Park, ParkWhole, ReturnToQueue, decide
from export_adapter.settle.queues import LONGEST_CALL, DeadLetterQueue, VisibilityTimeouts
from export_adapter.settle.visibility import LONGEST_SECONDS, is_last_receive, visibility_timeout


@dataclass(frozen=True, slots=True)
class Parked:
    """What the log says of a message that is safe on the dead-letter queue. Without its body."""

    attributes: Mapping[str, str]
    accounting_entry_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """What was decided on a record, and what came of it: it goes back where parking failed."""

    read: ReadRecord
    decision: Decision
    parked: tuple[Parked, ...] = ()


@dataclass(slots=True)
class _Parking:
    """How far parking has come, by the place of the record: messages needed, and messages that are safe."""

    needed: Counter[int] = field(default_factory=Counter[int])
    safe: dict[int, list[Parked]] = field(default_factory=dict[int, list[Parked]])
    too_large: dict[int, DoesNotFit] = field(default_factory=dict[int, DoesNotFit])
    problems: list[str] = field(default_factory=list[str])

    def messages(self, planned: Iterable[Settled]) -> Iterator[tuple[int, ParkedMessage]]:
        """Make the messages record by record, each only when the request before it is full."""
        for place, one in enumerate(planned):
            if not isinstance(one.decision, Park | ParkWhole):
                continue
            made = parked_messages(one.read, one.decision)
            if isinstance(made, DoesNotFit):
                self.too_large[place] = made
                self.problems.append("parked_message_too_large")
                continue
            self.needed[place] = len(made)
            yield from ((place, message) for message in made)

    def settled(self, place: int, one: Settled) -> Settled:
        """Return what came of a record: parked only when the queue confirmed each of its messages."""
        if not isinstance(one.decision, Park | ParkWhole):
            return one
        if place in self.too_large:
            size = self.too_large[place].size
            reason = f"with its reason the message has {size} bytes, more than SQS takes"
            return Settled(one.read, ReturnToQueue("parked_message_too_large", reason))
        safe = self.safe.get(place, [])
        if len(safe) == self.needed[place] > 0:
            return Settled(one.read, one.decision, tuple(safe))
        reason = "the dead-letter queue did not confirm what was to be parked"
        return Settled(one.read, ReturnToQueue("not_parked", reason))


@dataclass(frozen=True, slots=True)
class SettlementReport:
    """What became of every record of the event, in its order."""

    settled: tuple[Settled, ...]
    problems: tuple[str, ...] = ()

    @property
    def batch_item_failures(self) -> list[str]:
        """The message ids that SQS keeps; all others it deletes."""
        returned = (one.read.record for one in self.settled if isinstance(one.decision, ReturnToQueue))
        return list(dict.fromkeys(record.message_id for record in returned))


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
        self, records: Sequence[ReadRecord], items: Sequence[Sequence[Item]], deadline: Deadline
    ) -> SettlementReport:
        """Settle the records of one event, each with its items. What is not safe at `deadline` goes back."""
        deadline = deadline.earlier(LONGEST_CALL)
        planned = [
            Settled(read, decide(read, own, is_last=self.is_last(read.record)))
            for read, own in zip(records, items, strict=True)
        ]
        parking = self._park(planned, deadline)
        settled = tuple(parking.settled(place, one) for place, one in enumerate(planned))
        self._delay(settled, deadline, parking.problems)
        return SettlementReport(settled, tuple(parking.problems))

    def _park(self, planned: Sequence[Settled], deadline: Deadline) -> _Parking:
        """Send what is to be parked, request by request: six records of 1 MiB make 12 MiB of dead letters."""
        parking = _Parking()
        for request in in_requests(parking.messages(planned), lambda one: one[1].size):
            if deadline.remaining() <= 0:
                parking.problems.append("no_time_to_park")
                break
            sent = self.dead_letter_queue.send([message for _, message in request])
            parking.problems.extend(sent.problems)
            for place in sorted(sent.confirmed):
                record, message = request[place]
                parked = Parked(message.attributes, message.accounting_entry_ids)
                parking.safe.setdefault(record, []).append(parked)
        return parking

    def _delay(self, settled: Iterable[Settled], deadline: Deadline, problems: list[str]) -> None:
        """Give what goes back its visibility timeout; where that fails, the queue's own one holds."""
        timeouts = {
            one.read.record.receipt_handle: visibility_timeout(
                one.read.record.receive_count, one.decision.retry_after, self.random, self.longest_pause
            )
            for one in settled
            if isinstance(one.decision, ReturnToQueue)
        }
        for chunk in batched(timeouts.items(), MAX_ENTRIES, strict=False):
            if deadline.remaining() <= 0:
                problems.append("no_time_to_change_visibility")
                break
            problems.extend(self.visibility_timeouts.change(dict(chunk)))
