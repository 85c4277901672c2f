import json
import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from export_adapter.model import Json
from export_adapter.read.parts import MAX_FIELDS, MAX_NESTING, MAX_RESULTS
from export_adapter.read.unwrap import NotUnwrapped, Unwrapped, unwrap
from tests.fakes.messages import in_cloudevent, in_eventbridge, in_sns, message, result

MESSAGE = message(result(1), system="xero", note="an unknown field")


def nested(levels: int, inside: str = "") -> str:
    return "[" * levels + inside + "]" * levels


def with_body(body: str) -> str:
    """A message in which a failure's body is the given JSON text."""
    return json.dumps(message(result(1, "failed", failure={"body": "BODY"}))).replace('"BODY"', body)


def unwrapped(body: str) -> dict[str, Json]:
    found = unwrap(body)
    assert isinstance(found, Unwrapped)
    return found.message


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
    assert unwrapped(json.dumps(wrapped)) == MESSAGE


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
    assert unwrapped(json.dumps(content)) == content


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
    assert unwrapped(json.dumps(half)) == half


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


NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000, "9" * 1_000_000]
NUMBERS_IN_PYTHON = ["1e308", "-0.0", "1e-999", "9" * 4300, "0.1000000000000000055", "1" + "0" * 20 + ".01"]


@pytest.mark.parametrize("number", [*NUMBERS, *NUMBERS_IN_PYTHON], ids=lambda one: one[:12])
def test_the_body_of_a_failure_may_hold_any_number_and_keeps_its_digits(number: str) -> None:
    found = unwrap(with_body(number))
    assert isinstance(found, Unwrapped)
    (element,) = found.fields["results"].elements or ()
    assert f'"body": {number}' in element.text


@pytest.mark.parametrize("number", NUMBERS, ids=lambda one: one[:12])
def test_a_number_in_the_envelope_that_cannot_be_represented_is_refused_by_the_name_of_its_field(
    number: str,
) -> None:
    body = f'{{"note": {{"a": [{number}]}}, {json.dumps(MESSAGE)[1:]}'
    assert refusal(body) == "body is not JSON: note holds a number that cannot be represented"


def test_the_refused_number_is_not_repeated() -> None:
    assert "123456" not in refusal(f'{{"note": {"1234567890" * 500}}}')


def test_a_name_that_cannot_be_printed_is_made_printable_in_the_reason() -> None:
    assert refusal('{"\\u001b[31m": NaN}').isprintable()


def test_a_byte_order_mark_is_refused_in_words() -> None:
    assert refusal("\ufeff" + json.dumps(MESSAGE)) == "body is not JSON: it begins with a byte order mark"


@pytest.mark.parametrize("levels", [70, 1_000, 100_000])
@pytest.mark.parametrize("inside", ["", '{"Message": "Vendor is locked"}', '"a\\"[{"', "1, [2, [3]], 4"])
def test_a_body_that_is_nested_too_deep_is_read_as_text_and_kept_as_it_was_written(
    levels: int, inside: str
) -> None:
    deep = nested(levels, inside)
    found = unwrap(with_body(f"[{deep}, {deep}]"))
    assert isinstance(found, Unwrapped)
    (element,) = found.fields["results"].elements or ()
    assert f'"body": [{deep}, {deep}]' in element.text
    value: Any = element.value
    for _ in range(MAX_NESTING - 5):
        value = value["failure"]["body"] if isinstance(value, dict) else value[0]
    assert "[[" in json.dumps(value)


def test_what_is_nested_too_deep_leaves_its_neighbours_as_they_are() -> None:
    good = json.dumps(result(2, "failed", failure={"body": [[["x"]]]}))
    body = with_body(nested(70)).replace("}}]", f"}}}}, {good}]")
    found = unwrap(body)
    assert isinstance(found, Unwrapped)
    assert (found.fields["results"].elements or ())[1].value == json.loads(good)


@pytest.mark.parametrize("levels", [70, 100_000])
def test_an_envelope_that_is_nested_too_deep_is_refused(levels: int) -> None:
    body = f'{{"note": {nested(levels)}, {json.dumps(MESSAGE)[1:]}'
    assert refusal(body) == f"note is nested deeper than {MAX_NESTING} levels"
    assert refusal(body).replace("note", "body") == refusal(nested(levels))


@pytest.mark.parametrize("unit", ["[", '{"a":', '[{"a":', '[1, "[", {"b": {}, "a":'])
def test_a_tower_of_brackets_that_is_never_closed_is_refused_without_recursion(unit: str) -> None:
    reason = f"body is nested deeper than {MAX_NESTING} levels"
    assert refusal(unit * (1024 * 1024 // len(unit))) == reason
    assert refusal(json.dumps(in_sns(unit * 1000))) == reason


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


@pytest.mark.parametrize(
    "text",
    [
        '{"a" 1}',
        '{"a": 1 "b": 2}',
        '{"a": 1,}',
        '{,"a": 1}',
        "{1: 2}",
        '{"a": 1}}',
        '{"a": 1} x',
        "{",
        '{"a',
        '{"a"',
        '{"results": [1 2]}',
        '{"results": [1,]}',
        '{"results": [,1]}',
        '{"results": [',
        '{"results": [}',
        '{"results": [1}',
        '{"a": [1, 2}}',
    ],
)
def test_what_python_refuses_as_json_is_refused_at_the_same_place(text: str) -> None:
    with pytest.raises(json.JSONDecodeError) as broken:
        json.loads(text)
    place = f"line {broken.value.lineno} column {broken.value.colno}"
    reason = refusal(text)
    assert reason.startswith("body is not JSON: ")
    # Where a comma is followed by a bracket, Python points at the comma.
    assert reason.endswith(place) or "trailing comma" in str(broken.value)


@pytest.mark.parametrize("space", ["", " ", "\n", "\r\n\t "])
def test_white_space_may_stand_wherever_json_allows_it(space: str) -> None:
    text = space.join(
        ["", "{", '"results"', ":", "[", "1", ",", "{", "}", "]", ",", '"a"', ":", "{", "}", "}", ""]
    )
    assert unwrapped(text) == {"results": [1, {}], "a": {}}


def test_more_results_than_a_message_can_hold_are_not_read() -> None:
    most = ",".join(["1"] * MAX_RESULTS)
    assert len(cast("list[Json]", unwrapped(f'{{"results": [{most}]}}')["results"])) == MAX_RESULTS
    assert refusal(f'{{"results": [{most},1]}}') == "results: must have at most 14000 elements"


def test_more_fields_than_a_message_can_have_are_not_read() -> None:
    fields = ",".join(f'"{number}":1' for number in range(MAX_FIELDS))
    assert len(unwrapped(f"{{{fields}}}")) == MAX_FIELDS
    assert refusal(f'{{{fields},"x":1}}') == "body must have at most 10000 fields"
