"""Alarms: each on a metric that is really there, each with the section of the runbook to open."""

import re
from pathlib import Path

import pytest

from export_adapter import metrics as adapter_metrics
from tests.template.template_file import Section, properties, resources_of_type

ROOT = Path(__file__).parents[2]
ALARMS = sorted(resources_of_type("AWS::CloudWatch::Alarm"))

# What AWS measures by itself, by namespace.
OF_AWS = {
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    "AWS/Lambda": {"Errors", "Throttles", "ConcurrentExecutions"},
}


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


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_is_on_a_metric_that_something_measures(name: str) -> None:
    namespace, metric = alarm(name)["Namespace"], alarm(name)["MetricName"]

    if namespace == "ExportAdapter":
        source = Path(adapter_metrics.__file__).with_name("metrics.py").read_text(encoding="utf-8")
        source += Path(adapter_metrics.__file__).with_name("telemetry.py").read_text(encoding="utf-8")
        assert f'"{metric}"' in source
        assert alarm(name)["Dimensions"] == [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
    else:
        assert metric in OF_AWS[namespace]


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


def test_dead_letters_are_seen_however_they_came_there() -> None:
    """NumberOfMessagesSent counts what the function parks, but never what SQS itself moves."""
    assert alarm("DeadLettersAlarm")["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm("DeadLettersAlarm")["Threshold"] == 1


def test_waiting_results_raise_an_alarm_long_before_their_job_expires() -> None:
    assert alarm("OldestMessageAlarm")["Threshold"] == 15 * 60


def test_a_bad_version_is_rolled_back_on_the_functions_and_pleos_errors() -> None:
    preference = properties("UpdateExportItemsFunction")["DeploymentPreference"]

    assert preference["Alarms"] == [{"Ref": "FunctionErrorsAlarm"}, {"Ref": "PleoErrorsAlarm"}]
    assert preference["Hooks"] == {"PreTraffic": {"Ref": "PreTrafficCheckFunction"}}


def test_gradual_deployment_is_switched_by_a_parameter_that_sam_can_resolve() -> None:
    """An !If would always count as true."""
    preference = properties("UpdateExportItemsFunction")["DeploymentPreference"]

    assert preference["Enabled"] == {"Ref": "GradualDeployment"}
