"""What an invocation leaves behind for people: log lines and metrics, and no secret in either."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from traceback import extract_tb
from types import MappingProxyType
from typing import Final

from aws_lambda_powertools import Logger

from export_adapter.classify.classifier import Classification, RefusedRules
from export_adapter.deadline import Deadline
from export_adapter.flow import FlowReport
from export_adapter.item import Item
from export_adapter.metrics import Measurement, NameOf, emit, measurements
from export_adapter.model import Bug, Delivered, ExportResult, Json, Message, ReadRecord, Superseded
from export_adapter.settle.decision import ReturnToQueue
from export_adapter.settle.settlement import Settled
from export_adapter.text import shown

type _Fields = tuple[tuple[str, Json], ...]
type _Line = Callable[[], None]

_JOB: Final = ("exportJobId", "companyId")
_MOST_IDS: Final = 1000
"""Ids in one line: with all of them it stays below the 256 KiB that CloudWatch takes."""

_SECONDS_TO_ANSWER: Final = 1.0


def _other(_given: str) -> str:
    return "other"


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Writes JSON log lines and metrics. Ids stand in fields of their own: lines are found by them."""

    logger: Logger = field(default_factory=Logger)
    namespace: str = "ExportAdapter"
    service: str = "export-adapter"
    name_of: NameOf = _other

    def begin(self, request_id: str) -> None:
        """Put the invocation's request id into all of its lines, under the name that Powertools gives it."""
        self.logger.append_keys(function_request_id=request_id)

    def refused_rules(self, refused: RefusedRules) -> None:
        """Tell what is wrong with the customer's own rules; the built-in ones go on without them.

        The metric comes for as long as it is so, or the alarm would end by itself; the lines come once.
        """
        for problem in refused.problems if refused.is_news else ():
            self.logger.error("own rules refused", extra={"problem": shown(problem, 1_000)})
        if refused.problems:
            emit([Measurement("RefusedRules", len(refused.problems))], self.namespace, self.service)

    def report(self, report: FlowReport, deadline: Deadline) -> None:
        """Tell what became of an event: metrics, a summary, then bugs, messages and items.

        Items of one job of which the same is to be said share a line, up to 1,000 of them.

        Never raises, and stops short of `deadline`: what is settled stays settled, and an error or a kill now
        would park it a second time.
        """
        try:
            emit(measurements(report, self.name_of), self.namespace, self.service)
            self.logger.info("invocation finished", extra=_summary(report))
            for write in self._lines(report):
                if deadline.remaining() < _SECONDS_TO_ANSWER:
                    self.logger.warning("the log ends here: there was no time left for the rest")
                    return
                write()
        except Exception as bug:  # noqa: BLE001 -- whatever it is, it comes after the work
            self.fault("the invocation could not be reported in full", bug)

    def fault(self, message: str, error: Exception, ids: Mapping[str, Json] = MappingProxyType({})) -> None:
        """Log a fault of the adapter's own: its kind and place, not its text, which may hold anything."""
        frames = (
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)
        )
        fields = {**ids, "exception_name": type(error).__name__, "exception": "\n".join(frames)}
        self.logger.error(message, extra=fields)

    def _lines(self, report: FlowReport) -> Iterator[_Line]:
        """Yield what there is to write, the most important first."""
        for bug in report.bugs:
            yield partial(self._bug, bug)
        for settled in report.settlement.settled:
            yield partial(self._settled, settled)
        yield from self._items(report)

    def _items(self, report: FlowReport) -> Iterator[_Line]:
        """Yield a line for items of which the same is to be said.

        A failure that no rule knew has a line of its own: queries and the tool that drafts rules count those.
        """
        superseded, delivered, mapped = (defaultdict[_Fields, list[Json]](list) for _ in range(3))
        unmapped: list[tuple[_Fields, list[Json]]] = []
        for item in report.all_items():
            entry, outcome = item.result.accounting_entry_id, item.outcome
            if isinstance(outcome, Superseded):
                superseded[_superseded(item, outcome)].append(entry)
            elif isinstance(outcome, Delivered):
                delivered[tuple(zip(_JOB, item.job, strict=True))].append(entry)
            if item.classification is not None:
                fields = self._classified(item, item.classification)
                if item.classification.mapped:
                    mapped[fields].append(entry)
                else:
                    unmapped.append((fields, [entry]))
        yield from _lines(self.logger.warning, "item superseded", superseded.items())
        yield from _lines(self.logger.info, "items delivered", delivered.items())
        yield from _lines(self.logger.info, "failure classified", [*unmapped, *mapped.items()])

    def _classified(self, item: Item, classification: Classification) -> _Fields:
        return (
            ("exportJobId", item.job.export_job_id),
            ("system", self.name_of(item.message.system)),
            ("failureReasonType", item.update.failure_reason_type),
            ("rule", classification.rule),
            ("mapped", classification.mapped),
            ("fingerprint", classification.fingerprint),
        )

    def _bug(self, bug: Bug) -> None:
        entries: list[Json] = [*bug.accounting_entry_ids[:_MOST_IDS]]
        ids: dict[str, Json] = {"exportJobId": bug.job.export_job_id, "accountingEntryIds": entries}
        self.fault("fault of the adapter's own", bug.error, ids)

    def _settled(self, settled: Settled) -> None:
        record = settled.read.record
        if isinstance(settled.decision, ReturnToQueue):
            returned: dict[str, Json] = {
                "sourceMessageId": record.message_id,
                **_ids(settled.read),
                "cause": settled.decision.cause,
                "reason": shown(settled.decision.reason),
                "receiveCount": record.receive_count,
            }
            self.logger.warning("message went back to the queue", extra=returned)
        for parked in settled.parked:
            entries = list(parked.accounting_entry_ids[:_MOST_IDS])
            fields = {**parked.attributes, "accountingEntryIds": entries}
            self.logger.warning("message parked on the dead-letter queue", extra=fields)


def _superseded(item: Item, outcome: Superseded) -> _Fields:
    """Return what is to be said of a result that Pleo was not told: above all, why."""
    return (
        ("exportJobId", item.job.export_job_id),
        ("status", item.result.status.value),
        ("reason", shown(outcome.reason)),
        ("sourceMessageId", item.message.record.message_id),
    )


def _lines(
    log: Callable[..., None], message: str, groups: Iterable[tuple[_Fields, list[Json]]]
) -> Iterator[_Line]:
    for fields, entries in groups:
        for some in batched(entries, _MOST_IDS, strict=False):
            yield partial(log, message, extra={**dict(fields), "accountingEntryIds": [*some]})


def _ids(read: ReadRecord) -> dict[str, Json]:
    """Return the ids by which a record's line is looked for, where it could be read."""
    if not isinstance(read, Message):
        return {}
    entries = [one.accounting_entry_id for one in read.results if isinstance(one, ExportResult)]
    return {"exportJobId": read.job.export_job_id, "accountingEntryIds": [*entries[:_MOST_IDS]]}


def _summary(report: FlowReport) -> dict[str, object]:
    outcomes = Counter(type(item.outcome).__name__.lower() for item in report.all_items())
    return {
        "records": len(report.records),
        "items": outcomes.total(),
        "outcomes": dict(outcomes),
        "requests": len(report.exchanges),
        "parkedMessages": sum(len(settled.parked) for settled in report.settlement.settled),
        "returnedMessages": len(report.settlement.batch_item_failures),
        "problems": list(report.settlement.problems),
    }
