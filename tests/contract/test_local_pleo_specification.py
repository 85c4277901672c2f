"""The specification that the local Pleo carries: complete in itself, and what the versions have in common."""

from collections.abc import Iterator, Mapping
from typing import cast

import jsonschema
import pytest

from export_adapter_workstation.local.pleo.specification import enum_values, specification
from tests.contract.schemas import component_schema

V3_ONLY = ("vendor_unknown", "account_unknown", "tax_code_unknown", "tag_unknown")
COMPONENTS = cast("Mapping[str, Mapping[str, object]]", specification()["components"])


def references(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        if "$ref" in value:
            yield str(value["$ref"])
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def test_every_reference_leads_somewhere_and_every_component_is_referred_to() -> None:
    referred = set(references(specification()))
    present = {
        f"#/components/{kind}/{name}" for kind in ("schemas", "parameters") for name in COMPONENTS[kind]
    }
    assert referred == present


@pytest.mark.parametrize("name", sorted(COMPONENTS["schemas"]))
@pytest.mark.parametrize("closed", [False, True])
def test_every_component_becomes_legal_json_schema(name: str, *, closed: bool) -> None:
    jsonschema.Draft7Validator.check_schema(dict(component_schema(name, closed=closed)))


def test_it_has_the_operations_that_the_adapter_uses_in_three_versions() -> None:
    paths = cast("Mapping[str, Mapping[str, object]]", specification()["paths"])
    operations = {(method, path) for path, methods in paths.items() for method in methods}
    assert operations == {
        (method, f"/{version}/{path}")
        for version in ("v1", "v2", "v3")
        for method, path in (
            ("put", "export-jobs/{jobId}/items"),
            ("get", "export-jobs/{jobId}/items"),
        )
    }


def test_it_has_no_prose() -> None:
    assert "description: '" not in str(specification())
    texts = [text for text in strings(specification()) if len(text.split()) > 3]
    assert texts == ["Pleo Export API: what the adapter uses, the items of export jobs"]


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from strings(member)


def test_v3_has_the_failure_types_of_v1_and_four_finer_ones() -> None:
    of_v1 = enum_values("UpdateExportJobItem", "failureReasonType")
    assert enum_values("UpdateExportJobItemV3", "failureReasonType") == of_v1 + V3_ONLY
    assert set(of_v1) == set(enum_values("ExportJobItem", "failureReasonType"))


def test_the_statuses_of_an_item_are_the_same_in_every_version() -> None:
    expected = ("pending", "in_progress", "failed", "successful", "abandoned")
    assert enum_values("UpdateExportJobItem", "status") == expected
    assert enum_values("UpdateExportJobItemV3", "status") == expected
