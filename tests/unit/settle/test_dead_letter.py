import json

import pytest

from export_adapter.model import ErrorType, ExportResult, InvalidMessage, Json, Message, Record, Rejected
from export_adapter.read.reader import read
from export_adapter.settle.dead_letter import DoesNotFit, ParkedMessage, parked_messages
from export_adapter.settle.decision import Parcel, Park, ParkWhole
from tests.fakes.messages import company, entry, in_eventbridge, job, message, record, result
from tests.fakes.queues import MIB, billed_size, illegal

REJECTED = Rejected(ErrorType.ITEM_REJECTED, "Pleo refused the item", 200)
HOSTILE = [
    pytest.param("\x00\x07\x1b\x7f\x85", id="control characters"),
    pytest.param("\ud800 \udfff", id="lone surrogates"),
    pytest.param("\ufffe\uffff", id="noncharacters"),
    pytest.param("\u2028\u2029", id="line separators"),
    pytest.param("😀 ÅÄÖ 会計", id="beyond ASCII"),
    pytest.param('quote " backslash \\ slash /', id="what JSON escapes"),
    pytest.param("\\u0000 \\ud800", id="what looks like an escape"),
]


def read_message(content: Json) -> Message:
    found = read(record(content))
    assert isinstance(found, Message)
    return found


def parked(
    content: Json, *results: Json, why: Rejected = REJECTED, source: Message | None = None
) -> ParkedMessage:
    """Park results of a message for one reason; all of them unless they are named."""
    source = source or read_message(content)
    messages = parked_messages(source, Park((Parcel(why, results or as_written(source)),)))
    assert isinstance(messages, tuple)
    (only,) = messages
    assert illegal(only) is None
    return only


def as_written(source: Message) -> tuple[Json, ...]:
    return tuple(
        dict(one.original) if isinstance(one, ExportResult) else one.original for one in source.results
    )


def test_a_parked_body_is_a_message_that_holds_just_the_failed_items() -> None:
    content = message(result(1), result(2), result(3), companyId=company(), extra={"a": [1]})
    body = json.loads(parked(content, result(2)).body)
    assert body == {**content, "results": [result(2)]}


def test_a_parked_body_reads_as_the_same_results_when_it_is_moved_back() -> None:
    content = message(
        result(1, "failed", exportedAt="2026-03-01T12:00:00+01:00", failure={"body": {"a": 1e22}}),
        {"accountingEntryId": "bad"},
        result(2),
        companyId=company().upper(),
    )
    first = read_message(content)
    again = read_message(parked(content).body)
    assert (again.job, again.system, again.envelope) == (first.job, first.system, first.envelope)
    assert again.results == first.results


def test_bad_results_of_any_kind_are_parked_as_they_were_written() -> None:
    content = message(None, 7, "text", [1], {}, {"accountingEntryId": 7})
    found = parked(content)
    assert json.loads(found.body) == content
    assert found.accounting_entry_ids == ()


def test_the_ids_of_parked_items_are_at_hand_for_the_log() -> None:
    shouting = {**result(2), "accountingEntryId": entry(2).upper()}
    assert parked(message(result(1), shouting)).accounting_entry_ids == (entry(1), entry(2))


def test_a_wrapped_message_is_parked_without_its_wrapper() -> None:
    content = message(result(1))
    assert json.loads(parked(in_eventbridge(content)).body) == content


def test_the_attributes_say_what_went_wrong_with_what_and_where_it_came_from() -> None:
    found = parked(message(result(1)))
    assert found.attributes == {
        "errorType": "item_rejected",
        "errorMessage": "Pleo refused the item",
        "exportJobId": job(),
        "system": "xero",
        "pleoStatus": "200",
        "sourceMessageId": "m-1",
    }
    assert found.numbers >= {"pleoStatus"}


def test_what_is_not_known_is_left_out_because_sqs_refuses_empty_attributes() -> None:
    found = parked(message(result(1)), why=Rejected(ErrorType.RETRIES_EXHAUSTED, " \n"))
    assert "pleoStatus" not in found.attributes
    assert "errorMessage" not in found.attributes


def test_a_message_that_was_replayed_before_keeps_count_of_it() -> None:
    source = Record("m-1", "handle", json.dumps(message(result(1))), replay_count=3)
    again = read(source)
    assert isinstance(again, Message)
    found = parked(None, source=again)
    assert found.attributes["replayCount"] == "3"
    assert "replayCount" in found.numbers


def test_the_message_group_is_kept_so_that_the_queue_stays_fair() -> None:
    source = read(Record("m-1", "handle", json.dumps(message(result(1))), message_group_id="company-1"))
    assert isinstance(source, Message)
    assert parked(None, source=source).message_group_id == "company-1"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_result_is_parked_so_that_sqs_takes_it_and_it_reads_as_it_was(text: str) -> None:
    content = message(result(1, "failed", failure={"message": text, "body": {text: [text]}}), extra=text)
    assert json.loads(parked(content).body) == content


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_never_makes_an_attribute_that_sqs_refuses(text: str) -> None:
    why = Rejected(ErrorType.ITEM_REJECTED, f"Pleo said: {text}", 200)
    attributes = parked(message(result(1), system=f"x{text}"), why=why).attributes
    assert attributes["errorMessage"].startswith("Pleo said:")
    assert not any(character in "\x00\x07\x1b\r\n" for character in attributes["errorMessage"])


def test_a_long_reason_is_cut() -> None:
    why = Rejected(ErrorType.ITEM_REJECTED, "x" * 5_000_000)
    assert len(parked(message(result(1)), why=why).attributes["errorMessage"]) <= 1_000


@pytest.mark.parametrize("body", ["no JSON", "{", "\t\r\n", "<xml/>", '{"exportJobId": 7}', "😀"])
def test_what_is_no_message_is_parked_whole_with_its_body_unchanged(body: str) -> None:
    why = Rejected(ErrorType.INVALID_MESSAGE, "body is not JSON")
    found = parked_messages(InvalidMessage(record(body), why.reason), ParkWhole(why))
    assert isinstance(found, tuple)
    (only,) = found
    assert only.body == body
    assert illegal(only) is None
    assert only.attributes == {
        "errorType": "invalid_message",
        "errorMessage": "body is not JSON",
        "sourceMessageId": "m-1",
    }


@pytest.mark.parametrize(
    ("body", "taken"), [("", " "), ("\x00\ud800\uffff", "\ufffd\ufffd\ufffd"), ("a\x1bb", "a\ufffdb")]
)
def test_a_body_that_sqs_could_not_have_handed_out_is_made_one_that_it_takes(body: str, taken: str) -> None:
    why = Rejected(ErrorType.INVALID_MESSAGE, "body is not JSON")
    found = parked_messages(InvalidMessage(record(body), why.reason), ParkWhole(why))
    assert isinstance(found, tuple)
    assert found[0].body == taken
    assert illegal(found[0]) is None


def large(number: int, size: int) -> dict[str, Json]:
    return result(number, "failed", failure={"body": "x" * size})


def test_what_is_too_large_for_one_message_is_parked_in_several() -> None:
    results = tuple(large(number, 300_000) for number in range(5))
    source = read_message(message(*results))
    found = parked_messages(source, Park((Parcel(REJECTED, results),)))
    assert isinstance(found, tuple)
    assert len(found) > 1
    assert all(illegal(one) is None for one in found)
    assert [one for each in found for one in json.loads(each.body)["results"]] == list(results)
    assert all(each.attributes == found[0].attributes for each in found)


def test_many_small_results_are_parked_in_one_message() -> None:
    results = tuple(result(number) for number in range(10_000))
    source = read_message(message(*results))
    found = parked_messages(source, Park((Parcel(REJECTED, results),)))
    assert isinstance(found, tuple)
    assert len(found) == 1


@pytest.mark.parametrize("character", ["x", "é", "😀", "\x01", "\ud800", '"'])
def test_the_size_of_a_parked_message_is_never_below_what_sqs_counts(character: str) -> None:
    content = message(result(1, "failed", failure={"message": character * 1000}), system=f"a{character}")
    found = parked(content, why=Rejected(ErrorType.ITEM_REJECTED, character * 1000, 422))
    assert found.size >= billed_size(found)


@pytest.mark.parametrize("size", [MIB - 2_000, MIB])
def test_a_single_result_is_parked_as_long_as_sqs_takes_it(size: int) -> None:
    envelope = len(json.dumps(message(large(1, 0)), separators=(",", ":")))
    results = (large(1, size - envelope),)
    found = parked_messages(read_message(message(*results)), Park((Parcel(REJECTED, results),)))
    if size < MIB:
        assert isinstance(found, tuple)
        assert illegal(found[0]) is None
    else:
        assert isinstance(found, DoesNotFit)
        assert found.size > MIB


def test_a_whole_body_of_one_mebibyte_leaves_no_room_for_a_reason() -> None:
    why = Rejected(ErrorType.INVALID_MESSAGE, "body is not JSON")
    found = parked_messages(InvalidMessage(record("x" * MIB), why.reason), ParkWhole(why))
    assert isinstance(found, DoesNotFit)


def test_a_parked_body_can_be_parked_again_and_stays_the_same() -> None:
    once = parked(message(result(1, "failed", failure={"body": [1.0, 1e22, "é\ud800\uffff"]}), entry=entry()))
    assert parked(once.body).body == once.body
