"""What raises each alarm on a metric of the adapter's own: the adapter over fakes, and what it writes."""

import io
import json
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Final

from aws_lambda_powertools import Logger

from export_adapter.classify.classifier import RefusedRules
from export_adapter.telemetry import Telemetry
from tests.fakes.adapter import FakeAdapter
from tests.fakes.messages import entry, job, message, raw_record, result
from tests.fakes.pleo import Fault, error

NAMESPACE: Final = "ExportAdapter"
SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Metric:
    """Values of one metric with one set of dimensions, as CloudWatch reads them from standard output."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    values: tuple[float, ...]


def metrics_in(output: str) -> list[Metric]:
    """Read lines in CloudWatch's embedded metric format; log lines are left out."""
    found: list[Metric] = []
    for line in output.splitlines():
        content = json.loads(line)
        for directive in content.get("_aws", {}).get("CloudWatchMetrics", ()):
            for names in directive["Dimensions"]:
                dimensions = tuple(sorted((name, content[name]) for name in names))
                found.extend(
                    Metric(directive["Namespace"], one["Name"], dimensions, tuple(content[one["Name"]]))
                    for one in directive["Metrics"]
                )
    return found


def _credentials_refused(adapter: FakeAdapter, _: Telemetry) -> None:
    adapter.pleo.faults.append(Fault(error(403, "FORBIDDEN")))


def _unmapped_failure(adapter: FakeAdapter, telemetry: Telemetry) -> None:
    unknown = result(2, "failed", failure={"code": "of a system that no rule knows"})
    telemetry.report(adapter.run(raw_record(message(unknown))), adapter.clock.deadline(SECONDS))


def _pleo_is_down(adapter: FakeAdapter, _: Telemetry) -> None:
    adapter.pleo.faults.extend([Fault(error(503, "UNAVAILABLE"))] * 3)


def _pleo_is_slow(adapter: FakeAdapter, _: Telemetry) -> None:
    adapter.pleo.seconds = 6.0


def _rules_are_refused(_: FakeAdapter, telemetry: Telemetry) -> None:
    telemetry.refused_rules(RefusedRules(("ours.toml, rule moon: has no condition",), is_news=True))


def _all_is_well(_: FakeAdapter, __: Telemetry) -> None:
    pass


CONDITIONS: Final[Mapping[str, Callable[[FakeAdapter, Telemetry], None]]] = {
    "CredentialsRefusedAlarm": _credentials_refused,
    "UnmappedFailuresAlarm": _unmapped_failure,
    "PleoErrorsAlarm": _pleo_is_down,
    "PleoLatencyAlarm": _pleo_is_slow,
    "RefusedRulesAlarm": _rules_are_refused,
}


def measured(service: str, alarm: str | None = None) -> list[Metric]:
    """Deliver a result in an alarm's condition, or in none, and return what was written."""
    adapter = FakeAdapter()
    adapter.pleo.hold(job(), *(entry(number) for number in range(5)))
    output = io.StringIO()
    with redirect_stdout(output):
        telemetry = Telemetry(Logger(stream=output), NAMESPACE, service)
        CONDITIONS.get(alarm or "", _all_is_well)(adapter, telemetry)
        telemetry.report(adapter.run(raw_record(message(result(1)))), adapter.clock.deadline(SECONDS))
    return metrics_in(output.getvalue())
