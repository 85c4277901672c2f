from datetime import UTC, datetime

import pytest

from export_adapter.classify.item_update import Explained, explain
from export_adapter.model import (
    FALLBACKS,
    ApiVersion,
    ExportResult,
    Failure,
    FailureReasonType,
    ItemStatus,
    ItemUpdate,
    in_version,
    legal_types,
)
from export_adapter.text import MAX_REASON
from export_adapter_workstation.local.pleo.specification import enum_values
from tests.fakes.classifier import FakeClassifier, classification, sentence
from tests.fakes.messages import entry

WITH_A_REASON = (ItemStatus.FAILED, ItemStatus.ABANDONED)
WITHOUT_A_REASON = (ItemStatus.PENDING, ItemStatus.IN_PROGRESS, ItemStatus.SUCCESSFUL)
COMPONENTS = {
    ApiVersion.V1: "UpdateExportJobItem",
    ApiVersion.V2: "UpdateExportJobItem",
    ApiVersion.V3: "UpdateExportJobItemV3",
}
WRONG_MAPPING = Failure(code="account_unknown")


def explained(
    status: ItemStatus = ItemStatus.FAILED,
    *,
    failure: Failure | None = None,
    given_type: str | None = None,
    given_reason: str | None = None,
    version: ApiVersion = ApiVersion.V1,
    classifier: FakeClassifier | None = None,
) -> Explained:
    result = ExportResult(
        accounting_entry_id=entry(),
        status=status,
        original="{}",
        failure=failure,
        failure_reason_type=given_type,
        failure_reason=given_reason,
    )
    return explain(result, "xero", classifier or FakeClassifier(), version)


def told(update: Explained) -> tuple[FailureReasonType | None, str | None]:
    return update.update.failure_reason_type, update.update.failure_reason


@pytest.mark.parametrize("version", ApiVersion)
def test_the_types_that_a_version_takes_are_those_of_its_specification(version: ApiVersion) -> None:
    assert legal_types(version) == set(enum_values(COMPONENTS[version], "failureReasonType"))


@pytest.mark.parametrize("version", ApiVersion)
@pytest.mark.parametrize("finer", FailureReasonType)
def test_every_type_has_a_legal_one_in_every_version(finer: FailureReasonType, version: ApiVersion) -> None:
    assert in_version(finer, version) in legal_types(version)


def test_only_the_four_types_of_version_3_fall_back_to_others() -> None:
    assert FALLBACKS.keys() == legal_types(ApiVersion.V3) - legal_types(ApiVersion.V1)
    assert all(in_version(finer, ApiVersion.V3) is finer for finer in FailureReasonType)


def test_all_fields_of_the_result_that_pleo_knows_are_taken_over() -> None:
    exported_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    result = ExportResult(entry(), ItemStatus.SUCCESSFUL, "{}", exported_at, "INV-7", "https://books.test/7")
    assert explain(result, "xero", FakeClassifier(), ApiVersion.V1).update == ItemUpdate(
        entry(), ItemStatus.SUCCESSFUL, exported_at, "INV-7", "https://books.test/7"
    )


@pytest.mark.parametrize("status", WITHOUT_A_REASON)
def test_a_reason_is_never_sent_with_a_status_that_is_no_failure(status: ItemStatus) -> None:
    classifier = FakeClassifier()
    found = explained(
        status,
        failure=WRONG_MAPPING,
        given_type="validation_failure",
        given_reason="Because.",
        classifier=classifier,
    )
    assert told(found) == (None, None)
    assert classifier.asked == []


@pytest.mark.parametrize("status", WITH_A_REASON)
def test_what_the_exporter_gave_is_passed_through(status: ItemStatus) -> None:
    classifier = FakeClassifier()
    found = explained(
        status,
        failure=WRONG_MAPPING,
        given_type="validation_failure",
        given_reason="Because.",
        classifier=classifier,
    )
    assert told(found) == (FailureReasonType.VALIDATION_FAILURE, "Because.")
    assert found.classification is None
    assert classifier.asked == []


@pytest.mark.parametrize("given", [" Validation_Failure\n", "VALIDATION_FAILURE"])
def test_a_given_type_is_recognised_in_any_case(given: str) -> None:
    assert told(explained(given_type=given, given_reason="x")) == (FailureReasonType.VALIDATION_FAILURE, "x")


@pytest.mark.parametrize(
    ("version", "sent"),
    [
        (ApiVersion.V1, FailureReasonType.ACCOUNTING_SYSTEM_VALIDATION_FAILURE),
        (ApiVersion.V2, FailureReasonType.ACCOUNTING_SYSTEM_VALIDATION_FAILURE),
        (ApiVersion.V3, FailureReasonType.VENDOR_UNKNOWN),
    ],
)
def test_a_given_type_that_the_version_does_not_take_falls_back(
    version: ApiVersion, sent: FailureReasonType
) -> None:
    found = explained(given_type="vendor_unknown", given_reason="No such vendor.", version=version)
    assert told(found) == (sent, "No such vendor.")


@pytest.mark.parametrize("illegal", ["timeout", "", " ", "unexpected failure", "x" * 100_000, "\ud800"])
def test_a_given_type_that_pleo_does_not_know_is_worked_out_and_the_given_reason_kept(illegal: str) -> None:
    found = explained(failure=Failure(code="validation_failure"), given_type=illegal, given_reason="Because.")
    assert told(found) == (FailureReasonType.VALIDATION_FAILURE, "Because.")


@pytest.mark.parametrize("blank", [None, "", " ", "\n\t", "\x00\x1f\u2028"])
def test_a_given_type_without_a_reason_gets_the_reason_that_was_worked_out(blank: str | None) -> None:
    found = explained(failure=WRONG_MAPPING, given_type="validation_failure", given_reason=blank)
    assert told(found) == (
        FailureReasonType.VALIDATION_FAILURE,
        sentence(FailureReasonType.ACCOUNT_UNKNOWN),
    )


def test_a_given_type_that_falls_back_does_so_beside_a_worked_out_reason_too() -> None:
    found = explained(failure=WRONG_MAPPING, given_type="vendor_unknown")
    assert told(found) == (
        FailureReasonType.ACCOUNTING_SYSTEM_VALIDATION_FAILURE,
        sentence(FailureReasonType.ACCOUNT_UNKNOWN),
    )


def test_a_given_reason_alone_is_classified_by_its_text_and_kept_as_it_is() -> None:
    classifier = FakeClassifier()
    found = explained(given_reason="Invoice 7 is locked.", classifier=classifier)
    assert told(found) == (FailureReasonType.UNEXPECTED_FAILURE, "Invoice 7 is locked.")
    assert classifier.asked == [("xero", Failure(message="Invoice 7 is locked."))]


@pytest.mark.parametrize(
    ("version", "sent"),
    [
        (ApiVersion.V1, FailureReasonType.INVALID_CONFIGURATION),
        (ApiVersion.V2, FailureReasonType.INVALID_CONFIGURATION),
        (ApiVersion.V3, FailureReasonType.ACCOUNT_UNKNOWN),
    ],
)
@pytest.mark.parametrize("status", WITH_A_REASON)
def test_a_failure_is_classified_as_finely_as_the_version_allows(
    status: ItemStatus, version: ApiVersion, sent: FailureReasonType
) -> None:
    found = explained(status, failure=WRONG_MAPPING, version=version)
    assert told(found) == (sent, sentence(FailureReasonType.ACCOUNT_UNKNOWN))
    assert found.classification == classification(FailureReasonType.ACCOUNT_UNKNOWN)


def test_the_classifiers_own_coarse_type_counts_where_the_finer_one_is_not_taken() -> None:
    coarse = classification(FailureReasonType.VENDOR_UNKNOWN).failure_reason_type
    assert coarse is not FALLBACKS[FailureReasonType.VENDOR_UNKNOWN]
    reason_type, _ = told(explained(failure=Failure(code="vendor_unknown")))
    assert reason_type is coarse


@pytest.mark.parametrize("failure", [None, Failure()])
def test_a_failed_result_with_no_explanation_says_so(failure: Failure | None) -> None:
    classifier = FakeClassifier()
    reason_type, reason = told(explained(failure=failure, classifier=classifier))
    assert reason_type is FailureReasonType.UNEXPECTED_FAILURE
    assert reason is not None
    assert reason.startswith("The exporter reported that this entry failed, but not why.")
    assert classifier.asked == []


@pytest.mark.parametrize("failure", [None, Failure()])
def test_an_abandoned_result_needs_no_explanation(failure: Failure | None) -> None:
    assert told(explained(ItemStatus.ABANDONED, failure=failure)) == (None, None)


@pytest.mark.parametrize("status", WITH_A_REASON)
def test_a_given_type_with_no_other_explanation_is_kept_and_the_text_says_that_there_is_none(
    status: ItemStatus,
) -> None:
    reason_type, reason = told(explained(status, given_type="vendor_unknown"))
    assert reason_type is FailureReasonType.ACCOUNTING_SYSTEM_VALIDATION_FAILURE
    assert reason is not None
    assert "not why" in reason


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("  two\r\n\tlines ", "two lines"),
        ("bell\x07 and \x1b[31mred", "bell and [31mred"),
        ("half a \ud83d pair", "half a pair"),
        ("next\x85line\u2028and\u2029paragraph", "next line and paragraph"),
        ("x" * MAX_REASON, "x" * MAX_REASON),
        ("x" * (MAX_REASON + 1), "x" * (MAX_REASON - 1) + "…"),
        ("word " * 200, ("word " * 100).rstrip() + "…"),
    ],
)
def test_a_given_reason_becomes_one_line_of_bounded_length(given: str, sent: str) -> None:
    _, reason = told(explained(given_type="validation_failure", given_reason=given))
    assert reason == sent
    assert len(sent) <= MAX_REASON
