"""Where a customer's own rules are read from, and what happens when they cannot be read."""

from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config
from botocore.stub import Stubber

from export_adapter.classify.classifier import DocumentsUnavailable
from export_adapter.classify.rulebook.library import MOST_DOCUMENTS, RuleDocument
from export_adapter.rule_documents import InvalidRuleSourceError, SsmDocuments, rule_documents

TEXT = 'system = "xero"\n'
PATH = "/adapter/rules"


class FakeReader:
    """A provider with parameters under the path and one of its name, or one that fails."""

    def __init__(self, under: Mapping[str, object] | None = None, itself: object = None) -> None:
        self.under = under
        self.itself = itself

    def get(self, name: str, max_age: int) -> object:  # noqa: ARG002 -- a provider's signature
        if self.itself is None:
            raise GetParameterError("no")
        return self.itself

    def get_multiple(self, path: str, max_age: int, **_: object) -> Mapping[str, object]:  # noqa: ARG002 -- as above
        if self.under is None:
            raise GetParameterError("no")
        return self.under


def test_without_a_setting_there_are_no_documents() -> None:
    assert rule_documents("", Config())() == ()


@pytest.mark.parametrize("setting", ["rules", "ssm:", "ssm:rules", "/", "appconfig:a/b/c", "https://x/y"])
def test_a_setting_that_names_no_path_is_refused(setting: str) -> None:
    with pytest.raises(InvalidRuleSourceError, match="OWN_RULES must be"):
        rule_documents(setting, Config())


@pytest.mark.parametrize("setting", [PATH, f"{PATH}/", f"ssm:{PATH}", f"ssm:{PATH}/"])
def test_a_path_may_be_written_with_its_service_and_with_a_slash_at_its_end(setting: str) -> None:
    read = rule_documents(setting, Config(region_name="eu-west-1"))
    assert isinstance(read, SsmDocuments)
    assert vars(read)["_path"] == PATH


def test_each_parameter_under_the_path_is_a_document_in_the_order_of_names() -> None:
    read = SsmDocuments(PATH, FakeReader({"b": TEXT, "a.toml": "# none"}))

    assert read() == (RuleDocument("a.toml", "# none"), RuleDocument("b.toml", TEXT))


def test_a_single_parameter_of_that_name_is_a_document_too() -> None:
    assert SsmDocuments(PATH, FakeReader({}, TEXT))() == (RuleDocument("rules.toml", TEXT),)


@pytest.mark.parametrize("reader", [FakeReader(), FakeReader({})], ids=["no access", "nothing there"])
def test_parameters_that_cannot_be_read_are_named(reader: FakeReader) -> None:
    read = SsmDocuments(PATH, reader)()

    assert isinstance(read, DocumentsUnavailable)
    assert read.reason.startswith(f"ssm:{PATH}: cannot be read")


def test_parameters_are_read_in_pages_and_not_again_within_five_minutes() -> None:
    client: Any = boto3.client("ssm", region_name="eu-west-1")
    asked = {"Path": PATH, "Recursive": False, "WithDecryption": False}
    first = {"Parameters": [{"Name": f"{PATH}/xero", "Value": TEXT}], "NextToken": "more"}
    second = {"Parameters": [{"Name": f"{PATH}/ours{n}", "Value": TEXT} for n in range(MOST_DOCUMENTS + 5)]}
    with Stubber(client) as stub:
        stub.add_response("get_parameters_by_path", first, asked)
        stub.add_response("get_parameters_by_path", second, {**asked, "NextToken": "more"})
        read = SsmDocuments(PATH, SSMProvider(boto3_client=client))
        documents, again = read(), read()

    assert documents == again
    assert not isinstance(documents, DocumentsUnavailable)
    assert documents[-1] == RuleDocument("xero.toml", TEXT)
    assert len(documents) == MOST_DOCUMENTS + 1
