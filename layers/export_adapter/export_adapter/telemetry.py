"""What an invocation leaves behind for people: log lines and metrics, and no secret in either."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from traceback import extract_tb
from types import MappingProxyType
from typing import Final

from aws_lambda_powertools import Logger

from export_adapter.classify.classifier import RefusedRules
from export_adapter.classify.item_update import Explained
from export_adapter.deadline import Deadline
from export_adapter.flow import Classified, FlowReport
from export_adapter.metrics import Measurement, NameOf, emit, measurements
from export_adapter.model import (
    Batch,
    Bug,
    Delivered,
    ExportResult,
    Json,
    Message,
    Outcome,
    ReadRecord,
    ResultRef,
    Superseded,
)
from export_adapter.settle.decision import GiveBack
from export_adapter.settle.settlement import Settled
from export_adapter.text import shown

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
        """Tell what became of an event: metrics, a summary, then each message, batch and failure.

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

    def _lines(self, report: FlowReport) -> Iterator[Callable[[], None]]:
        """Yield what there is to write, the most important first."""
        for bug in report.delivery.bugs:
            yield partial(self._bug, bug)
        for settled in report.settlement.settled:
            yield partial(self._settled, settled)
        for ref, outcome in report.delivery.outcomes.items():
            if isinstance(outcome, Superseded):
                yield partial(self._superseded, report.records[ref.record], ref, outcome)
        for batch in report.batches:
            yield partial(self._delivered, batch, report.delivery.outcomes)
        for one in report.classified:
            yield partial(self._classified, one)

    def _bug(self, bug: Bug) -> None:
        entries: list[Json] = [*bug.accounting_entry_ids[:_MOST_IDS]]
        ids: dict[str, Json] = {"exportJobId": bug.job.export_job_id, "accountingEntryIds": entries}
        self.fault("fault of the adapter's own", bug.error, ids)

    def _classified(self, one: Classified) -> None:
        classification = one.explained.classification if isinstance(one.explained, Explained) else None
        if classification is None or not isinstance(one.explained, Explained):
            return
        fields = {
            "exportJobId": one.choice.job.export_job_id,
            "accountingEntryId": one.choice.result.accounting_entry_id,
            "system": self.name_of(one.choice.message.system),
            "failureReasonType": one.explained.update.failure_reason_type,
            "rule": classification.rule,
            "mapped": classification.mapped,
            "fingerprint": classification.fingerprint,
        }
        self.logger.info("failure classified", extra=fields)

    def _superseded(self, read: ReadRecord, ref: ResultRef, outcome: Superseded) -> None:
        """Pleo was not told a result: whoever looks for its entry finds out that, and why."""
        result = read.results[ref.result] if isinstance(read, Message) else None
        if not isinstance(read, Message) or not isinstance(result, ExportResult):
            return
        fields: dict[str, Json] = {
            "exportJobId": read.job.export_job_id,
            "accountingEntryId": result.accounting_entry_id,
            "status": result.status.value,
            "reason": shown(outcome.reason),
            "sourceMessageId": read.record.message_id,
        }
        self.logger.warning("item superseded", extra=fields)

    def _delivered(self, batch: Batch, outcomes: Mapping[ResultRef, Outcome]) -> None:
        delivered = [
            item.update.accounting_entry_id
            for item in batch.items
            if isinstance(outcomes[item.origins[0]], Delivered)
        ]
        if delivered:
            fields = {
                "exportJobId": batch.job.export_job_id,
                "companyId": batch.job.company_id,
                "accountingEntryIds": delivered,
            }
            self.logger.info("items delivered", extra=fields)

    def _settled(self, settled: Settled) -> None:
        record = settled.read.record
        if isinstance(settled.decision, GiveBack):
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


def _ids(read: ReadRecord) -> dict[str, Json]:
    """Return the ids by which a record's line is looked for, where it could be read."""
    if not isinstance(read, Message):
        return {}
    entries = [one.accounting_entry_id for one in read.results if isinstance(one, ExportResult)]
    return {"exportJobId": read.job.export_job_id, "accountingEntryIds": [*entries[:_MOST_IDS]]}


def _summary(report: FlowReport) -> dict[str, object]:
    outcomes = Counter(type(outcome).__name__.lower() for outcome in report.delivery.outcomes.values())
    return {
        "records": len(report.records),
        "items": sum(len(one.choice.refs) for one in report.classified),
        "outcomes": dict(outcomes),
        "requests": len(report.delivery.exchanges),
        "parkedMessages": sum(len(settled.parked) for settled in report.settlement.settled),
        "returnedMessages": len(report.settlement.batch_item_failures),
        "problems": list(report.settlement.problems),
    }
