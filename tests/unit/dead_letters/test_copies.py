from datetime import UTC, datetime

import pytest

from export_adapter.parked_message import Attribute, DeadLetter, Outgoing, in_requests
from export_adapter_workstation.dead_letters.replay import TooLarge, copy_of

MIB = 1_048_576
OURS = {
    "errorType": "item_rejected",
    "errorMessage": "é" * 500,
    "exportJobId": "job",
    "system": "xero",
    "pleoStatus": "200",
    "sourceMessageId": "m-1",
}


def parked(body: str = "{}", **attributes: str) -> DeadLetter:
    values = {name: Attribute("String", value) for name, value in attributes.items()}
    return DeadLetter("m-2", body, datetime(2026, 3, 1, tzinfo=UTC), values, "company-1")


def copied(given: DeadLetter) -> Outgoing:
    copy = copy_of(given)
    assert isinstance(copy, Outgoing)
    return copy


def test_binary_and_custom_types_are_kept_as_they_are() -> None:
    binary, custom = Attribute("Binary.png", None, b"\0\xff"), Attribute("Number.int", "7")
    given = DeadLetter("m", "{}", datetime.now(UTC), {"binary": binary, "custom": custom})
    assert copied(given).attributes["binary"] == binary
    assert copied(given).attributes["custom"] == custom


def test_the_group_is_kept() -> None:
    assert copied(parked()).message_group_id == "company-1"


def test_attributes_of_others_are_never_left_out() -> None:
    others = {f"theirs{number}": "x" for number in range(9)}
    copy = copied(parked("{}", **others, errorType="item_rejected", errorMessage="why"))
    assert set(copy.attributes) == {*others, "replayCount"}


def test_attributes_of_the_functions_own_make_room_for_the_count_in_a_stated_order() -> None:
    copy = copied(parked("{}", **OURS, theirs1="x", theirs2="x", theirs3="x", theirs4="x", theirs5="x"))
    assert set(OURS) - set(copy.attributes) == {"errorMessage", "pleoStatus"}
    assert len(copy.attributes) == 10


def test_a_message_without_room_for_the_count_is_not_sent() -> None:
    found = copy_of(parked("{}", **{f"theirs{number}": "x" for number in range(10)}))
    assert isinstance(found, TooLarge)
    assert "10 attributes" in found.reason


def test_the_reason_is_left_out_where_the_message_is_as_large_as_sqs_takes() -> None:
    body = "x" * (MIB - 900)
    copy = copied(parked(body, **OURS))
    assert "errorMessage" not in copy.attributes
    assert copy.size <= MIB


def test_a_message_that_is_as_large_as_sqs_takes_by_itself_is_not_sent() -> None:
    assert isinstance(copy_of(parked("x" * MIB)), TooLarge)


def test_bytes_count_and_not_characters() -> None:
    attributes = {"é": Attribute("String", "éé"), "b": Attribute("Binary", None, b"123")}
    assert Outgoing("éa", attributes).size == 3 + 2 + 6 + 4 + 1 + 6 + 3


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([1] * 25, [10, 10, 5]),
        ([600_000, 600_000, 1], [1, 2]),
        ([MIB, MIB], [1, 1]),
        ([MIB // 2, MIB // 2, 1], [2, 1]),
        ([], []),
    ],
    ids=["ten at a time", "a mebibyte at a time", "each a mebibyte", "just a mebibyte", "nothing"],
)
def test_requests_are_as_sqs_takes_them(sizes: list[int], groups: list[int]) -> None:
    requests = list(in_requests((Outgoing("x" * size) for size in sizes), lambda one: one.size))
    assert [len(request) for request in requests] == groups
