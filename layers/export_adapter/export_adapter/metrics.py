"""What an invocation adds up to, as CloudWatch metrics (docs/operations.md lists them all).

Few dimensions with few values each: ids stand in the log alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from aws_lambda_powertools.metrics import EphemeralMetrics

from export_adapter.batch import MAX_ITEMS
from export_adapter.classify.item_update import Explained
from export_adapter.deliver.ledger import Exchange
from export_adapter.flow import FlowReport
from export_adapter.model import Delivered, ErrorType, Superseded, Undelivered
from export_adapter.settle.decision import GiveBack, Park, ParkWhole
from export_adapter.settle.settlement import Settled

type NameOf = Callable[[str], str]
"""Turns a system's name, as exporters spell it, into one of few."""

_NOT_LET_IN: Final = frozenset({401, 403})
_NO_CREDENTIALS: Final = frozenset(
    {"credentials_refused", "credentials_unavailable", "forbidden", "no_credentials"}
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of a metric. `unit` is CloudWatch's; at most two dimensions besides `service`."""

    name: str
    value: float
    unit: str = "Count"
    dimensions: tuple[tuple[str, str], ...] = ()


def measurements(report: FlowReport, name_of: NameOf) -> list[Measurement]:
    """Return all that an invocation is measured by; what did not happen is left out, but for the totals."""
    return [
        Measurement("RecordsReceived", len(report.records)),
        Measurement("ItemsReceived", sum(len(one.choice.refs) for one in report.classified)),
        *_delivered(report),
        *_superseded(report),
        *_failed(report, name_of),
        *_settled(report.settlement.settled),
        *_bugs(report),
        *_requests(report.delivery.exchanges),
        *_counted("Problems", Counter((("problem", problem),) for problem in report.settlement.problems)),
    ]


def emit(measured: Iterable[Measurement], namespace: str, service: str) -> None:
    """Write measurements to standard output in CloudWatch's embedded metric format, a line per dimensions."""
    ordered = sorted(measured, key=_dimensions)
    for dimensions, group in groupby(ordered, key=_dimensions):
        metrics = EphemeralMetrics(namespace=namespace, service=service)
        for name, value in dimensions:
            metrics.add_dimension(name, value)
        for one in group:
            metrics.add_metric(one.name, one.unit, one.value)
        metrics.flush_metrics()


def _delivered(report: FlowReport) -> Iterator[Measurement]:
    statuses: Counter[tuple[tuple[str, str], ...]] = Counter(
        (("status", one.choice.result.status.value),)
        for one in report.classified
        if isinstance(report.outcome(one.choice), Delivered)
    )
    return _counted("ItemsDelivered", statuses)


def _superseded(report: FlowReport) -> Iterator[Measurement]:
    """Count the results that Pleo was not told, because another one of their entry counts more."""
    count = sum(isinstance(outcome, Superseded) for outcome in report.delivery.outcomes.values())
    if count:
        yield Measurement("ItemsSuperseded", count)


def _failed(report: FlowReport, name_of: NameOf) -> Iterator[Measurement]:
    """Count the failures, by what they were taken for, and those that nothing knew.

    What goes back comes again, and is counted then.
    """
    by_type: Counter[tuple[tuple[str, str], ...]] = Counter()
    unmapped: Counter[tuple[tuple[str, str], ...]] = Counter()
    for one in report.classified:
        explained, system = one.explained, name_of(one.choice.message.system)
        outcome = report.outcome(one.choice)
        if isinstance(outcome, Undelivered) or not isinstance(explained, Explained):
            continue
        if explained.update.failure_reason_type and isinstance(outcome, Delivered):
            by_type[("failureReasonType", explained.update.failure_reason_type), ("system", system)] += 1
        if explained.classification:
            unmapped[(("system", system),)] += not explained.classification.mapped
            # 0 or 1 for each failure, so that the metric's average is the share.
            yield Measurement("UnmappedFailures", int(not explained.classification.mapped))
    yield from _counted("ItemsFailed", by_type)
    yield from _counted("UnmappedFailures", +unmapped)


def _settled(settled: Iterable[Settled]) -> Iterator[Measurement]:
    parked: Counter[tuple[tuple[str, str], ...]] = Counter()
    returned: Counter[tuple[tuple[str, str], ...]] = Counter()
    refused = 0
    for one in settled:
        if isinstance(one.decision, GiveBack):
            returned[(("cause", one.decision.cause),)] += 1
            refused += one.decision.cause in _NO_CREDENTIALS
        elif isinstance(one.decision, Park):
            for parcel in one.decision.parcels:
                parked[(("errorType", parcel.why.error_type),)] += len(parcel.results)
                why = parcel.why
                refused += why.error_type is ErrorType.NO_CREDENTIALS or why.pleo_status in _NOT_LET_IN
        elif isinstance(one.decision, ParkWhole):
            parked[(("errorType", one.decision.why.error_type),)] += 1
    yield from _counted("ItemsParked", parked)
    yield from _counted("RecordsReturned", returned)
    if refused:
        yield Measurement("CredentialsRefused", refused)


def _bugs(report: FlowReport) -> Iterator[Measurement]:
    """Count the faults of the adapter's own, also those that kept no result from being delivered."""
    if report.delivery.bugs:
        yield Measurement("Bugs", len(report.delivery.bugs))


def _requests(exchanges: Iterable[Exchange]) -> Iterator[Measurement]:
    for exchange in exchanges:
        yield Measurement("PleoLatency", exchange.seconds * 1000, "Milliseconds")
        yield Measurement("PleoErrors", int(exchange.went_wrong))
        yield Measurement("PleoRetries", int(exchange.attempt > 1))
        if exchange.method == "PUT":
            yield Measurement("PleoPuts", 1)
            yield Measurement("BatchFill", 100 * exchange.items / MAX_ITEMS, "Percent")


def _counted(name: str, counts: Counter[tuple[tuple[str, str], ...]]) -> Iterator[Measurement]:
    for dimensions, count in counts.items():
        yield Measurement(name, count, dimensions=dimensions)


def _dimensions(measurement: Measurement) -> tuple[tuple[str, str], ...]:
    return measurement.dimensions
