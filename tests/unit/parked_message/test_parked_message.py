from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from export_adapter.parked_message import (
    MAX_BYTES,
    Attribute,
    DeadLetter,
    Outgoing,
    ParkedMessage,
    dead_letter_of,
    in_requests,
    replay_of,
)
from tests.fakes.messages import NOON_MS

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

NOON = datetime.fromtimestamp(NOON_MS / 1000, UTC)
LETTER = DeadLetter("letter-1", "{}", NOON, {"errorType": Attribute("String", "item_rejected")}, "company-1")


def text(**attributes: str) -> dict[str, Attribute]:
    return {name: Attribute("String", value) for name, value in attributes.items()}


def test_sqs_takes_one_mebibyte() -> None:
    assert MAX_BYTES == 1024 * 1024


def test_the_size_counts_the_body_and_name_type_and_value_of_each_attribute() -> None:
    attributes = {"é": Attribute("String", "ü"), "b": Attribute("Binary.gif", binary=b"\x00\x01\x02")}
    assert Outgoing("ä", attributes).size == 2 + (2 + 6 + 2) + (1 + 10 + 3)


def test_a_message_becomes_an_entry_of_a_request_with_its_attributes_in_their_types() -> None:
    parked = ParkedMessage("{}", {"errorType": "item_rejected", "pleoStatus": "200"}, "company-1")
    assert parked.outgoing.entry(3) == {
        "Id": "3",
        "MessageBody": "{}",
        "MessageAttributes": {
            "errorType": {"DataType": "String", "StringValue": "item_rejected"},
            "pleoStatus": {"DataType": "Number", "StringValue": "200"},
        },
        "MessageGroupId": "company-1",
    }


def test_bytes_stay_bytes_and_a_message_without_a_group_has_none() -> None:
    entry = Outgoing("x", {"b": Attribute("Binary", binary=b"\x00")}).entry(0)
    assert entry["MessageAttributes"] == {"b": {"DataType": "Binary", "BinaryValue": b"\x00"}}
    assert "MessageGroupId" not in entry


def test_a_request_holds_ten_messages_and_no_more_bytes_than_sqs_takes() -> None:
    assert [len(one) for one in in_requests(["x"] * 21, len)] == [10, 10, 1]
    half, whole = MAX_BYTES // 2, MAX_BYTES
    sizes = [half, half, half, whole, half, half + 1]
    assert list(in_requests(sizes, int)) == [(half, half), (half,), (whole,), (half,), (half + 1,)]
    assert list(in_requests([], len)) == []


def test_requests_are_made_one_by_one_as_they_are_asked_for() -> None:
    messages = iter(range(100))
    next(in_requests(messages, lambda _: 1))
    assert next(messages) == 11


def test_a_dead_letter_is_read_from_what_sqs_returns() -> None:
    received: MessageTypeDef = {
        "MessageId": "letter-1",
        "Body": "{}",
        "Attributes": {"SentTimestamp": str(NOON_MS), "MessageGroupId": "company-1"},
        "MessageAttributes": {
            "errorType": {"DataType": "String", "StringValue": "item_rejected"},
            "trace": {"DataType": "Binary", "BinaryValue": b"\x01"},
        },
    }
    assert dead_letter_of(received) == replace(
        LETTER, attributes={**LETTER.attributes, "trace": Attribute("Binary", None, b"\x01")}
    )


def test_a_dead_letter_without_any_attribute_is_read_as_one_of_unknown_origin() -> None:
    letter = dead_letter_of({"MessageId": "letter-1", "Body": "x"})
    assert (letter.error_type, letter.replay_count, letter.message_group_id) == ("unknown", 0, None)
    assert "no errorType" in letter.why
    assert letter.text("system") is None


def test_what_sqs_moved_itself_says_so_whatever_was_noted_before_a_replay() -> None:
    received: MessageTypeDef = {
        "MessageId": "letter-1",
        "Body": "{}",
        "Attributes": {"SentTimestamp": "0", "DeadLetterQueueSourceArn": "arn:aws:sqs:eu-west-1:0:q"},
        "MessageAttributes": {"errorMessage": {"DataType": "String", "StringValue": "before"}},
    }
    letter = dead_letter_of(received)
    assert letter.error_type == "moved_by_sqs"
    assert "before" not in letter.why


def test_the_functions_own_reason_is_told() -> None:
    letter = replace(LETTER, attributes=text(errorType="item_rejected", errorMessage="Pleo refused the item"))
    assert (letter.error_type, letter.why) == ("item_rejected", "Pleo refused the item")
    assert LETTER.why == ""


@pytest.mark.parametrize("count", ["", "x", "-1", "1.5", "9" * 5000, "\u0663"])
def test_a_replay_count_that_cannot_be_read_counts_as_none(count: str) -> None:
    assert replace(LETTER, attributes=text(replayCount=count)).replay_count == 0


def test_a_replay_is_the_same_message_with_its_count_raised() -> None:
    again = replay_of(
        replace(LETTER, attributes={**text(trace="x"), "replayCount": Attribute("Number", "4")})
    )
    assert (again.body, again.message_group_id) == ("{}", "company-1")
    assert again.attributes == {**text(trace="x"), "replayCount": Attribute("Number", "5")}


def test_a_replay_leaves_out_what_the_function_writes_anew_where_there_is_no_room() -> None:
    others = text(**{f"other{number}": "x" for number in range(8)})
    ours = text(errorType="item_rejected", errorMessage="why", pleoStatus="200")
    again = replay_of(replace(LETTER, attributes={**ours, **others}))
    assert again.attributes.keys() == {*others, "errorType", "replayCount"}
    full = replay_of(replace(LETTER, body="x" * (MAX_BYTES - 60), attributes=ours))
    assert full.attributes.keys() == {"errorType", "replayCount"}


def test_a_replay_that_still_does_not_fit_is_for_the_caller_to_see() -> None:
    assert replay_of(replace(LETTER, body="x" * MAX_BYTES)).size > MAX_BYTES
