"""What happens to the version that the queue invokes when only a parameter's value changes."""

import pytest

from export_adapter_workstation.local.adapter import LocalAdapter
from export_adapter_workstation.local.aws import deploy

pytestmark = pytest.mark.xdist_group("deployed-stack")


def live(adapter: LocalAdapter) -> tuple[str, str]:
    """The version that the queue invokes, and a setting of it."""
    client, name = adapter.stack.aws.lambda_(), adapter.stack.outputs.update_export_items_function_name
    found = client.get_function_configuration(FunctionName=name, Qualifier="live")
    return found["Version"], found["Environment"]["Variables"]["DELIVERY_THREADS"]


def deploy_again(adapter: LocalAdapter, **parameters: str) -> None:
    aws = adapter.stack.aws
    built = aws.directory / "build" / "template.yaml"
    deploy(aws, built, pleo_base_url=adapter.pleo.url, parameters=parameters, say=lambda _step: None)


def test_another_value_reaches_the_version_that_the_queue_invokes_and_the_one_before_is_kept(
    adapter: LocalAdapter,
) -> None:
    client, name = adapter.stack.aws.lambda_(), adapter.stack.outputs.update_export_items_function_name
    before, threads_before = live(adapter)

    deploy_again(adapter, DeliveryThreads="9")
    changed, threads = live(adapter)
    deploy_again(adapter)
    the_same, _ = live(adapter)
    deploy_again(adapter, DeliveryThreads=threads_before)

    assert changed != before
    assert threads == "9"
    # A value that is not given again stays as it was: nothing has changed, so nothing is published.
    assert the_same == changed
    kept = {one["Version"] for one in client.list_versions_by_function(FunctionName=name)["Versions"]}
    assert {before, changed} <= kept
    assert live(adapter) not in {(before, threads_before), (changed, threads)}


def test_the_alarm_on_concurrency_follows_maximum_concurrency(adapter: LocalAdapter) -> None:
    client = adapter.stack.aws.cloudwatch()

    def threshold() -> float:
        (found,) = client.describe_alarms(AlarmNamePrefix="export-adapter-local-ConcurrencyAlarm")[
            "MetricAlarms"
        ]
        return found["Threshold"]

    assert threshold() == 4
    deploy_again(adapter, MaximumConcurrency="2")
    lowered = threshold()
    deploy_again(adapter, MaximumConcurrency="5")

    assert (lowered, threshold()) == (2, 4)
