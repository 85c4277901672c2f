"""The dashboard and the saved queries: on metrics and log fields that are really there."""

import json
import re
from pathlib import Path

import pytest
from awslambdaric.bootstrap import make_error  # type: ignore[import-untyped]

import export_adapter
from tests.template.template_file import properties, resources_of_type, template

PACKAGE = Path(export_adapter.__file__).parent
SOURCE = "".join(
    (PACKAGE / name).read_text(encoding="utf-8")
    for name in ("metrics.py", "telemetry.py", "parked_message.py")
)
QUERIES = sorted(resources_of_type("AWS::Logs::QueryDefinition"))

# What Logs Insights and Powertools bring themselves.
# awslambdaric writes what it catches itself; `record` is what the platform reports of an invocation.
GIVEN_FIELDS = {
    *("message", "level", "exception_name", "exception", "problem", "function_request_id"),
    *("errorType", "errorMessage", "stackTrace", "requestId", "record"),
}
LANGUAGE = {
    "fields",
    "filter",
    "stats",
    "sort",
    "limit",
    "by",
    "desc",
    "asc",
    "as",
    "and",
    "or",
    "like",
    "in",
    "count",
    "latest",
    "max",
    "failures",
    "messages",
    "lastExportJob",
    "lastReason",
    "lastError",
    "mostReceives",
}


def dashboard() -> str:
    body: str = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    return body


def test_the_dashboard_is_json_and_shows_business_before_health_before_cost() -> None:
    widgets = json.loads(dashboard())["widgets"]
    headings = [widget["properties"]["markdown"] for widget in widgets if widget["type"] == "text"]

    assert headings == ["# What bookkeepers see", "# Health", "# Cost"]
    assert [widget["y"] for widget in widgets] == sorted(widget["y"] for widget in widgets)


def test_every_metric_of_ours_on_the_dashboard_is_measured() -> None:
    named = set(re.findall(r'"ExportAdapter", "(\w+)"', dashboard()))
    named |= set(re.findall(r'MetricName=\\"(\w+)\\"', dashboard()))

    assert len(named) >= 10
    assert {name for name in named if f'"{name}"' not in SOURCE} == set()


def test_the_dashboard_shows_this_stack_alone() -> None:
    for metric in re.findall(r'"ExportAdapter", "\w+"[^\]]*', dashboard()):
        assert '"service", "${AWS::StackName}"' in metric
    for expression in re.findall(r"SEARCH\([^)]*\)", dashboard()):
        assert 'service=\\"${AWS::StackName}\\"' in expression


@pytest.mark.parametrize("query", QUERIES)
def test_a_saved_query_reads_fields_that_are_logged(query: str) -> None:
    text = re.sub(r'"[^"]*"', "", properties(query)["QueryString"])
    words = set(re.findall(r"(?<![@\w.])[A-Za-z_]\w*", text)) - LANGUAGE

    assert words
    assert {field for field in words - GIVEN_FIELDS if f'"{field}"' not in SOURCE} == set()


@pytest.mark.parametrize("query", QUERIES)
def test_a_saved_query_looks_for_messages_that_are_logged(query: str) -> None:
    for message in re.findall(r'message = "([^"]*)"', properties(query)["QueryString"]):
        assert f'"{message}"' in SOURCE


def test_the_query_for_faults_shows_what_the_adapter_the_runtime_and_the_platform_say_of_one() -> None:
    query = properties("FaultsOfTheAdaptersOwnQuery")["QueryString"]
    shown = {field.strip() for field in query.partition("\n")[0].removeprefix("fields ").split(",")}
    of_the_adapter = {"exception_name", "exception", "problem", "exportJobId", "accountingEntryIds"}

    assert shown >= of_the_adapter | {"@timestamp", "message", "function_request_id"}
    assert shown >= make_error("a message", "AnError", [], "a request").keys()
    assert {"record.status", "record.requestId"} <= shown
    # A function that ran out of time writes nothing: the platform reports its status, and no level.
    assert 'record.status in ["error", "failure", "timeout"]' in query


def test_a_widget_shows_what_its_title_says() -> None:
    (widget,) = (
        one
        for one in json.loads(dashboard())["widgets"]
        if one["properties"].get("title") == "Received and delivered"
    )

    shown = json.dumps(widget["properties"]["metrics"])
    assert "ItemsReceived" in shown
    assert "ItemsDelivered" in shown


def test_queries_are_saved_where_the_parameter_says_so() -> None:
    assert len(QUERIES) == 6
    assert {template()["Resources"][query]["Condition"] for query in QUERIES} == {"QueriesAreSaved"}


def test_the_runbook_names_only_queries_that_are_saved() -> None:
    runbook = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    saved = {properties(query)["Name"]["Fn::Sub"].partition("/")[2] for query in QUERIES}
    named = set(re.findall(r"saved query \*([^*]+)\*", runbook))

    assert named
    assert named <= saved
