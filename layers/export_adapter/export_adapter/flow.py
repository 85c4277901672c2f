"""The five steps for one event, one after the other: read, classify, batch, deliver, settle."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Protocol

from export_adapter.batch import batches
from export_adapter.classify.item_update import Classifies, Explained, explain, needs_classifying
from export_adapter.deadline import Deadline
from export_adapter.deliver.delivery import DeliveryReport, merged
from export_adapter.model import (
    NO_TIME,
    ApiVersion,
    Batch,
    Bug,
    Item,
    Json,
    Outcome,
    ReadRecord,
    Record,
    ResultRef,
    Undelivered,
    UnreadMessage,
)
from export_adapter.precedence import Choice, choose
from export_adapter.read.reader import read, record_of
from export_adapter.settle.settlement import Settlement, SettlementReport

FIRST_ROUND_SECONDS: Final = 1.0
"""What is not classified by then does not hold up what is: it is delivered in a second round."""


class Delivers(Protocol):
    """What the flow needs of the delivery step."""

    def deliver(self, batches: Iterable[Batch], deadline: Deadline) -> DeliveryReport:
        """Return an outcome for every result that the batches stand for."""
        ...


@dataclass(frozen=True, slots=True)
class Classified:
    """The result that counts of an entry, and what Pleo is to be told of it, or why that is not known."""

    choice: Choice
    explained: Explained | Bug | Undelivered


@dataclass(frozen=True, slots=True)
class FlowReport:
    """All that happened to one event, for the response and for whoever watches."""

    records: tuple[ReadRecord, ...]
    classified: tuple[Classified, ...]
    batches: tuple[Batch, ...]
    delivery: DeliveryReport
    settlement: SettlementReport

    def outcome(self, choice: Choice) -> Outcome:
        """Return what became of the result that counts of an entry."""
        return self.delivery.outcomes[choice.refs[0]]


@dataclass(frozen=True, slots=True)
class _Round:
    """What was classified, batched and delivered together."""

    classified: list[Classified]
    batches: tuple[Batch, ...]
    delivery: DeliveryReport


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
        """Carry the records of one event through the steps.

        Of several results of one entry the one that counts is classified and sent; the others share its fate.

        Raises:
            NotSqsRecordsError: An element is no SQS record; nothing was done, and the whole event goes back.
        """
        delivering = deadline.earlier(self.settle_seconds)
        records = self._read(raw_records, _half(delivering))
        rounds = list(self._rounds(choose(records, one_secret=self.one_secret), delivering))
        delivered = merged(each.delivery for each in rounds)
        return FlowReport(
            records,
            tuple(chain.from_iterable(each.classified for each in rounds)),
            tuple(chain.from_iterable(each.batches for each in rounds)),
            delivered,
            self.settlement.settle(records, delivered.outcomes, deadline),
        )

    def _read(self, raw_records: Sequence[Json], deadline: Deadline) -> tuple[ReadRecord, ...]:
        """Read all records, the most urgent first: those that do not come again, then the most received."""
        records = sorted(
            _once_each(record_of(raw) for raw in raw_records),
            key=lambda record: (not self.settlement.is_last(record), -record.receive_count),
        )
        return tuple(
            read(record) if deadline.remaining() > 0 else UnreadMessage(record) for record in records
        )

    def _rounds(self, choices: Iterable[Choice], deadline: Deadline) -> Iterator[_Round]:
        """Classify and deliver in one round or two: what is classified soon does not wait for the rest.

        Each step leaves half of the time for those that follow it. An entry is in one round only.
        """
        classified, rest = self._classify(choices, _half(deadline).within(FIRST_ROUND_SECONDS))
        yield self._deliver(classified, _half(deadline) if rest else deadline)
        if rest:
            classified, too_late = self._classify(rest, _half(deadline))
            classified += (Classified(choice, NO_TIME) for choice in too_late)
            yield self._deliver(classified, deadline)

    def _classify(
        self, choices: Iterable[Choice], deadline: Deadline
    ) -> tuple[list[Classified], list[Choice]]:
        """Classify until the deadline; return what was, and what is left.

        What needs no classification is never left.
        """
        classified: list[Classified] = []
        rest: list[Choice] = []
        reading: dict[str, Deadline] = {}
        for choice in choices:
            if deadline.remaining() <= 0 and needs_classifying(choice.result):
                rest.append(choice)
                continue
            message_id = choice.message.record.message_id
            if message_id not in reading:
                reading[message_id] = self.classifier.deadline_for_message()
            classified.append(self._explain(choice, reading[message_id]))
        return classified, rest

    def _explain(self, choice: Choice, until: Deadline) -> Classified:
        try:
            explained = explain(choice.result, choice.message.system, self.classifier, self.version, until)
        except Exception as error:  # noqa: BLE001 -- a bug met by one failure must not take the others with it
            return Classified(choice, Bug(error, choice.job, (choice.result.accounting_entry_id,)))
        return Classified(choice, explained)

    def _deliver(self, classified: list[Classified], deadline: Deadline) -> _Round:
        made = tuple(batches(_items(classified)))
        delivered = self.delivery.deliver(made, deadline)
        return _Round(classified, made, merged([_not_sent(classified), delivered]))


def _items(classified: Iterable[Classified]) -> Iterator[Item]:
    for choice, explained in ((one.choice, one.explained) for one in classified):
        if isinstance(explained, Explained):
            came_back = choice.message.record.came_back
            yield Item(choice.job, explained.update, choice.refs, choice.sent_at, came_back)


def _not_sent(classified: Iterable[Classified]) -> DeliveryReport:
    """Return the outcomes of what could not be classified, and the bugs that were met."""
    outcomes: dict[ResultRef, Outcome] = {}
    bugs: list[Bug] = []
    for choice, explained in ((one.choice, one.explained) for one in classified):
        if isinstance(explained, Bug):
            bugs.append(explained)
            outcomes |= dict.fromkeys(choice.refs, explained.outcome)
        elif isinstance(explained, Undelivered):
            outcomes |= dict.fromkeys(choice.refs, explained)
        elif explained.classification and (bug := explained.classification.bug):
            # The classifier answered for it all the same: the item is sent.
            bugs.append(Bug(bug, choice.job, (choice.result.accounting_entry_id,)))
    return DeliveryReport(outcomes, (), tuple(bugs))


def _half(deadline: Deadline) -> Deadline:
    """Return the deadline that leaves half of the time for what comes after."""
    return deadline.earlier(max(0.0, deadline.remaining() / 2))


def _once_each(records: Iterable[Record]) -> Iterable[Record]:
    """Drop what SQS handed out twice in one event; the latest receive is kept, because its handle is valid.

    What shares an id but not the body, as in events made by hand, is kept apart.
    """
    latest: dict[tuple[str, str], Record] = {}
    for record in records:
        other = latest.setdefault((record.message_id, record.body), record)
        if record.receive_count >= other.receive_count:
            latest[record.message_id, record.body] = record
    return latest.values()
