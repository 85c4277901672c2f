"""What an invocation adds up to, as CloudWatch metrics (docs/operations.md lists them all).

Few dimensions with few values each: ids stand in the log alone.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import batched
from typing import Final

from export_adapter.batch import MAX_ITEMS
from export_adapter.deliver.ledger import Exchange
from export_adapter.flow import FlowReport
from export_adapter.item import Item
from export_adapter.model import Delivered, ErrorType, Superseded, Undelivered
from export_adapter.settle.decision import Park, ParkWhole, ReturnToQueue
from export_adapter.settle.settlement import Settled

type NameOf = Callable[[str], str]
"""Turns a system's name, as exporters spell it, into one of few."""

type Dimensions = tuple[tuple[str, str], ...]
"""Names and values, besides `service`; at most two of them."""

_NOT_LET_IN: Final = frozenset({401, 403})
_NO_CREDENTIALS: Final = frozenset(
    {"credentials_refused", "credentials_unavailable", "forbidden", "no_credentials"}
)
_MOST_VALUES: Final = 100
"""Values that one metric may have in one document (CloudWatch's embedded metric format)."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of a metric. `unit` is CloudWatch's."""

    name: str
    value: float
    unit: str = "Count"
    dimensions: Dimensions = ()


def measurements(report: FlowReport, name_of: NameOf) -> list[Measurement]:
    """Return all that an invocation is measured by; what did not happen is left out, but for the totals."""
    return [
        Measurement("RecordsReceived", len(report.records)),
        *_items(report.all_items(), name_of),
        *_settled(report.settlement.settled),
        *_bugs(report),
        *_requests(report.exchanges),
        *_counted("Problems", Counter((("problem", problem),) for problem in report.settlement.problems)),
    ]


def emit(measured: Iterable[Measurement], namespace: str, service: str) -> None:
    """Write measurements to standard output in CloudWatch's embedded metric format, in few lines.

    A line holds several metrics and sets of dimensions, but each of its keys has one value: two statuses, for
    example, take two lines.
    """
    documents: list[_Document] = []
    for content in _documents(measured, service):
        fitting = (one for one in documents if one.takes(content))
        document = next(fitting, None)
        if document is None:
            documents.append(content)
        else:
            document.join(content)
    for document in documents:
        sys.stdout.write(f"{document.line(namespace)}\n")


@dataclass(frozen=True, slots=True)
class _Document:
    """What one line says: the values by key, and which of them are metrics of which dimensions."""

    fields: dict[str, str | list[float]]
    metrics: list[tuple[tuple[str, ...], str, str]]

    def takes(self, other: "_Document") -> bool:
        is_new = not set(self.metrics) & set(other.metrics)
        return is_new and all(self.fields.get(key, value) == value for key, value in other.fields.items())

    def join(self, other: "_Document") -> None:
        self.fields.update(other.fields)
        self.metrics.extend(other.metrics)

    def line(self, namespace: str) -> str:
        directives: dict[tuple[str, ...], list[dict[str, str]]] = {}
        for dimensions, name, unit in self.metrics:
            directives.setdefault(dimensions, []).append({"Name": name, "Unit": unit})
        about = {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {"Namespace": namespace, "Dimensions": [dimensions], "Metrics": metrics}
                for dimensions, metrics in directives.items()
            ],
        }
        return json.dumps({"_aws": about, **self.fields}, separators=(",", ":"))


def _documents(measured: Iterable[Measurement], service: str) -> Iterator[_Document]:
    """Yield a document for each metric with its dimensions; several where it has too many values."""
    values: dict[tuple[Dimensions, str, str], list[float]] = {}
    for one in measured:
        values.setdefault((one.dimensions, one.name, one.unit), []).append(one.value)
    for (dimensions, name, unit), all_values in values.items():
        named = {"service": service, **dict(dimensions)}
        for some in batched(all_values, _MOST_VALUES, strict=False):
            yield _Document({**named, name: [*some]}, [(tuple(named), name, unit)])


def _items(items: Iterable[Item], name_of: NameOf) -> Iterator[Measurement]:
    """Count the results by what became of them, and the failures by what they were taken for.

    A failure that goes back comes again, and is counted then.
    """
    received = superseded = 0
    delivered, failed, unmapped = Counter[Dimensions](), Counter[Dimensions](), Counter[Dimensions]()
    for item in items:
        received += 1
        outcome = item.outcome
        if isinstance(outcome, Superseded):
            superseded += 1
        elif isinstance(outcome, Delivered):
            delivered[(("status", item.result.status.value),)] += 1
            if item.update.failure_reason_type:
                system = name_of(item.message.system)
                failed[("failureReasonType", item.update.failure_reason_type), ("system", system)] += 1
        if item.classification and not isinstance(outcome, Undelivered):
            # 0 or 1 for each failure, so that the metric's average is the share.
            yield Measurement("UnmappedFailures", int(not item.classification.mapped))
            if not item.classification.mapped:
                unmapped[(("system", name_of(item.message.system)),)] += 1
    yield Measurement("ItemsReceived", received)
    if superseded:
        yield Measurement("ItemsSuperseded", superseded)
    yield from _counted("ItemsDelivered", delivered)
    yield from _counted("ItemsFailed", failed)
    yield from _counted("UnmappedFailures", unmapped)


def _settled(settled: Iterable[Settled]) -> Iterator[Measurement]:
    parked, returned = Counter[Dimensions](), Counter[Dimensions]()
    refused = 0
    for one in settled:
        if isinstance(one.decision, ReturnToQueue):
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
    """Count the faults of the adapter's own, also those in spite of which all results were delivered."""
    if report.bugs:
        yield Measurement("Bugs", len(report.bugs))


def _requests(exchanges: Iterable[Exchange]) -> Iterator[Measurement]:
    for exchange in exchanges:
        yield Measurement("PleoLatency", exchange.seconds * 1000, "Milliseconds")
        yield Measurement("PleoErrors", int(exchange.went_wrong))
        yield Measurement("PleoRetries", int(exchange.attempt > 1))
        if exchange.method == "PUT":
            yield Measurement("PleoPuts", 1)
            yield Measurement("BatchFill", 100 * exchange.items / MAX_ITEMS, "Percent")


def _counted(name: str, counts: Counter[Dimensions]) -> Iterator[Measurement]:
    for dimensions, count in counts.items():
        yield Measurement(name, count, dimensions=dimensions)
