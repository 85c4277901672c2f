"""Inside a body nothing is refused: numbers and nesting that other readers give up on do no harm."""

import json

import pytest

from export_adapter.classify.classifier import Classifier
from export_adapter.classify.reading.body import open_body, open_text
from export_adapter.model import Failure, Json

CLASSIFIER = Classifier.built_in()
CLOSED = '"message": "The period is closed."'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f'{{"limit": 1e400, {CLOSED}}}', id="a number beyond what a float holds"),
        pytest.param(f'{{"limit": -1e400, {CLOSED}}}', id="one far below zero"),
        pytest.param(f'{{"id": {"7" * 5_000}, {CLOSED}}}', id="an integer of 5,000 digits"),
        pytest.param(f'{{"code": {"7" * 5_000}, {CLOSED}}}', id="a code of 5,000 digits"),
        pytest.param(f'{{"status": {"7" * 5_000}, {CLOSED}}}', id="a status of 5,000 digits"),
        pytest.param(f'{{"a": NaN, "b": -Infinity, {CLOSED}}}', id="what is not a number"),
        pytest.param('{"error":' * 70 + f"{{{CLOSED}}}" + "}" * 70, id="70 levels of objects"),
        pytest.param('{"errors":[' * 35 + f"{{{CLOSED}}}" + "]}" * 35, id="70 levels of objects and lists"),
        pytest.param(f"{{{CLOSED}}} trailing words", id="words after the object"),
        pytest.param(f'{{"message": "\\ud800", "error": {{{CLOSED}}}}}', id="half a surrogate pair"),
        pytest.param(f'{{"data": {json.dumps("&#" + "7" * 5_000 + ";")}, {CLOSED}}}', id="a long entity"),
    ],
)
def test_the_message_is_found_in_a_body_given_as_text(body: str) -> None:
    found = CLASSIFIER.classify("acme books", Failure(http_status=400, body=body))
    assert "The period is closed" in found.failure_reason
    assert found.bug is None


def test_a_number_of_xml_with_5_000_digits_is_passed_over() -> None:
    body = f"<r><error><code>&#{'7' * 5_000};</code><message>The period is closed.</message></error></r>"
    found = CLASSIFIER.classify("acme books", Failure(http_status=400, body=body))
    assert "The period is closed" in found.failure_reason


@pytest.mark.parametrize(
    "value",
    [float("inf"), float("-inf"), float("nan"), 10**5_000, -(10**5_000)],
    ids=["infinity", "minus infinity", "not a number", "5,000 digits", "minus 5,000 digits"],
)
@pytest.mark.parametrize("key", ["code", "message", "status", "field"])
def test_a_value_that_cannot_be_shown_says_nothing(key: str, value: float) -> None:
    body: Json = {"error": {key: value, "detail": "The period is closed."}}
    found = CLASSIFIER.classify("acme books", Failure(http_status=400, body=body))
    assert "The period is closed" in found.failure_reason
    assert found.bug is None
    assert open_body(value).text == ""


def test_a_text_that_begins_with_a_bracketed_number_stays_a_text() -> None:
    assert (
        open_text("[400] Bad Request: the period is closed").text == "[400] Bad Request: the period is closed"
    )


def test_the_cause_of_a_long_java_trace_is_read() -> None:
    frames = "\n".join(f"\tat com.acme.Books.post(Books.java:{line})" for line in range(400))
    trace = (
        f"java.lang.RuntimeException: posting failed\n{frames}\nCaused by: x.Error: period closed\n{frames}"
    )
    found = CLASSIFIER.explain("acme books", Failure(message=trace))
    assert found.report.causes[0].text == "java.lang.RuntimeException: posting failed x.Error: period closed"


def test_an_error_behind_the_first_4_000_characters_of_cut_off_json_is_read() -> None:
    body = '{"rows": [' + '{"a": "b"}, ' * 500 + '], "error": {"code": "E7", "message": "The period is clo'
    codes = [cause.code for cause in CLASSIFIER.explain("acme books", Failure(body=body)).report.causes]
    assert "e7" in codes


def test_the_text_of_a_page_is_read_behind_its_long_style() -> None:
    page = (
        f"<html><head><style>{'p {}' * 5_000}</style></head><body><p>Down for maintenance</p></body></html>"
    )
    assert open_text(page).text == "Down for maintenance"
