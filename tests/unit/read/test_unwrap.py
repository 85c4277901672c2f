import json
import time
from collections.abc import Callable

import pytest

from export_adapter.model import Json
from export_adapter.read.unwrap import MAX_NESTING, NotUnwrapped, Unwrapped, unwrap
from tests.fakes.messages import in_cloudevent, in_eventbridge, in_sns, message, result

MESSAGE = message(result(1), system="xero", note="an unknown field")


def nested(levels: int, inside: str = "") -> str:
    return "[" * levels + inside + "]" * levels


def with_body(body: str) -> str:
    """A message in which a failure's body is the given JSON text."""
    return json.dumps(message(result(1, "failed", failure={"body": "BODY"}))).replace('"BODY"', body)


def refusal(body: str) -> str:
    found = unwrap(body)
    assert isinstance(found, NotUnwrapped)
    return found.reason


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param(MESSAGE, id="bare"),
        pytest.param(in_eventbridge(MESSAGE), id="EventBridge event"),
        pytest.param(in_sns(MESSAGE), id="SNS notification"),
        pytest.param(in_cloudevent(MESSAGE), id="CloudEvent"),
        pytest.param(in_cloudevent(json.dumps(MESSAGE)), id="CloudEvent with its data as text"),
        pytest.param(in_sns(in_eventbridge(MESSAGE)), id="EventBridge to SNS"),
        pytest.param(in_sns(in_cloudevent(MESSAGE)), id="CloudEvent through SNS"),
        pytest.param(in_eventbridge(in_cloudevent(MESSAGE)), id="CloudEvent through EventBridge"),
        pytest.param(in_sns(in_sns(in_sns(in_sns(MESSAGE)))), id="four wrappers"),
    ],
)
def test_a_message_is_found_in_whatever_the_feeder_wrapped_around_it(wrapped: Json) -> None:
    assert unwrap(json.dumps(wrapped)) == Unwrapped(MESSAGE)


def test_a_fifth_wrapper_is_not_opened() -> None:
    assert refusal(json.dumps(in_sns(in_sns(in_sns(in_sns(in_sns(MESSAGE))))))) == (
        "body is wrapped more than 4 times"
    )


@pytest.mark.parametrize("wrapper", [in_eventbridge, in_sns, in_cloudevent])
@pytest.mark.parametrize("field", ["exportJobId", "results"])
def test_a_message_with_fields_that_a_wrapper_has_is_still_the_message(
    wrapper: Callable[[Json], dict[str, Json]], field: str
) -> None:
    content: dict[str, Json] = {**wrapper({"other": "thing"}), field: MESSAGE[field]}
    assert unwrap(json.dumps(content)) == Unwrapped(content)


@pytest.mark.parametrize(
    "half",
    [
        {"Type": "Notification"},
        {"Type": "SubscriptionConfirmation", "Message": "{}"},
        {"Message": "{}"},
        {"detail-type": "ExportResults"},
        {"detail": {}},
        {"specversion": "1.0"},
        {"data": {}},
    ],
)
def test_half_a_wrapper_is_no_wrapper(half: dict[str, Json]) -> None:
    assert unwrap(json.dumps(half)) == Unwrapped(half)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "body is empty"),
        (" \n\t", "body is empty"),
        ("null", "body must be a JSON object, not null"),
        ("true", "body must be a JSON object, not a boolean"),
        ("17", "body must be a JSON object, not a number"),
        ("1.5", "body must be a JSON object, not a number"),
        ('"text"', "body must be a JSON object, not a string"),
        ("[{}]", "body must be a JSON object, not an array"),
        ("{'a': 1}", "body is not JSON: Expecting property name enclosed in double quotes"),
        ('{"a":', "body is not JSON: Expecting value at line 1 column 6"),
        ('{"a": "raw \x00 control"}', "body is not JSON: Invalid control character at line 1 column 12"),
        ("<html>502</html>", "body is not JSON: Expecting value at line 1 column 1"),
        (json.dumps(in_sns("not JSON")), "body is not JSON"),
        (json.dumps(in_sns("")), "body is empty"),
        (json.dumps(in_eventbridge([MESSAGE])), "body must be a JSON object, not an array"),
        (json.dumps(in_cloudevent(None)), "body must be a JSON object, not null"),
    ],
)
def test_what_holds_no_message_is_refused_in_words(body: str, reason: str) -> None:
    assert refusal(body).startswith(reason)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000])
def test_a_number_that_could_not_be_written_back_is_refused(number: str) -> None:
    assert refusal(with_body(number)) == "body is not JSON: it holds a number that cannot be represented"


def test_the_refused_number_is_not_repeated() -> None:
    assert "123456" not in refusal(with_body("1234567890" * 500))


@pytest.mark.parametrize("number", ["1e308", "-0.0", "1e-999", "9" * 4300, "0.1000000000000000055"])
def test_a_number_that_python_can_hold_is_read(number: str) -> None:
    assert isinstance(unwrap(with_body(number)), Unwrapped)


@pytest.mark.parametrize("beside", ["", "[]," * 100])
def test_nesting_is_read_down_to_the_limit_and_refused_beyond(beside: str) -> None:
    taken_by_the_message = 5
    deepest = MAX_NESTING - taken_by_the_message
    assert isinstance(unwrap(with_body(f"[{beside}{nested(deepest)}]")), Unwrapped)
    assert refusal(with_body(f"[{beside}{nested(deepest + 1)}]")) == (
        f"body is nested deeper than {MAX_NESTING} levels"
    )


def test_a_tower_of_brackets_of_one_mebibyte_is_refused_without_recursion() -> None:
    assert refusal("[" * 1024 * 1024) == f"body is nested deeper than {MAX_NESTING} levels"


def test_nesting_is_refused_inside_a_wrapper_too() -> None:
    assert "nested" in refusal(json.dumps(in_sns(with_body(nested(1000)))))


def test_brackets_inside_of_strings_are_no_nesting() -> None:
    body = with_body(json.dumps('"' + "[{" * 1000))
    assert isinstance(unwrap(body), Unwrapped)


@pytest.mark.parametrize(
    "filling",
    [
        pytest.param('\\"', id="escaped quotes"),
        pytest.param("\\\\", id="escaped backslashes"),
        pytest.param('"', id="quotes"),
        pytest.param("x", id="letters"),
        pytest.param("[", id="brackets"),
    ],
)
def test_a_long_string_that_is_never_closed_is_refused_at_once(filling: str) -> None:
    body = "[" * (MAX_NESTING + 1) + '"' + filling * 100_000
    begun = time.process_time()
    assert isinstance(unwrap(body), NotUnwrapped)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "body",
    [
        '{"results": [1], "results": [2]}',
        '{"a": 1, "results": [1], "results": []}',
        '{"detail-type": "x", "detail": {"results": [1], "results": [2]}}',
    ],
)
def test_a_message_in_which_a_key_comes_twice_is_none_for_one_of_the_two_would_be_lost(body: str) -> None:
    assert refusal(body) == "results: the key comes twice in one object"


def test_what_an_accounting_system_answered_may_hold_a_key_twice() -> None:
    found = unwrap(with_body('{"code": 1, "code": 2}'))

    assert isinstance(found, Unwrapped)
    assert json.dumps(found.message).count('"code": 2') == 1
