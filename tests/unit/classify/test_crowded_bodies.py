"""Of a body with a hundred thousand values the beginning is read: making all of them would take too long."""

import json

from export_adapter.classify.classifier import Classifier
from export_adapter.classify.reading.body import open_text
from export_adapter.model import Failure, FailureReasonType

CLASSIFIER = Classifier.built_in()
MANY = 100_000


def test_an_error_ahead_of_a_hundred_thousand_objects_is_read() -> None:
    body = json.dumps({"code": "x", "message": "The period is closed.", "rows": [{"a": 1}] * MANY})
    found = CLASSIFIER.classify("an_unlisted_system", Failure(http_status=400, body=body))
    assert found.failure_reason_type == FailureReasonType.ACCOUNTING_SYSTEM_VALIDATION_FAILURE
    assert "The period is closed" in found.failure_reason


def test_an_error_behind_a_long_text_full_of_braces_and_commas_is_read() -> None:
    body = json.dumps({"note": "of {1,2}," * 2_000 + "x" * 500_000, "message": "The period is closed."})
    found = CLASSIFIER.classify("an_unlisted_system", Failure(http_status=400, body=body))
    assert "The period is closed" in found.failure_reason


def test_a_crowded_body_counts_as_not_whole() -> None:
    opened = open_text(json.dumps([{"a": 1}] * MANY))
    assert opened.format == "json, not whole"
    assert isinstance(opened.tree, list)
    assert opened.tree[0] == {"a": 1}
    assert 500 <= len(opened.tree) < MANY


def test_the_first_hundred_fields_of_a_form_are_read_however_long_it_is() -> None:
    opened = open_text("error=invalid_grant&" + "a=%20&" * MANY + "x=1")
    assert opened.format == "form"
    assert isinstance(opened.tree, dict)
    assert opened.tree["error"] == "invalid_grant"


def test_a_form_that_ends_with_a_sign_is_still_a_form() -> None:
    assert open_text("error=invalid_grant&").tree == {"error": "invalid_grant"}
    assert open_text("error=invalid_grant").tree == {"error": "invalid_grant"}
