"""A key of the customer's own encrypts everything that is kept; without one, AWS's keys do."""

import json
import re

import pytest

from export_adapter_workstation.project import ROOT
from tests.template.template_file import properties, resources_of_type, template

OWN_KEY = {"Fn::If": ["KeyIsOwn", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}

# What has a key, and the property that names it; whatever else is of these types is found by the test below.
KEPT = {
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::Serverless::Function": "KmsKeyArn",
}
ENCRYPTED = [
    pytest.param(name, key_property, id=name)
    for resource_type, key_property in KEPT.items()
    for name in resources_of_type(resource_type)
]


def guide() -> str:
    return (ROOT / "docs" / "encryption.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "key_property"), ENCRYPTED)
def test_a_key_of_ones_own_encrypts(name: str, key_property: str) -> None:
    assert properties(name)[key_property] == OWN_KEY


def test_queues_secret_logs_and_both_functions_are_all_that_is_kept() -> None:
    assert len(ENCRYPTED) == 7


@pytest.mark.parametrize("role", ["UpdateExportItemsRole", "PreTrafficCheckRole"])
def test_whoever_works_with_the_key_may_decrypt_with_it(role: str) -> None:
    (policy,) = properties(role)["Policies"]
    branches = [one["Fn::If"] for one in policy["PolicyDocument"]["Statement"] if "Fn::If" in one]

    (statement,) = [statement for condition, statement, _ in branches if condition == "KeyIsOwn"]
    assert "kms:Decrypt" in statement["Action"]
    assert statement["Resource"] == {"Ref": "KmsKeyArn"}


@pytest.mark.parametrize(
    "words", ["logs.REGION.amazonaws.com", "cloudwatch.amazonaws.com", "kms:GenerateDataKey", "kms:Decrypt"]
)
def test_the_guide_to_the_keys_policy_names(words: str) -> None:
    assert words in guide()


def test_the_parameter_says_where_the_keys_policy_is_explained() -> None:
    assert "docs/encryption.md" in template()["Parameters"]["KmsKeyArn"]["Description"]


@pytest.mark.parametrize("layer", ["DependenciesLayer", "ExportAdapterLayer"])
def test_a_layer_may_be_built_for_either_architecture_because_it_holds_no_compiled_code(layer: str) -> None:
    """BuildArchitecture takes no parameter; test_requirements.py holds that the pins are pure Python."""
    assert template()["Resources"][layer]["Metadata"]["BuildArchitecture"] == "arm64"
    assert properties(layer)["CompatibleArchitectures"] == ["arm64", "x86_64"]


def test_the_examples_of_the_guide_are_policies() -> None:
    policy, statement = (json.loads(text) for text in re.findall(r"```json\n(.+?)```", guide(), re.DOTALL))

    assert {one["Effect"] for one in [*policy["Statement"], statement]} == {"Allow"}
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
