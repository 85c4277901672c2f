"""The five steps for one event, one after the other: read, classify, batch, deliver, settle."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Protocol

from export_adapter.batch import Batch, batches
from export_adapter.classify.item_update import Classifies, explain, needs_classifying
from export_adapter.deadline import Deadline
from export_adapter.deliver.delivery import DeliveryReport
from export_adapter.deliver.ledger import Exchange
from export_adapter.item import Item
from export_adapter.model import NO_TIME, ApiVersion, Bug, JobKey, Json, ReadRecord, Record, UnreadMessage
from export_adapter.precedence import choose, items_of
from export_adapter.read.reader import read, record_of
from export_adapter.settle.settlement import Settlement, SettlementReport

FIRST_ROUND_SECONDS: Final = 1.0
"""What is not classified by then does not delay what is: the rest is delivered in a second round."""


class Delivers(Protocol):
    """What the flow needs of the delivery step."""

    def deliver(self, jobs: Mapping[JobKey, Sequence[Batch]], deadline: Deadline) -> DeliveryReport:
        """Set the outcome of every item in the batches."""
        ...


@dataclass(frozen=True, slots=True)
class FlowReport:
    """All that happened to one event, for the response and for whoever watches.

    `items` are those that were chosen, one for each entry; each knows those that it supersedes.
    """

    records: tuple[ReadRecord, ...]
    items: tuple[Item, ...]
    exchanges: tuple[Exchange, ...]
    bugs: tuple[Bug, ...]
    settlement: SettlementReport

    def all_items(self) -> Iterator[Item]:
        """Return an item for each valid result."""
        for item in self.items:
            yield item
            yield from item.superseded


@dataclass(frozen=True, slots=True)
class Flow:
    """Read, classify, batch, deliver, settle. `settle_seconds` are reserved for the last of them.

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

        Of several results of one entry the one that counts is classified and sent; the others are settled
        with it.

        Raises:
            NotSqsRecordsError: An element is no SQS record; nothing was done, and the whole event goes back.
        """
        delivering = deadline.earlier(self.settle_seconds)
        records = self._read(raw_records, _half(delivering))
        items = items_of(records, one_secret=self.one_secret)
        chosen = choose(chain.from_iterable(items))
        rounds = list(self._rounds(chosen, delivering))
        return FlowReport(
            records=records,
            items=tuple(chosen),
            exchanges=tuple(chain.from_iterable(each.exchanges for each in rounds)),
            bugs=tuple(chain.from_iterable(each.bugs for each in rounds)),
            settlement=self.settlement.settle(records, items, deadline),
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

    def _rounds(self, items: Iterable[Item], deadline: Deadline) -> Iterator[DeliveryReport]:
        """Classify and deliver in one round or two: what is classified soon does not wait for the rest.

        Each step leaves half of the time for those that follow it. An entry is in one round only.
        """
        classified, rest, bugs = self._classify(items, _half(deadline).within(FIRST_ROUND_SECONDS))
        yield DeliveryReport(bugs=bugs)
        yield self.delivery.deliver(batches(classified), _half(deadline) if rest else deadline)
        if rest:
            classified, too_late, bugs = self._classify(rest, _half(deadline))
            for item in too_late:
                item.finish(NO_TIME)
            yield DeliveryReport(bugs=bugs)
            yield self.delivery.deliver(batches(classified), deadline)

    def _classify(
        self, items: Iterable[Item], deadline: Deadline
    ) -> tuple[list[Item], list[Item], tuple[Bug, ...]]:
        """Classify until the deadline; return what can be sent, what is left, and the bugs that were met.

        What needs no classification is never left.
        """
        classified: list[Item] = []
        rest: list[Item] = []
        bugs: list[Bug] = []
        reading: dict[str, Deadline] = {}
        for item in items:
            if deadline.remaining() <= 0 and needs_classifying(item.result):
                rest.append(item)
                continue
            message_id = item.message.record.message_id
            if message_id not in reading:
                reading[message_id] = self.classifier.deadline_for_message()
            bug = self._explain(item, reading[message_id])
            if bug:
                bugs.append(bug)
            if not item.has_outcome:
                classified.append(item)
        return classified, rest, tuple(bugs)

    def _explain(self, item: Item, until: Deadline) -> Bug | None:
        """Set what Pleo is told of an item. An item that meets a bug goes back without its neighbours."""
        entries = (item.result.accounting_entry_id,)
        try:
            explained = explain(item.result, item.message.system, self.classifier, self.version, until)
        except Exception as error:  # noqa: BLE001 -- a bug met by one failure must not take the others with it
            bug = Bug(error, item.job, entries)
            item.finish(bug.outcome)
            return bug
        item.update, item.classification = explained.update, explained.classification
        if item.classification and item.classification.bug:
            # The classifier answered for it all the same: the item is sent.
            return Bug(item.classification.bug, item.job, entries)
        return None


def _half(deadline: Deadline) -> Deadline:
    """Return the deadline that leaves half of the time for what comes after."""
    return deadline.earlier(max(0.0, deadline.remaining() / 2))


def _once_each(records: Iterable[Record]) -> Iterable[Record]:
    """Drop what SQS handed out twice in one event; the latest receive stays, because its handle is valid.

    Records that share an id but not the body, as in events made by hand, are different records.
    """
    latest: dict[tuple[str, str], Record] = {}
    for record in records:
        other = latest.setdefault((record.message_id, record.body), record)
        if record.receive_count >= other.receive_count:
            latest[record.message_id, record.body] = record
    return latest.values()
