"""The five rooms, one after the other, for one event."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from export_adapter.batch.batches import Candidate, batches
from export_adapter.classify.item_update import Classifies, Explained, explain
from export_adapter.deadline import Deadline
from export_adapter.deliver.delivery import DeliveryReport
from export_adapter.read.reader import read, record_of
from export_adapter.results import (
    Batch,
    Bug,
    ExportResult,
    InvalidMessage,
    Json,
    Message,
    Outcome,
    Record,
    ResultRef,
    Undelivered,
)
from export_adapter.settle.settlement import Settlement, SettlementReport
from export_adapter.terms import ApiVersion


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

    records: tuple[Message | InvalidMessage, ...]
    sendable: tuple[Sendable, ...]
    batches: tuple[Batch, ...]
    delivery: DeliveryReport
    settlement: SettlementReport

    def outcome(self, sendable: Sendable) -> Outcome:
        """Return what became of a result."""
        return self.delivery.outcomes[sendable.ref]


@dataclass(frozen=True, slots=True)
class Flow:
    """Read, classify, batch, deliver, settle. `settle_seconds` is kept free for the last of them."""

    classifier: Classifies
    version: ApiVersion
    delivery: Delivers
    settlement: Settlement
    settle_seconds: float

    def run(self, raw_records: Sequence[Json], deadline: Deadline) -> FlowReport:
        """Carry the records of one event through the rooms.

        Raises:
            NotSqsRecordsError: An element is no SQS record; nothing was done, and the whole event goes back.
        """
        records = tuple(read(record) for record in _once_each(record_of(raw) for raw in raw_records))
        bugs: dict[ResultRef, Bug] = {}
        sendable = tuple(self._explained(records, bugs))
        made = tuple(batches(_candidate(one) for one in sendable))
        delivered = _with_bugs(self.delivery.deliver(made, deadline.earlier(self.settle_seconds)), bugs)
        settled = self.settlement.settle(records, delivered.outcomes, deadline)
        return FlowReport(records, sendable, made, delivered, settled)

    def _explained(
        self, records: Iterable[Message | InvalidMessage], bugs: dict[ResultRef, Bug]
    ) -> Iterator[Sendable]:
        for position, message in enumerate(records):
            if isinstance(message, InvalidMessage):
                continue
            for place, result in enumerate(message.results):
                if not isinstance(result, ExportResult):
                    continue
                ref = ResultRef(position, place)
                try:
                    explained = explain(result, message.system, self.classifier, self.version)
                except Exception as error:  # noqa: BLE001 -- a failure that baffles us must not take its neighbours with it
                    bugs[ref] = Bug(error, message.job, (result.accounting_entry_id,))
                else:
                    yield Sendable(ref, message, explained)


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


def _with_bugs(delivered: DeliveryReport, bugs: Mapping[ResultRef, Bug]) -> DeliveryReport:
    """Add what never came as far as the delivery: it goes back, and on its last receive it is parked."""
    outcomes = {
        ref: Undelivered("bug", f"the adapter met a fault of its own ({type(bug.error).__name__})")
        for ref, bug in bugs.items()
    }
    return DeliveryReport(
        {**delivered.outcomes, **outcomes}, delivered.exchanges, (*bugs.values(), *delivered.bugs)
    )


def _candidate(sendable: Sendable) -> Candidate:
    message = sendable.message
    return Candidate(
        sendable.ref,
        message.job,
        sendable.explained.update,
        message.record.sent_at,
        message.record.came_back,
    )
