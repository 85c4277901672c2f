"""A body is read by what it is, whatever it is called."""

import json

import pytest

from export_adapter.classify.reading.body import open_body
from export_adapter.classify.reading.causes import Cause
from export_adapter.classify.reading.failure import Reader
from export_adapter.model import Failure, Json, Stage


def causes_of(body: Json = None, **fields: str) -> list[tuple[str | None, str | None, str]]:
    report = Reader().read(Failure(body=body, **fields))  # type: ignore[arg-type]  # texts are what the tests give
    return [(cause.code, cause.field, cause.text) for cause in report.causes]


def only_cause(body: Json) -> Cause:
    (cause,) = Reader().read(Failure(body=body)).causes
    return cause


ERROR: Json = {"error": {"code": "E7", "message": "The period is closed"}}


@pytest.mark.parametrize(
    ("body", "read_as"),
    [
        pytest.param(ERROR, "json", id="a JSON value"),
        pytest.param(json.dumps(ERROR), "json", id="JSON in a string"),
        pytest.param(json.dumps(json.dumps(ERROR)), "json", id="JSON in a JSON string"),
        pytest.param("\ufeff  " + json.dumps(ERROR), "json", id="JSON after a byte order mark"),
        pytest.param(json.dumps(ERROR)[:-3], "json, not whole", id="JSON without its end"),
        pytest.param(
            '{"error": {"code": "E7", "message": "The period is closed", "more": [1, 2',
            "json, not whole",
            id="JSON cut off in the middle",
        ),
        pytest.param(repr(ERROR), "json, not whole", id="a Python dict"),
        pytest.param(repr(json.dumps(ERROR).encode()), "json", id="Python bytes"),
        pytest.param(
            "{ error: { code: 'E7', message: 'The period is closed', inner: [Object] } }",
            "json, not whole",
            id="a JavaScript object",
        ),
        pytest.param(
            "<r><error><code>E7</code><message>The period is closed</message></error></r>", "xml", id="XML"
        ),
        pytest.param(
            '<?xml version="1.0" encoding="utf-16"?>'
            '<r><error code="E7"><message>The period is closed</message></error></r>',
            "xml",
            id="XML with an attribute and a wrong encoding",
        ),
        pytest.param(
            "<r><error><code>E7</code><message>The period is clo",
            "xml, not whole",
            id="XML cut off in the middle",
        ),
        pytest.param("error=E7&error_description=The%20period+is%20closed", "form", id="a form"),
        pytest.param(f"400 Bad Request: {json.dumps(ERROR)}", "text with json", id="JSON after prose"),
        pytest.param(f"HTTPError: body: {json.dumps(ERROR)[:-1]}", "text with json, not whole", id="both"),
    ],
)
def test_the_code_and_the_message_are_found(body: Json, read_as: str) -> None:
    report = Reader().read(Failure(body=body))
    assert report.format == read_as
    told = [cause for cause in report.causes if cause.code == "e7"]
    assert told, report.causes
    assert told[0].text.startswith("The period is clo")


def test_an_empty_body_has_one_empty_cause() -> None:
    assert only_cause("").says_nothing
    assert only_cause(None).says_nothing


def test_a_page_is_its_title_and_its_text() -> None:
    head = "<!DOCTYPE html><html><head><title>503 Down</title><style>p{}</style></head>"
    page = f"{head}<body><p>Back&nbsp;soon</p>"
    assert open_body(page).format == "html"
    assert only_cause(page).text == "503 Down: Back soon"


def test_soap_with_default_namespaces_is_no_page() -> None:
    soap = '<Envelope xmlns="x"><Body><p:status xmlns:p="y"><p:code>E7</p:code></p:status></Body></Envelope>'
    assert open_body(soap).format == "xml"


def test_json_inside_a_message_is_opened() -> None:
    body: Json = {"error": {"code": "X", "message": json.dumps({"name": "E7", "message": "Deeper"})}}
    assert ("e7", None, "Deeper") in causes_of(body)


def test_prose_with_json_after_it_gives_both() -> None:
    assert causes_of(message='Could not post: {"message": "Deeper", "code": 12}') == [
        ("12", None, "Deeper"),
        (None, None, "Could not post"),
    ]


def test_python_renderings_of_objects_stay_text() -> None:
    assert causes_of("<Fault 2: 'Locked'>") == [(None, None, "<Fault 2: 'Locked'>")]


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE r [<!ENTITY a "boom"><!ENTITY b "&a;&a;">]><r><error><message>&b;</message></error></r>'
    assert causes_of(bomb) == [(None, None, "&b;")]


def test_what_the_request_echoed_is_no_cause() -> None:
    body: Json = {
        "errors": [{"errorCode": "E1", "errorMessage": "Not found", "inputValue": "period closed"}],
        "request": {"message": "period closed"},
        "lineItems": [{"description": "period closed", "message": "period closed"}],
    }
    assert causes_of(body) == [("e1", None, "Not found")]


def test_errors_by_field_name_their_field() -> None:
    assert causes_of({"errors": {"AccountNumber": ["Not there", "Not that"]}}) == [
        (None, "AccountNumber", "Not there"),
        (None, "AccountNumber", "Not that"),
    ]


def test_a_path_of_segments_is_one_field() -> None:
    assert causes_of({"errors": [{"message": "Gone", "path": ["input", "accountId"]}]}) == [
        (None, "input.accountId", "Gone")
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"status": 401, "message": "x"}, 401),
        ({"error": {"httpStatusCode": "422"}}, 422),
        ("HTTPError: 429 Client Error: Too Many for url: https://erp.example", 429),
        ("AxiosError: Request failed with status code 503", 503),
        ("The remote server returned an error: (403) Forbidden.", 403),
        ("<Response [401]>", 401),
        ("<html><title>erp.example | 520: Unknown</title><body>x</body></html>", 520),
        ({"message": "status 4010 is no status"}, 0),
    ],
)
def test_a_status_that_was_not_given_is_read_from_the_body(body: Json, status: int) -> None:
    assert Reader().read(Failure(body=body)).status == status


def test_a_status_that_was_given_stands() -> None:
    assert Reader().read(Failure(http_status=400, body={"status": 500})).status == 400
    assert Reader().read(Failure(http_status=200, body={"status": 500})).status == 500


def test_an_http_librarys_error_gives_the_answer_inside() -> None:
    body: Json = {
        "message": "Request failed with status code 400",
        "name": "AxiosError",
        "response": {"status": 400, "data": ERROR},
    }
    assert causes_of(body) == [("e7", None, "The period is closed")]


def test_a_challenge_in_a_header_is_a_cause() -> None:
    failure = Failure(headers={"WWW-Authenticate": 'Bearer error="invalid_token", error_description="Old"'})
    assert Reader().read(failure).causes[0].code == "invalid_token"


def test_the_exporters_code_joins_the_only_cause_without_one() -> None:
    assert causes_of({"message": "Gone"}, code="0042") == [("42", None, "Gone")]


def test_an_exporters_code_with_blanks_may_be_words() -> None:
    assert causes_of(code="SuiteScript USER_ERROR") == [
        ("suitescript user_error", None, ""),
        (None, None, "SuiteScript USER_ERROR"),
    ]


def test_a_stack_trace_tells_its_last_line() -> None:
    frames = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\n'
    trace = f"{frames}ValueError: The period is closed"
    assert causes_of(message=trace) == [(None, None, "ValueError: The period is closed")]


def test_the_words_are_the_exporters_at_its_own_stages() -> None:
    assert Reader().read(Failure(stage=Stage.VALIDATE, http_status=400, body="x")).from_exporter
    assert Reader().read(Failure(message="x")).from_exporter
    assert not Reader().read(Failure(http_status=400, body="x")).from_exporter


def test_a_message_is_one_line_with_plain_quotation_marks() -> None:
    assert only_cause("It\u2019s\r\n\u201cclosed\u201d &amp; locked").text == 'It\'s "closed" & locked'
