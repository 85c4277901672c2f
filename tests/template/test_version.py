"""Every change of what the function is set by reaches the version that the queue's messages meet.

SAM publishes a version where the text of the function's properties changes. The value of a parameter is not
in the text, so the version's description has to name it; and it must name nothing else, for Lambda refuses
a version of a function that has not changed.
"""

import json
import re
import subprocess
from functools import cache

import pytest

from export_adapter_workstation.project import ROOT
from tests.template.template_file import Section, default_of, properties, refusal, template

# What SAM makes of its own: the rest of the properties become the function's.
NOT_OF_THE_FUNCTION = {
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "DeploymentPreference",
    "Events",
    "VersionDescription",
}
MOST_CHARACTERS = 256

_KEY = "arn:aws-us-gov:kms:us-gov-west-1:000000000000:key/"
LONGEST = {
    "PleoBaseUrl": f"https://{'a' * 53}.io",
    "PleoApiVersion": "v3",
    "CompanySecretPrefix": f"{'a' * 49}/",
    "OwnRulesPath": f"/{'a' * 59}",
    "KmsKeyArn": f"{_KEY}{'a' * 36}",
    "Architecture": "x86_64",
    "FunctionTimeout": "60",
    "LongestPause": "420",
    "DeliveryThreads": "64",
    "LogLevel": "DEBUG",
    "Tracing": "PassThrough",
}


def parameters_in(value: object) -> set[str]:
    """Names of the parameters that a value depends on, through conditions too."""
    if isinstance(value, list):
        return set().union(*map(parameters_in, value))
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for name, inner in value.items():
        if name in {"Ref", "Fn::Sub"}:
            text = inner if isinstance(inner, str) else inner[0]
            found |= set(re.findall(r"\$\{(\w+)\}", text) if name == "Fn::Sub" else [text])
        if name in {"Fn::If", "Condition"}:
            found |= parameters_in(template()["Conditions"][inner[0] if name == "Fn::If" else inner])
        found |= parameters_in(inner)
    return found & set(template()["Parameters"])


def resolved(value: object, parameters: dict[str, str]) -> str:
    """What CloudFormation makes of the functions that the description uses."""
    match value:
        case str():
            return value
        case {"Fn::Sub": [str() as text, dict() as named]}:
            known = {**parameters, **{name: resolved(each, parameters) for name, each in named.items()}}
            return resolved({"Fn::Sub": text}, known)
        case {"Fn::Sub": str() as text}:
            return re.sub(r"\$\{(\w+)\}", lambda found: parameters[found[1]], text)
        case {"Fn::Select": [index, {"Fn::Split": [separator, inner]}]}:
            return resolved(inner, parameters).split(str(separator))[int(str(index))]
    raise AssertionError(value)


def description(**parameters: str) -> str:
    defaults = {name: default_of(name) for name in LONGEST if name != "PleoBaseUrl"}
    known = {"PleoBaseUrl": "https://external.pleo.io", **defaults, **parameters}
    return resolved(properties("UpdateExportItemsFunction")["VersionDescription"], known)


def test_the_description_names_every_parameter_that_the_function_is_set_by_and_no_other() -> None:
    function = properties("UpdateExportItemsFunction")
    own = {name: value for name, value in function.items() if name not in NOT_OF_THE_FUNCTION}

    assert parameters_in(function["VersionDescription"]) == parameters_in(own)
    assert parameters_in(own) == LONGEST.keys()


@pytest.mark.parametrize("parameter", sorted(LONGEST))
def test_another_value_is_another_version(parameter: str) -> None:
    assert description(**{parameter: LONGEST[parameter]}) != description(**{parameter: "another"})


def test_the_longest_values_fit_into_the_description_that_lambda_takes() -> None:
    assert len(description(**LONGEST)) <= MOST_CHARACTERS


@pytest.mark.parametrize("parameter", sorted(LONGEST))
def test_the_longest_values_are_taken_and_longer_ones_are_not(parameter: str) -> None:
    assert refusal(parameter, LONGEST[parameter]) is None
    assert refusal(parameter, LONGEST[parameter].replace("aa", "aaa", 1) + "9") is not None


_TRANSFORM = """
import json, sys
from samtranslator.translator.transform import transform
class ManagedPolicies:
    def load(self): return {}
given = json.load(sys.stdin)
print(json.dumps(transform(given["template"], given["parameters"], ManagedPolicies())))
"""


@cache
def transformed(gradual: str) -> dict[str, Section]:
    """The resources that SAM makes of the template, by logical name."""
    whole = template()
    for resource in whole["Resources"].values():
        for place in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][place] = "s3://bucket/key"
    parameters = {"PleoBaseUrl": "https://external.pleo.io", "GradualDeployment": gradual}
    done = subprocess.run(  # noqa: S603 -- SAM's own translator, in SAM's environment
        [ROOT / ".tools/sam/bin/python", "-c", _TRANSFORM],
        input=json.dumps({"template": whole, "parameters": parameters}),
        capture_output=True,
        text=True,
        check=True,
        env={"AWS_DEFAULT_REGION": "eu-west-1"},
    )
    found: dict[str, Section] = json.loads(done.stdout)["Resources"]
    return found


def made(resource_type: str, gradual: str = "true") -> Section:
    (found,) = [one for one in transformed(gradual).values() if one["Type"] == resource_type]
    return found


def test_sam_hands_the_description_on_and_keeps_a_version_that_another_one_replaces() -> None:
    version = made("AWS::Lambda::Version")

    assert parameters_in(version["Properties"]["Description"]) == LONGEST.keys()
    assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_a_deleted_stack_leaves_neither_function_nor_event_source_behind() -> None:
    assert "DeletionPolicy" not in transformed("true")["UpdateExportItemsFunction"]
    assert "DeletionPolicy" not in made("AWS::Lambda::EventSourceMapping")


def test_the_alias_is_moved_by_codedeploy_behind_the_check_where_deployment_is_gradual() -> None:
    policy = made("AWS::Lambda::Alias")["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]

    assert policy["BeforeAllowTrafficHook"] == {"Ref": "PreTrafficCheckFunction"}
    assert "UpdatePolicy" not in made("AWS::Lambda::Alias", gradual="false")


def test_the_queue_invokes_the_alias() -> None:
    alias = made("AWS::Lambda::EventSourceMapping")["Properties"]["FunctionName"]["Ref"]

    assert transformed("true")[alias]["Type"] == "AWS::Lambda::Alias"
