from datetime import UTC, datetime

import pytest

from export_adapter_workstation.dead_letters.letter import Attribute, DeadLetter
from export_adapter_workstation.dead_letters.outgoing import DoesNotFit, Outgoing, copy_of, in_requests

MIB = 1_048_576
OURS = {
    "errorType": "item_rejected",
    "errorMessage": "é" * 500,
    "exportJobId": "job",
    "system": "xero",
    "pleoStatus": "200",
    "sourceMessageId": "m-1",
}


def letter(body: str = "{}", **attributes: str) -> DeadLetter:
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
    assert copied(letter()).message_group_id == "company-1"


def test_attributes_of_others_never_make_way() -> None:
    others = {f"theirs{number}": "x" for number in range(8)}
    copy = copied(letter("{}", **others, errorType="item_rejected", errorMessage="why"))
    assert set(copy.attributes) == {*others, "replayCount", "replayId"}


def test_attributes_of_the_functions_own_make_room_for_the_two_new_ones_in_a_stated_order() -> None:
    copy = copied(letter("{}", **OURS, theirs1="x", theirs2="x", theirs3="x", theirs4="x"))
    assert set(OURS) - set(copy.attributes) == {"errorMessage", "pleoStatus"}
    assert len(copy.attributes) == 10


def test_a_letter_without_room_for_the_two_new_ones_is_not_sent() -> None:
    found = copy_of(letter("{}", **{f"theirs{number}": "x" for number in range(9)}))
    assert isinstance(found, DoesNotFit)
    assert "9 attributes" in found.reason


def test_the_reason_makes_way_where_the_letter_is_as_large_as_sqs_takes() -> None:
    body = "x" * (MIB - 900)
    copy = copied(letter(body, **OURS))
    assert "errorMessage" not in copy.attributes
    assert copy.size <= MIB


def test_a_letter_that_is_as_large_as_sqs_takes_by_itself_is_not_sent() -> None:
    assert isinstance(copy_of(letter("x" * MIB)), DoesNotFit)


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
    requests = list(in_requests((Outgoing("x" * size) for size in sizes), lambda one: one))
    assert [len(request) for request in requests] == groups
