"""What the classifier promises, whatever the rules say."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export_adapter.classify.classifier import Classifier
from export_adapter.model import Failure, FailureReasonType, Json, Stage

CLASSIFIER = Classifier.built_in()
SYSTEMS = ["xero", "netsuite", "exact_online", "sap_s4hana", "nobody knows"]
FOURTEEN = {reason_type for reason_type in FailureReasonType if not reason_type.endswith("_unknown")}

values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=30,
)
error_keys = st.sampled_from(
    ["error", "errors", "message", "code", "Fault", "Error", "detail", "Elements", "status"]
)
error_values: st.SearchStrategy[Json] = st.recursive(
    st.text() | st.integers() | st.none(),
    lambda below: st.lists(below) | st.dictionaries(error_keys, below),
    max_leaves=30,
)
markup = st.lists(
    st.sampled_from(
        ["<a>", "</a>", "<error>", "<message>", "{", "}", '"', "'", ":", "[", "closed", "&", "<!--", "\\"]
    )
).map("".join)
failures = st.builds(
    Failure,
    stage=st.sampled_from([None, *Stage]),
    http_status=st.none() | st.integers(-5, 1000),
    headers=st.dictionaries(st.text(), st.text(), max_size=3),
    body=values | error_values | markup,
    code=st.none() | st.text(),
    message=st.none() | st.text() | markup,
    exception=st.none() | st.text(),
)


@given(system=st.sampled_from(SYSTEMS) | st.text(), failure=failures)
@settings(max_examples=300, deadline=None)
def test_any_failure_gets_a_legal_answer(system: str, failure: Failure) -> None:
    found = CLASSIFIER.classify(system, failure)
    assert found.rule != "classifier/unreadable"
    assert found.failure_reason_type in FOURTEEN
    assert 20 < len(found.failure_reason) <= 500
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", found.failure_reason)
    found.failure_reason.encode()
    assert (found.fingerprint is None) is found.mapped


@given(failure=failures)
@settings(max_examples=50, deadline=None)
def test_explaining_says_what_classifying_says(failure: Failure) -> None:
    assert CLASSIFIER.explain("xero", failure).classification == CLASSIFIER.classify("xero", failure)


@pytest.mark.parametrize(
    "name", ["quickbooks_online", "QuickBooks-Online", " quickbooks online ", "QBO", "quickbooks"]
)
def test_a_system_is_known_by_any_spelling(name: str) -> None:
    found = CLASSIFIER.classify(name, Failure(code="6240"))
    assert found.rule == "quickbooks_online/duplicate-name"


def test_a_system_without_rules_of_its_own_is_called_the_accounting_system() -> None:
    reason = CLASSIFIER.classify("acme books", Failure(http_status=429)).failure_reason
    assert reason.startswith("The accounting system is taking no more requests")


def test_of_several_causes_the_one_to_fix_first_wins() -> None:
    messages = [
        "Too many requests",
        "The invoice already exists",
        "Account 4010 does not exist",
        "Access denied",
    ]
    body: Json = {"errors": [{"message": message} for message in messages]}
    found = CLASSIFIER.classify("acme books", Failure(http_status=400, body=body))
    assert found.failure_reason_type is FailureReasonType.AUTHORIZATION_FAILURE


def test_what_was_recognised_beats_what_was_only_caught() -> None:
    body: Json = {
        "Fault": {"Error": [{"code": "6000", "Detail": "Nope"}, {"code": "6240", "Detail": "Nope"}]}
    }
    assert (
        CLASSIFIER.classify("quickbooks_online", Failure(body=body)).rule
        == "quickbooks_online/duplicate-name"
    )


@pytest.mark.parametrize("stage", [Stage.UPLOAD_RECEIPT, Stage.DOWNLOAD_RECEIPT, Stage.CONVERT_RECEIPT])
@pytest.mark.parametrize(
    ("status", "reason_type"),
    [
        (401, FailureReasonType.ACCOUNTING_SYSTEM_AUTHENTICATION_FAILURE),
        (403, FailureReasonType.AUTHORIZATION_FAILURE),
        (429, FailureReasonType.ACCOUNTING_SYSTEM_RATE_LIMIT),
        (503, FailureReasonType.ACCOUNTING_SYSTEM_UNREACHABLE),
        (504, FailureReasonType.ACCOUNTING_SYSTEM_TIMEOUT),
    ],
)
def test_what_is_not_about_the_file_keeps_its_type_at_the_receipts_stages(
    stage: Stage, status: int, reason_type: FailureReasonType
) -> None:
    found = CLASSIFIER.classify("acme books", Failure(stage=stage, http_status=status))
    assert found.failure_reason_type is reason_type


@pytest.mark.parametrize(
    ("stage", "reason_type"),
    [
        (Stage.UPLOAD_RECEIPT, FailureReasonType.RECEIPT_UPLOAD_FAILURE),
        (Stage.DOWNLOAD_RECEIPT, FailureReasonType.RECEIPT_DOWNLOAD_FAILURE),
        (Stage.CONVERT_RECEIPT, FailureReasonType.RECEIPT_CONVERSION_FAILURE),
        (Stage.VALIDATE, FailureReasonType.VALIDATION_FAILURE),
        (Stage.CONFIGURE, FailureReasonType.MISSING_CONFIGURATION),
        (Stage.CREATE_ENTRY, FailureReasonType.ACCOUNTING_SYSTEM_VALIDATION_FAILURE),
    ],
)
def test_a_missing_value_means_what_its_stage_is_about(stage: Stage, reason_type: FailureReasonType) -> None:
    found = CLASSIFIER.classify("acme books", Failure(stage=stage, message="A value is required"))
    assert found.failure_reason_type is reason_type


def test_a_timeout_says_to_look_before_exporting_again() -> None:
    reason = CLASSIFIER.classify("xero", Failure(exception="ReadTimeout")).failure_reason
    assert "whether it is there before you export it again" in reason


def test_a_session_that_timed_out_is_a_sign_in_matter() -> None:
    found = CLASSIFIER.classify("acme books", Failure(http_status=500, message="Session timed out"))
    assert found.failure_reason_type is FailureReasonType.ACCOUNTING_SYSTEM_AUTHENTICATION_FAILURE


MEBIBYTE = 1024 * 1024
HOSTILE: dict[str, Json] = {
    "lists in lists": "[" * MEBIBYTE,
    "objects in objects": '{"a":' * (MEBIBYTE // 5),
    "many errors": [{"message": f"account {n} does not exist", "code": n} for n in range(25_000)],
    "many fields": {f"field {n}": "account not found" for n in range(25_000)},
    "one word over and over": {"message": "account not found " * (MEBIBYTE // 18)},
    "tags": "<a>" * (MEBIBYTE // 3),
    "elements": "<r>" + '<a b="c">d</a>' * (MEBIBYTE // 14),
    "attributes": "<a " + 'b="c" ' * (MEBIBYTE // 6),
    "comments": "<!--" * (MEBIBYTE // 4),
    "a page": "<html><body>" + "<p>account" * (MEBIBYTE // 10),
    "a form": "a=b&" * (MEBIBYTE // 4),
    "quotes": '"' * MEBIBYTE,
    "escapes": '{"a":"' + "\\" * MEBIBYTE,
    "a rendering": "{'error': {'message': '" + "account not found " * (MEBIBYTE // 18),
    "digits": "1" * MEBIBYTE,
    "blanks": {"message": "account" + " " * MEBIBYTE},
    "traces": "Traceback (most recent call last)\n" * (MEBIBYTE // 34),
    "bodies in strings": {"a": ['{"b": "c", "d": [' + "1," * 8_000 for _ in range(60)]},
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_mebibyte_of_malice_takes_less_than_50_milliseconds(body: Json) -> None:
    failure = Failure(http_status=400, stage=Stage.CREATE_ENTRY, body=body)
    CLASSIFIER.classify("exact_online", failure)
    fastest = 1.0
    for _ in range(3):
        start = time.process_time()
        CLASSIFIER.classify("exact_online", failure)
        fastest = min(fastest, time.process_time() - start)
    assert fastest < 0.05
