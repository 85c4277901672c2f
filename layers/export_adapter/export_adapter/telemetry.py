"""What an invocation leaves behind for people: log lines and metrics, and no secret in either."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger

from export_adapter.flow import FlowReport, Sendable
from export_adapter.settle.decision import GiveBack
from export_adapter.settle.settlement import Settled


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Writes JSON log lines. Ids stand in fields of their own, so that each line is found by them."""

    logger: Logger = field(default_factory=Logger)

    def refused_rules(self, problems: Iterable[str]) -> None:
        """Log what is wrong with the customer's own rules; the built-in ones go on without them."""
        for problem in problems:
            self.logger.error("own rules refused", extra={"problem": problem})

    def report(self, report: FlowReport) -> None:
        """Log what became of an event: failures as classified, what went back or was parked, a summary."""
        for sendable in report.sendable:
            self._classified(sendable)
        for settled in report.settlement.settled:
            self._settled(settled)
        for bug in report.delivery.bugs:
            self.logger.error("fault of the adapter's own", exc_info=bug)
        self.logger.info("invocation finished", extra=_summary(report))

    def _classified(self, sendable: Sendable) -> None:
        classification = sendable.explained.classification
        if classification is None:
            return
        update = sendable.explained.update
        fields = {
            "exportJobId": sendable.message.job.export_job_id,
            "accountingEntryId": update.accounting_entry_id,
            "failureReasonType": update.failure_reason_type,
            "rule": classification.rule,
            "mapped": classification.mapped,
            "fingerprint": classification.fingerprint,
        }
        self.logger.info("failure classified", extra=fields)

    def _settled(self, settled: Settled) -> None:
        record = settled.read.record
        if isinstance(settled.decision, GiveBack):
            fields = {
                "sourceMessageId": record.message_id,
                "cause": settled.decision.cause,
                "reason": settled.decision.reason,
                "receiveCount": record.receive_count,
            }
            self.logger.warning("message went back to the queue", extra=fields)
        for parked in settled.parked:
            self.logger.warning("message parked on the dead-letter queue", extra=dict(parked.attributes))


def _summary(report: FlowReport) -> dict[str, object]:
    outcomes = Counter(type(outcome).__name__.lower() for outcome in report.delivery.outcomes.values())
    return {
        "records": len(report.records),
        "items": len(report.sendable),
        "outcomes": dict(outcomes),
        "requests": len(report.delivery.exchanges),
        "parkedMessages": sum(len(settled.parked) for settled in report.settlement.settled),
        "returnedMessages": len(report.settlement.batch_item_failures),
        "problems": list(report.settlement.problems),
    }
