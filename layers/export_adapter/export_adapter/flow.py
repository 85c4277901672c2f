"""The five rooms, one after the other, for one event."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from export_adapter.batch.batches import Candidate, batches
from export_adapter.classify.item_update import Classifies, Explained, explain
from export_adapter.deadline import Deadline
from export_adapter.deliver.delivery import DeliveryReport
from export_adapter.read.reader import read, record_of
from export_adapter.results import (
    Batch,
    ExportResult,
    InvalidMessage,
    Json,
    Message,
    Outcome,
    ResultRef,
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
            TypeError: An element is no SQS record; nothing was done, and the whole event goes back.
        """
        records = tuple(read(record_of(raw)) for raw in raw_records)
        sendable = tuple(self._explained(records))
        made = tuple(batches(_candidate(one) for one in sendable))
        delivered = self.delivery.deliver(made, deadline.earlier(self.settle_seconds))
        settled = self.settlement.settle(records, delivered.outcomes, deadline)
        return FlowReport(records, sendable, made, delivered, settled)

    def _explained(self, records: Iterable[Message | InvalidMessage]) -> Iterator[Sendable]:
        for position, message in enumerate(records):
            if isinstance(message, InvalidMessage):
                continue
            for place, result in enumerate(message.results):
                if isinstance(result, ExportResult):
                    explained = explain(result, message.system, self.classifier, self.version)
                    yield Sendable(ResultRef(position, place), message, explained)


def _candidate(sendable: Sendable) -> Candidate:
    message = sendable.message
    return Candidate(sendable.ref, message.job, sendable.explained.update, message.record.sent_at)
