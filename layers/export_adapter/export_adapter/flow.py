"""The five rooms, one after the other, for one event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from export_adapter.batch import Candidate, batches, with_companies
from export_adapter.classify.item_update import Classifies, Explained, explain
from export_adapter.deadline import Deadline
from export_adapter.deliver.delivery import DeliveryReport
from export_adapter.model import (
    NO_TIME,
    ApiVersion,
    Batch,
    Bug,
    ExportResult,
    Json,
    Message,
    Outcome,
    ReadRecord,
    Record,
    ResultRef,
    Undelivered,
    UnreadMessage,
)
from export_adapter.read.reader import read, record_of
from export_adapter.settle.settlement import Settlement, SettlementReport


class Delivers(Protocol):
    """What the flow needs of the deliver room."""

    def deliver(self, batches: Iterable[Batch], deadline: Deadline) -> DeliveryReport:
        """Return an outcome for every result that the batches stand for."""
        ...


@dataclass(frozen=True, slots=True)
class Sendable:
    """A good result on its way: where it stands, its message, what it was explained as."""

    ref: ResultRef
    message: Message
    explained: Explained


@dataclass(frozen=True, slots=True)
class FlowReport:
    """All that happened to one event, for the response and for whoever watches."""

    records: tuple[ReadRecord, ...]
    sendable: tuple[Sendable, ...]
    batches: tuple[Batch, ...]
    delivery: DeliveryReport
    settlement: SettlementReport

    def outcome(self, sendable: Sendable) -> Outcome:
        """Return what became of a result."""
        return self.delivery.outcomes[sendable.ref]


@dataclass(frozen=True, slots=True)
class Understood:
    """What an event turned out to hold. `unsent` are the results that came as far as no batch, and why."""

    records: list[ReadRecord] = field(default_factory=list[ReadRecord])
    sendable: list[Sendable] = field(default_factory=list[Sendable])
    unsent: dict[ResultRef, Undelivered] = field(default_factory=dict[ResultRef, Undelivered])
    bugs: list[Bug] = field(default_factory=list[Bug])


@dataclass(frozen=True, slots=True)
class Flow:
    """Read, classify, batch, deliver, settle. `settle_seconds` is kept free for the last of them.

    `one_secret` says that one secret serves all companies.
    """

    classifier: Classifies
    version: ApiVersion
    delivery: Delivers
    settlement: Settlement
    settle_seconds: float
    one_secret: bool = False

    def run(self, raw_records: Sequence[Json], deadline: Deadline) -> FlowReport:
        """Carry the records of one event through the rooms.

        Raises:
            NotSqsRecordsError: An element is no SQS record; nothing was done, and the whole event goes back.
        """
        records = self._most_urgent_first(_once_each(record_of(raw) for raw in raw_records))
        delivering = deadline.earlier(self.settle_seconds)
        # Six megabytes of failures can take longer to understand than there is time: half of it is for
        # sending what was understood, or nothing would be delivered, this time and each time after.
        understood = self._understand(records, delivering.earlier(max(0.0, delivering.remaining() / 2)))
        candidates = [_candidate(one) for one in understood.sendable]
        made = tuple(batches(with_companies(candidates) if self.one_secret else candidates))
        delivered = self.delivery.deliver(made, delivering)
        report = DeliveryReport(
            {**delivered.outcomes, **understood.unsent},
            delivered.exchanges,
            (*understood.bugs, *delivered.bugs),
        )
        settled = self.settlement.settle(understood.records, report.outcomes, deadline)
        return FlowReport(tuple(understood.records), tuple(understood.sendable), made, report, settled)

    def _most_urgent_first(self, records: Iterable[Record]) -> list[Record]:
        """Put first what does not come again, then what was received most often."""
        return sorted(
            records, key=lambda record: (not self.settlement.is_last(record), -record.receive_count)
        )

    def _understand(self, records: Iterable[Record], deadline: Deadline) -> Understood:
        """Read and explain record by record: what there was no time for goes back."""
        understood = Understood()
        for position, record in enumerate(records):
            message = read(record) if deadline.remaining() > 0 else UnreadMessage(record)
            understood.records.append(message)
            if isinstance(message, Message):
                self._explain(message, position, understood, deadline)
        return understood

    def _explain(self, message: Message, position: int, understood: Understood, deadline: Deadline) -> None:
        reading = self.classifier.deadline_for_message()
        for place, result in enumerate(message.results):
            if not isinstance(result, ExportResult):
                continue
            ref = ResultRef(position, place)
            if deadline.remaining() <= 0:
                understood.unsent[ref] = NO_TIME
                continue
            try:
                explained = explain(result, message.system, self.classifier, self.version, reading)
            except Exception as error:  # noqa: BLE001 -- a failure that baffles us must not take its neighbours with it
                understood.bugs.append(Bug(error, message.job, (result.accounting_entry_id,)))
                understood.unsent[ref] = Undelivered(
                    "bug", f"the adapter met a fault of its own ({type(error).__name__})"
                )
            else:
                if explained.classification and (bug := explained.classification.bug):
                    understood.bugs.append(Bug(bug, message.job, (result.accounting_entry_id,)))
                understood.sendable.append(Sendable(ref, message, explained))


def _once_each(records: Iterable[Record]) -> Iterable[Record]:
    """Drop what SQS handed out twice in one event; the latest receive is kept, because its handle is valid.

    What shares an id but not the body, as in events made by hand, is kept apart.
    """
    latest: dict[tuple[str, str], Record] = {}
    for record in records:
        known = latest.setdefault((record.message_id, record.body), record)
        if record.receive_count >= known.receive_count:
            latest[record.message_id, record.body] = record
    return latest.values()


def _candidate(sendable: Sendable) -> Candidate:
    record = sendable.message.record
    # What was parked is a new message, but not a new result.
    sent_at = 0 if record.was_parked else record.sent_at
    return Candidate(sendable.ref, sendable.message.job, sendable.explained.update, sent_at, record.came_back)
