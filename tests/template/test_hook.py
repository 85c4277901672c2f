"""The check before traffic is moved: CodeDeploy may invoke it, and it may ask the new version alone."""

from typing import Any

import pytest

from export_adapter_workstation.project import ROOT
from functions.pre_traffic_check import app
from tests.template.template_file import Section, properties, template

THE_VERSION = {"Ref": "UpdateExportItemsFunction.Version"}
NOTHING = {"Ref": "AWS::NoValue"}
MOST_SECONDS_BETWEEN_ATTEMPTS = 1  # botocore: up to 2 ** 0 seconds after the first attempt


def hook() -> Section:
    return properties("PreTrafficCheckFunction")


def statements() -> list[Section]:
    (policy,) = properties("PreTrafficCheckRole")["Policies"]
    found: list[Section] = policy["PolicyDocument"]["Statement"]
    return found


def always() -> dict[str, Section]:
    return {one["Sid"]: one for one in statements() if "Fn::If" not in one}


def on_condition() -> dict[str, Section]:
    branches = [one["Fn::If"] for one in statements() if "Fn::If" in one]
    assert all(otherwise == NOTHING for _, _, otherwise in branches)
    return {condition: statement for condition, statement, _ in branches}


def longest_seconds(config: Any) -> int:  # noqa: ANN401 -- botocore makes its options as it goes
    attempts: int = config.retries["total_max_attempts"]
    pauses = MOST_SECONDS_BETWEEN_ATTEMPTS * ((1 << (attempts - 1)) - 1)
    seconds: int = attempts * (config.connect_timeout + config.read_timeout)
    return seconds + pauses


def test_its_name_is_one_that_codedeploys_managed_policy_may_invoke() -> None:
    assert hook()["FunctionName"] == {"Fn::Sub": "CodeDeployHook_${AWS::StackName}"}


def test_it_asks_the_version_that_was_just_published_and_not_the_newest_code() -> None:
    assert hook()["Environment"]["Variables"] == {"CURRENT_VERSION": THE_VERSION}


def test_its_own_deployment_is_not_gradual() -> None:
    assert hook()["DeploymentPreference"] == {"Enabled": False}


def test_it_may_invoke_that_version_and_write_its_log_and_nothing_else_always() -> None:
    assert always().keys() == {"AskTheNewVersion", "WriteLogs"}
    assert always()["AskTheNewVersion"]["Action"] == "lambda:InvokeFunction"
    assert always()["AskTheNewVersion"]["Resource"] == THE_VERSION
    assert always()["WriteLogs"]["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert always()["WriteLogs"]["Resource"] == {"Fn::GetAtt": ["PreTrafficCheckLogGroup", "Arn"]}


def test_it_may_tell_codedeploy_about_this_stacks_deployments_where_there_are_any() -> None:
    statement = on_condition()["DeploymentIsGradual"]

    assert statement["Action"] == "codedeploy:PutLifecycleEventHookExecutionStatus"
    assert statement["Resource"]["Fn::Sub"].endswith(
        ":deploymentgroup:${AWS::StackName}-*/${AWS::StackName}-*"
    )


def test_it_may_decrypt_its_variables_where_the_key_is_ones_own() -> None:
    statement = on_condition()["KeyIsOwn"]

    assert on_condition().keys() == {"DeploymentIsGradual", "KeyIsOwn"}
    assert (statement["Action"], statement["Resource"]) == ("kms:Decrypt", {"Ref": "KmsKeyArn"})


def test_its_log_is_json_in_a_group_that_forgets() -> None:
    assert hook()["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": {"Ref": "PreTrafficCheckLogGroup"}}
    assert properties("PreTrafficCheckLogGroup")["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_it_has_the_time_to_wait_for_the_version_and_to_tell_codedeploy() -> None:
    longest_self_test = template()["Parameters"]["FunctionTimeout"]["MaxValue"]

    assert app._ASK.read_timeout >= longest_self_test  # type: ignore[attr-defined]  # noqa: SLF001
    assert longest_seconds(app._ASK) + longest_seconds(app._TELL) < hook()["Timeout"]  # noqa: SLF001


@pytest.mark.parametrize("function", ["PreTrafficCheckFunction", "UpdateExportItemsFunction"])
def test_the_handler_stands_where_the_template_says(function: str) -> None:
    module, _, name = properties(function)["Handler"].rpartition(".")

    source = (ROOT / properties(function)["CodeUri"] / f"{module}.py").read_text(encoding="utf-8")
    assert f"def {name}(" in source
