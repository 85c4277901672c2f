"""What the adapter sends, held against the specification of each version."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import cast
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export_adapter.batch import MAX_ITEMS
from export_adapter.deliver.request import put_body
from export_adapter.model import (
    ApiVersion,
    FailureReasonType,
    ItemStatus,
    ItemUpdate,
    in_version,
    legal_types,
)
from export_adapter_workstation.local.pleo.specification import (
    MEDIA_TYPE,
    enum_values,
    is_uuid,
    is_whole_second_utc,
    request_schema,
    specification,
)
from tests.contract.schemas import declared_statuses
from tests.unit.deliver.fakes import JOB, FakeClock, FakeHttp, Scene, items, page, updated

ITEMS = "/{version}/export-jobs/{{jobId}}/items"
FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("uuid")(lambda value: not isinstance(value, str) or is_uuid(value))
FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or is_whole_second_utc(value))
VALIDATORS = {
    version: jsonschema.Draft7Validator(
        request_schema("put", ITEMS.format(version=version), closed=True), format_checker=FORMATS
    )
    for version in ApiVersion
}
EVERY_VERSION = pytest.mark.parametrize("version", ApiVersion)
EARLIEST, LATEST = datetime(2, 1, 1), datetime(9998, 1, 1)  # noqa: DTZ001 -- the offset is drawn
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TEXT = st.text(st.characters(codec=None), max_size=20)


def updates(version: ApiVersion) -> st.SearchStrategy[list[ItemUpdate]]:
    one = st.builds(
        ItemUpdate,
        accounting_entry_id=st.uuids().map(str),
        status=st.sampled_from(ItemStatus),
        exported_at=st.none() | st.datetimes(EARLIEST, LATEST, timezones=OFFSETS),
        external_id=st.none() | TEXT,
        external_url=st.none() | TEXT,
        failure_reason_type=st.none() | st.sampled_from(sorted(legal_types(version))),
        failure_reason=st.none() | TEXT,
    )
    return st.lists(one, min_size=1, max_size=3)


def operation(method: str, version: ApiVersion) -> Mapping[str, object]:
    paths = cast("Mapping[str, Mapping[str, Mapping[str, object]]]", specification()["paths"])
    return paths[ITEMS.format(version=version)][method]


@EVERY_VERSION
@settings(deadline=None)
@given(st.data())
def test_the_body_of_an_update_is_legal(version: ApiVersion, data: st.DataObject) -> None:
    body = put_body(data.draw(updates(version)))

    VALIDATORS[version].validate(json.loads(body.decode()))


@EVERY_VERSION
def test_an_update_goes_to_the_path_of_the_specification(version: ApiVersion) -> None:
    clock = FakeClock()
    http = FakeHttp(clock)
    Scene(http, clock, version=version).deliver(*items(1))

    [request] = http.requests
    assert request.method == "PUT"
    assert operation("put", version)
    assert urlsplit(request.url).path == ITEMS.format(version=version).format(jobId=JOB.export_job_id)
    assert urlsplit(request.url).query == ""


@EVERY_VERSION
def test_an_update_has_the_media_type_of_the_specification(version: ApiVersion) -> None:
    clock = FakeClock()
    http = FakeHttp(clock)
    Scene(http, clock, version=version).deliver(*items(1))

    body = cast("Mapping[str, Mapping[str, object]]", operation("put", version)["requestBody"])
    assert list(body["content"]) == [MEDIA_TYPE]
    assert http.requests[0].headers["content-type"] == MEDIA_TYPE


@EVERY_VERSION
def test_a_lookup_asks_with_the_parameters_of_the_specification(version: ApiVersion) -> None:
    clock = FakeClock()
    cursor = "GAYDAMBQ~MBQ=="
    replies = (lambda request: updated(request, left_out=[1]), page({}, more=cursor), page({1: "successful"}))
    http = FakeHttp(clock, *replies)
    Scene(http, clock, version=version).deliver(*items(1))

    named = parameters(version)
    for request, asked in zip(http.requests[1:], [{}, {"after": cursor}], strict=True):
        assert urlsplit(request.url).path == ITEMS.format(version=version).format(jobId=JOB.export_job_id)
        assert dict(parse_qsl(urlsplit(request.url).query)) == {"limit": "100", **asked}
    assert {"limit", "after"} <= named.keys()
    assert re.fullmatch(str(named["after"]["pattern"]), cursor)


def parameters(version: ApiVersion) -> dict[str, Mapping[str, object]]:
    components = cast("Mapping[str, Mapping[str, Mapping[str, object]]]", specification()["components"])
    listed = cast("list[Mapping[str, object]]", operation("get", version)["parameters"])
    found = [
        components["parameters"][str(one["$ref"]).rsplit("/", 1)[1]] if "$ref" in one else one
        for one in listed
    ]
    return {str(one["name"]): cast("Mapping[str, object]", one["schema"]) for one in found}


# -- the enums -------------------------------------------------------------------------------------------


def test_the_code_knows_the_failure_reason_types_of_version_3_and_no_others() -> None:
    assert tuple(FailureReasonType) == enum_values("ExportJobItemFailureReasonType")
    assert legal_types(ApiVersion.V3) == frozenset(enum_values("UpdateExportJobItemV3", "failureReasonType"))


@pytest.mark.parametrize("version", [ApiVersion.V1, ApiVersion.V2])
def test_versions_1_and_2_take_the_14_types_that_their_specification_names(version: ApiVersion) -> None:
    legal = frozenset(enum_values("UpdateExportJobItem", "failureReasonType"))

    assert legal_types(version) == legal
    assert len(legal) == 14
    assert {in_version(kind, version) for kind in FailureReasonType} == legal


@pytest.mark.parametrize("component", ["UpdateExportJobItem", "UpdateExportJobItemV3", "ExportJobItem"])
def test_the_code_knows_the_statuses_of_an_item_and_no_others(component: str) -> None:
    assert tuple(ItemStatus) == enum_values(component, "status")


def test_the_code_speaks_the_versions_of_the_specification() -> None:
    paths = cast("Mapping[str, object]", specification()["paths"])
    assert {path.split("/")[1] for path in paths} == set(ApiVersion)


def test_the_one_item_error_that_is_believed_at_once_is_one_of_the_specifications() -> None:
    assert "ACCOUNTING_ENTRY_DOES_NOT_EXIST" in enum_values("ExportJobItemUpdateError", "type")


@pytest.mark.parametrize("version", [ApiVersion.V2, ApiVersion.V3])
def test_the_declared_answers_to_an_update_are_those_of_the_table(version: ApiVersion) -> None:
    assert declared_statuses("put", ITEMS.format(version=version)) == {"200", "404", "413", "422"}


def test_a_batch_is_as_large_as_pleo_takes() -> None:
    assert MAX_ITEMS == 100
