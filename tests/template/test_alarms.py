"""Alarms: each on a metric that is really there, each with the section of the runbook to open."""

import re
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, quantiles

import pytest

from tests.fakes.measuring import CONDITIONS, Metric, measured
from tests.template.template_file import Section, properties, resources_of_type, template

ROOT = Path(__file__).parents[2]
ALARMS = sorted(resources_of_type("AWS::CloudWatch::Alarm"))


def alarm(name: str) -> Section:
    return properties(name)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_links_to_a_section_of_the_runbook_that_exists(name: str) -> None:
    description = alarm(name)["AlarmDescription"]["Fn::Sub"]
    found = re.search(r"Runbook: \$\{RunbookUrl\}#([a-z-]+)$", description)
    assert found, description

    headings = re.findall(
        r"^#+ (.+)$", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert found[1] in {heading.lower().replace(" ", "-") for heading in headings}


def test_the_namespace_and_the_service_are_those_that_the_function_measures_under() -> None:
    variables = properties("UpdateExportItemsFunction")["Environment"]["Variables"]

    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "ExportAdapter"
    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_is_sent_where_the_topic_says_and_rests_without_work(name: str) -> None:
    to_the_topic = {"Fn::If": ["AlarmsAreSent", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}

    assert alarm(name)["AlarmActions"] == to_the_topic
    assert alarm(name)["OKActions"] == to_the_topic
    assert alarm(name)["TreatMissingData"] == "notBreaching"


def test_a_bad_version_is_rolled_back_on_the_functions_and_pleos_errors() -> None:
    preference = properties("UpdateExportItemsFunction")["DeploymentPreference"]

    assert preference["Alarms"] == [{"Ref": "FunctionErrorsAlarm"}, {"Ref": "PleoErrorsAlarm"}]
    assert preference["Hooks"] == {"PreTraffic": {"Ref": "PreTrafficCheckFunction"}}


def test_gradual_deployment_is_switched_by_a_parameter_that_sam_can_resolve() -> None:
    """An !If would always count as true."""
    preference = properties("UpdateExportItemsFunction")["DeploymentPreference"]

    assert preference["Enabled"] == {"Ref": "GradualDeployment"}


STACK = "a-stack"
OF_THE_DEAD_LETTER_QUEUE = {"QueueName": {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}}
OF_THE_MAIN_QUEUE = {"QueueName": {"Fn::GetAtt": ["ExportResultsQueue", "QueueName"]}}
# Of the function, whatever its version: the alias's own metrics leave out what a person invokes.
OF_THE_FUNCTION = {"FunctionName": {"Ref": "UpdateExportItemsFunction"}}
OF_THE_STACK = {"service": {"Ref": "AWS::StackName"}}
NEARLY_ALL = {"Fn::FindInMap": ["NearlyAll", {"Ref": "MaximumConcurrency"}, "Invocations"]}

AT_LEAST, ABOVE = "GreaterThanOrEqualToThreshold", "GreaterThanThreshold"

# Namespace, metric, dimensions, statistic, seconds of a period, how many are looked at, how many of these
# must breach, comparison, threshold.
TABLE: dict[str, tuple[object, ...]] = {
    # NumberOfMessagesSent would count what the function parks, but never what SQS itself moves.
    "DeadLettersAlarm": (
        *("AWS/SQS", "ApproximateNumberOfMessagesVisible", OF_THE_DEAD_LETTER_QUEUE, "Maximum"),
        *(60, 5, 1, AT_LEAST, 1),
    ),
    "OldestMessageAlarm": (
        *("AWS/SQS", "ApproximateAgeOfOldestMessage", OF_THE_MAIN_QUEUE, "Maximum"),
        *(60, 2, 2, ABOVE, 15 * 60),
    ),
    "FunctionErrorsAlarm": ("AWS/Lambda", "Errors", OF_THE_FUNCTION, "Sum", 60, 15, 2, AT_LEAST, 1),
    "FunctionThrottlesAlarm": ("AWS/Lambda", "Throttles", OF_THE_FUNCTION, "Sum", 300, 1, 1, AT_LEAST, 1),
    "ConcurrencyAlarm": (
        *("AWS/Lambda", "ConcurrentExecutions", OF_THE_FUNCTION, "Maximum"),
        *(60, 10, 10, AT_LEAST, NEARLY_ALL),
    ),
    "CredentialsRefusedAlarm": (
        *("ExportAdapter", "CredentialsRefused", OF_THE_STACK, "Sum"),
        *(300, 1, 1, AT_LEAST, 1),
    ),
    "UnmappedFailuresAlarm": (
        *("ExportAdapter", "UnmappedFailures", OF_THE_STACK, "Average"),
        *(3600, 3, 2, ABOVE, 0.1),
    ),
    "PleoErrorsAlarm": ("ExportAdapter", "PleoErrors", OF_THE_STACK, "Average", 60, 5, 3, ABOVE, 0.25),
    "PleoLatencyAlarm": ("ExportAdapter", "PleoLatency", OF_THE_STACK, "p90", 300, 3, 2, ABOVE, 5000),
    "RefusedRulesAlarm": ("ExportAdapter", "RefusedRules", OF_THE_STACK, "Sum", 300, 1, 1, AT_LEAST, 1),
}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_is_raised_by_exactly_this(name: str) -> None:
    found = alarm(name)

    assert (
        found["Namespace"],
        found["MetricName"],
        {one["Name"]: one["Value"] for one in found["Dimensions"]},
        found.get("Statistic") or found["ExtendedStatistic"],
        found["Period"],
        found["EvaluationPeriods"],
        found.get("DatapointsToAlarm", found["EvaluationPeriods"]),
        found["ComparisonOperator"],
        found["Threshold"],
    ) == TABLE[name]


def test_a_batch_that_breaks_the_function_each_time_it_comes_back_is_seen_twice_in_the_time_looked_at() -> (
    None
):
    seconds = alarm("FunctionErrorsAlarm")["Period"] * alarm("FunctionErrorsAlarm")["EvaluationPeriods"]

    assert seconds > 2 * template()["Parameters"]["VisibilityTimeout"]["MaxValue"]


def test_the_concurrency_alarm_follows_maximum_concurrency_whatever_it_is_set_to() -> None:
    nearly_all = {int(most): row["Invocations"] for most, row in template()["Mappings"]["NearlyAll"].items()}

    assert [*nearly_all] == template()["Parameters"]["MaximumConcurrency"]["AllowedValues"]
    assert nearly_all == {most: -(-4 * most // 5) for most in nearly_all}


def of_the_alarm(name: str, written: Sequence[Metric]) -> list[float]:
    """The values that an alarm sees: those of its namespace, name and exact set of dimensions."""
    found = alarm(name)
    dimensions = tuple((one["Name"], STACK) for one in found["Dimensions"])
    return [
        value
        for one in written
        if (one.namespace, one.name, one.dimensions) == (found["Namespace"], found["MetricName"], dimensions)
        for value in one.values
    ]


def is_breached(name: str, values: list[float]) -> bool:
    """Whether one period with these values counts towards the alarm."""
    if not values:
        return False
    statistic = alarm(name).get("Statistic") or alarm(name)["ExtendedStatistic"]
    found = {"Sum": sum(values), "Average": fmean(values), "p90": quantiles([*values, values[-1]], n=10)[-1]}
    threshold: float = alarm(name)["Threshold"]
    if alarm(name)["ComparisonOperator"] == ABOVE:
        return found[statistic] > threshold
    return found[statistic] >= threshold


def test_every_alarm_on_a_metric_of_the_adapters_own_has_its_condition_below() -> None:
    ours = {name for name in ALARMS if alarm(name)["Namespace"] == "ExportAdapter"}

    assert ours == CONDITIONS.keys()


@pytest.mark.parametrize("name", sorted(CONDITIONS))
def test_the_adapter_writes_what_raises_the_alarm_in_its_condition_and_not_else(name: str) -> None:
    assert is_breached(name, of_the_alarm(name, measured(STACK, name)))
    assert not is_breached(name, of_the_alarm(name, measured(STACK)))


def test_one_companys_credentials_do_not_roll_a_deployment_back() -> None:
    written = measured(STACK, "CredentialsRefusedAlarm")

    assert of_the_alarm("PleoErrorsAlarm", written)
    assert not is_breached("PleoErrorsAlarm", of_the_alarm("PleoErrorsAlarm", written))
