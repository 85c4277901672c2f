"""Reads template.yaml and samconfig.toml as values, for tests that state rules about them."""

from __future__ import annotations

import re
import shlex
import tomllib
from copy import deepcopy
from functools import cache
from typing import Any

import yaml

from export_adapter_workstation.project import ROOT

type Section = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as the long ones: !Ref X is {"Ref": "X"}."""


def _long_form(loader: yaml.Loader, tag: str, node: yaml.Node) -> Section:
    name = tag if tag in {"Ref", "Condition"} else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value: object = loader.construct_scalar(node)
        return {name: str(value).split(".", 1) if tag == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _long_form)


def template() -> Section:
    """The whole template, for the caller to keep or to change."""
    return deepcopy(_loaded())


@cache
def _loaded() -> Section:
    loaded: Section = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Loader)  # noqa: S506 -- a SafeLoader
    return loaded


def resources_of_type(resource_type: str) -> dict[str, Section]:
    """Properties by logical name."""
    return {
        name: resource["Properties"]
        for name, resource in template()["Resources"].items()
        if resource["Type"] == resource_type
    }


def properties(logical_name: str) -> Section:
    """The properties of one resource."""
    found: Section = template()["Resources"][logical_name]["Properties"]
    return found


def default_of(parameter: str) -> str:
    """A parameter's default, as text."""
    return str(template()["Parameters"][parameter]["Default"])


def samconfig() -> dict[str, Section]:
    """Every environment of samconfig.toml, by name."""
    loaded = tomllib.loads((ROOT / "samconfig.toml").read_text())
    return {name: section for name, section in loaded.items() if isinstance(section, dict)}


def overrides(environment: str) -> dict[str, str]:
    """The template parameters that an environment of samconfig.toml sets."""
    text = samconfig()[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in shlex.split(text))


def refusal(parameter: str, value: str) -> str | None:
    """Say which constraint of the template refuses a parameter's value; None when CloudFormation takes it."""
    rules = template()["Parameters"][parameter]
    if "AllowedValues" in rules and value not in map(str, rules["AllowedValues"]):
        return "AllowedValues"
    if "AllowedPattern" in rules and not re.fullmatch(rules["AllowedPattern"], value):
        return "AllowedPattern"
    if "MaxLength" in rules and len(value) > rules["MaxLength"]:
        return "MaxLength"
    if "MinValue" in rules and int(value) < rules["MinValue"]:
        return "MinValue"
    if "MaxValue" in rules and int(value) > rules["MaxValue"]:
        return "MaxValue"
    return None
