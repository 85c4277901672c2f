"""The deployed alarms, on what the adapter writes in their condition.

The embedded AWS does not read metrics out of a log, and measures no queue and no function itself, so what the
adapter wrote is put in by hand. It looks at all values of the time together, whatever their dimensions:
tests/template/test_alarms.py holds those, and how many periods must breach.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from export_adapter_workstation.local.adapter import LocalAdapter
from tests.fakes.measuring import CONDITIONS, measured

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef

pytestmark = pytest.mark.xdist_group("deployed-stack")

STACK = "export-adapter-local"


@pytest.fixture(scope="module", autouse=True)
def _set_back_at_the_end(adapter: LocalAdapter) -> Iterator[None]:
    """Other tests want a stack that is well. At the end: with each value all alarms are looked at."""
    yield
    client = adapter.stack.aws.cloudwatch()
    for found in client.describe_alarms(AlarmNamePrefix=STACK)["MetricAlarms"]:
        client.set_alarm_state(
            AlarmName=found["AlarmName"], StateValue="OK", StateReason="These tests are over."
        )


@pytest.mark.parametrize("alarm", sorted(CONDITIONS))
def test_what_the_adapter_writes_in_an_alarms_condition_raises_it(adapter: LocalAdapter, alarm: str) -> None:
    client = adapter.stack.aws.cloudwatch()
    (found,) = client.describe_alarms(AlarmNamePrefix=f"{STACK}-{alarm}")["MetricAlarms"]

    for metric in measured(STACK, alarm):
        if metric.name == found["MetricName"]:
            dimensions: list[DimensionTypeDef] = [
                {"Name": name, "Value": value} for name, value in metric.dimensions
            ]
            client.put_metric_data(
                Namespace=metric.namespace,
                MetricData=[
                    {"MetricName": metric.name, "Dimensions": dimensions, "Values": [*metric.values]}
                ],
            )

    (raised,) = client.describe_alarms(AlarmNamePrefix=f"{STACK}-{alarm}")["MetricAlarms"]
    assert found["StateValue"] != "ALARM"
    assert raised["StateValue"] == "ALARM"
