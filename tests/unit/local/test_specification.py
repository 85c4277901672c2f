import pytest

from export_adapter_workstation.local.pleo.specification import (
    Violation,
    enum_values,
    is_whole_second_utc,
    request_schema,
)
from tests.contract.schemas import answer_schema, component_schema, declared_statuses, violation_of
from tests.unit.local.calling import JOB, entry, update

ITEMS = "/v1/export-jobs/{jobId}/items"


@pytest.mark.parametrize("text", ["2026-04-22T10:08:56Z", "2024-02-29T00:00:00Z"])
def test_a_date_in_whole_seconds_with_z_is_pleos(text: str) -> None:
    assert is_whole_second_utc(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-22T10:08:56.000Z",
        "2026-04-22T10:08:56+00:00",
        "2026-04-22T10:08Z",
        "2026-04-22 10:08:56Z",
        "2026-04-22t10:08:56z",
        "2026-02-29T10:08:56Z",
        "2026-04-22T24:08:56Z",
        "2026-04-22T10:08:60Z",
        "2026-04-22T10:08:56Z\n",
        "٢٠٢٦-04-22T10:08:56Z",
        "YYYY-MM-DDTHH:mi:ssZ",
        "",
    ],
)
def test_any_other_date_is_not(text: str) -> None:
    assert not is_whole_second_utc(text)


def test_pleos_date_pattern_is_replaced_by_one_that_dates_can_match() -> None:
    schema = request_schema("PUT", ITEMS)
    assert "YYYY" not in str(schema)
    assert violation_of(schema, [update(1, exportedAt="2026-04-22T10:08:56Z")]) is None
    violation = violation_of(schema, [update(1, exportedAt="2026-04-22T10:08:56+02:00")])
    assert violation is not None
    assert violation.place == "data[0].exportedAt"


def test_a_nullable_property_takes_null_and_its_enum_too() -> None:
    item = {"accountingEntryId": entry(1), "exportJobId": JOB, "status": "failed", "failureReasonType": None}
    assert violation_of(component_schema("ExportJobItem"), item) is None
    assert violation_of(component_schema("ExportJobItem"), {**item, "status": None}) == Violation(
        "data.status", "data.status must be string"
    )


def test_no_property_of_an_update_takes_null() -> None:
    for name in ("exportedAt", "externalId", "externalUrl", "failureReason", "failureReasonType"):
        assert violation_of(component_schema("UpdateExportJobItem"), {**update(1), name: None}) is not None


def test_a_closed_schema_refuses_what_the_specification_does_not_name() -> None:
    misspelt = update(1, failure_reason="x")
    assert violation_of(component_schema("UpdateExportJobItemV3"), misspelt) is None
    assert violation_of(component_schema("UpdateExportJobItemV3", closed=True), misspelt) is not None


def test_the_request_schema_of_an_operation_is_that_of_its_body() -> None:
    assert violation_of(request_schema("PUT", ITEMS), [update(1)]) is None
    assert violation_of(request_schema("PUT", ITEMS), update(1)) is not None


def test_v1_declares_its_success_only_and_v3_its_errors_too() -> None:
    assert declared_statuses("PUT", ITEMS) == {"default"}
    assert declared_statuses("PUT", "/v3/export-jobs/{jobId}/items") == {"200", "404", "413", "422"}
    assert answer_schema("PUT", ITEMS, 200) is not None
    assert answer_schema("PUT", ITEMS, 404) is None
    assert answer_schema("PUT", "/v3/export-jobs/{jobId}/items", 404) is not None


def test_enum_values_are_found_in_place_and_by_reference() -> None:
    assert len(enum_values("UpdateExportJobItem", "failureReasonType")) == 14
    assert enum_values("UpdateExportJobItemV3", "failureReasonType") == enum_values(
        "ExportJobItemFailureReasonType"
    )
    assert len(enum_values("ExportJobItemFailureReasonType")) == 18


def test_what_the_specification_does_not_have_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        component_schema("Nothing")
    with pytest.raises(KeyError):
        request_schema("PATCH", ITEMS)
