import pytest

from export_adapter.deliver.secrets import COMPANY
from export_adapter_workstation.project import ROOT
from tests.template.template_file import Section, properties, resources_of_type, template

LAYERS = ["DependenciesLayer", "ExportAdapterLayer"]


def the_function() -> Section:
    return properties("UpdateExportItemsFunction")


def the_event() -> Section:
    (event,) = the_function()["Events"].values()
    assert event["Type"] == "SQS"
    found: Section = event["Properties"]
    return found


def test_the_queue_invokes_the_function_and_the_dead_letter_queue_invokes_nothing() -> None:
    assert the_event()["Queue"] == {"Fn::GetAtt": ["ExportResultsQueue", "Arn"]}
    assert not resources_of_type("AWS::Lambda::EventSourceMapping")
    invoked_by_events = [
        name for name, one in resources_of_type("AWS::Serverless::Function").items() if "Events" in one
    ]
    assert invoked_by_events == ["UpdateExportItemsFunction"]


def test_messages_that_the_function_reports_as_failed_stay_on_the_queue() -> None:
    assert the_event()["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_no_filter_deletes_messages_unseen() -> None:
    assert "FilterCriteria" not in the_event()


def test_batches_are_in_the_hundreds_and_have_the_window_that_batches_over_ten_need() -> None:
    parameters = template()["Parameters"]

    assert the_event()["BatchSize"] == {"Ref": "BatchSize"}
    assert the_event()["MaximumBatchingWindowInSeconds"] == {"Ref": "BatchingWindow"}
    assert 100 <= parameters["BatchSize"]["Default"] < 1000
    assert parameters["BatchingWindow"]["MinValue"] >= 1


def test_concurrency_is_bounded_at_the_queue_so_that_nothing_is_throttled() -> None:
    assert the_event()["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaximumConcurrency"}}
    assert "ProvisionedPollerConfig" not in the_event()
    assert "ReservedConcurrentExecutions" not in the_function()


def test_a_change_of_any_property_reaches_the_alias_that_the_queue_invokes() -> None:
    assert the_function()["AutoPublishAlias"] == "live"
    assert the_function()["AutoPublishAliasAllProperties"] is True


@pytest.mark.parametrize("layer", LAYERS)
def test_a_change_of_a_layer_reaches_the_alias_too(layer: str) -> None:
    assert {"Ref": layer} in the_function()["Layers"]
    assert properties(layer)["PublishLambdaVersion"] is True


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_built_not_just_zipped_and_serves_both_architectures(layer: str) -> None:
    assert template()["Resources"][layer]["Metadata"]["BuildMethod"] == the_function()["Runtime"]
    assert properties(layer)["CompatibleRuntimes"] == [the_function()["Runtime"]]
    assert properties(layer)["CompatibleArchitectures"] == ["arm64", "x86_64"]


def test_layers_of_two_stacks_in_one_account_have_names_of_their_own() -> None:
    names = [properties(layer)["LayerName"]["Fn::Sub"] for layer in LAYERS]

    assert all(name.startswith("${AWS::StackName}-") for name in names)
    assert len(set(names)) == len(LAYERS)


def test_the_function_runs_on_the_python_that_the_project_is_developed_with() -> None:
    developed_with = (ROOT / ".python-version").read_text().strip()

    assert the_function()["Runtime"] == f"python{developed_with}"


def test_the_handler_stands_where_the_template_says() -> None:
    module, _, function = the_function()["Handler"].rpartition(".")
    source = (ROOT / the_function()["CodeUri"] / f"{module}.py").read_text()

    assert f"def {function}(" in source


def test_logs_are_json_in_a_group_that_forgets() -> None:
    groups = resources_of_type("AWS::Logs::LogGroup").values()
    logging = the_function()["LoggingConfig"]

    assert logging["LogFormat"] == "JSON"
    assert logging["LogGroup"] == {"Ref": "UpdateExportItemsLogGroup"}
    assert [group["RetentionInDays"] for group in groups] == [{"Ref": "LogRetentionDays"}] * 2


def test_one_log_level_holds_for_the_platform_and_for_the_code() -> None:
    level = {"Ref": "LogLevel"}

    assert the_function()["LoggingConfig"]["ApplicationLogLevel"] == level
    assert the_function()["Environment"]["Variables"]["LOG_LEVEL"] == level


def test_the_function_is_told_where_the_credentials_are_and_not_what_they_are() -> None:
    variables = the_function()["Environment"]["Variables"]

    assert variables["PLEO_SECRET_ID"]["Fn::If"][2] == {"Fn::GetAtt": ["PleoCredentials", "Id"]}
    assert "resolve:" not in (ROOT / "template.yaml").read_text()


def test_companies_have_a_secret_each_where_a_prefix_is_given() -> None:
    variables = the_function()["Environment"]["Variables"]

    assert variables["PLEO_SECRET_ID"]["Fn::If"][:2] == [
        "EveryCompanyHasASecret",
        {"Fn::Sub": "${CompanySecretPrefix}{companyId}"},
    ]
    assert variables["PLEO_DEFAULT_SECRET_ID"] == {"Fn::GetAtt": ["PleoCredentials", "Id"]}
    assert template()["Conditions"]["EveryCompanyHasASecret"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "CompanySecretPrefix"}, ""]}]
    }
    assert template()["Parameters"]["CompanySecretPrefix"]["Default"] == ""


def test_the_template_writes_the_company_as_the_code_reads_it() -> None:
    secret_id = the_function()["Environment"]["Variables"]["PLEO_SECRET_ID"]["Fn::If"][1]["Fn::Sub"]

    assert secret_id.endswith(COMPANY)


def test_a_deployment_never_writes_the_credentials() -> None:
    assert not {"SecretString", "GenerateSecretString"} & properties("PleoCredentials").keys()
    assert template()["Resources"]["PleoCredentials"]["DeletionPolicy"] == "RetainExceptOnCreate"
