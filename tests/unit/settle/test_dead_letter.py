import json
from dataclasses import replace

import pytest

from export_adapter.model import ErrorType, InvalidMessage, Json, Message, Record, Rejected
from export_adapter.parked_message import MAX_BYTES, ParkedMessage
from export_adapter.read.reader import read
from export_adapter.settle.dead_letter import DoesNotFit, parked_messages
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
    chosen = [one for one in source.results if not results or json.loads(one.original) in results]
    messages = parked_messages(source, Park((Parcel(why, tuple(chosen)),)))
    assert isinstance(messages, tuple)
    (only,) = messages
    assert illegal(only) is None
    return only


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
    assert found.outgoing.attributes["pleoStatus"].data_type == "Number"


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
    assert found.outgoing.attributes["replayCount"].data_type == "Number"


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


def parcels(source: Message, *reasons: Rejected) -> Park:
    """Park the results of a message, one for each reason, all of them where there is one reason."""
    if len(reasons) == 1:
        return Park((Parcel(reasons[0], source.results),))
    pairs = zip(reasons, source.results, strict=True)
    return Park(tuple(Parcel(why, (one,)) for why, one in pairs))


def made(source: Message, *reasons: Rejected) -> tuple[ParkedMessage, ...]:
    found = parked_messages(source, parcels(source, *reasons))
    assert isinstance(found, tuple)
    assert all(illegal(one) is None for one in found)
    return found


def results_in(*parked: ParkedMessage) -> list[Json]:
    return [one for each in parked for one in json.loads(each.body)["results"]]


def test_what_is_too_large_for_one_message_is_parked_in_several() -> None:
    results = tuple(large(number, 300_000) for number in range(5))
    source = read_message(message(*results[:3]))
    source = replace(source, results=source.results + read_message(message(*results[3:])).results)
    found = made(source, REJECTED)
    assert [len(json.loads(each.body)["results"]) for each in found] == [3, 2]
    assert results_in(*found) == list(results)
    assert all(each.attributes == found[0].attributes for each in found)
    assert found[1].accounting_entry_ids == (entry(3), entry(4))


def test_many_small_results_are_parked_in_one_message() -> None:
    source = read_message(message(*(result(number) for number in range(10_000))))
    (only,) = made(source, REJECTED)
    assert len(only.accounting_entry_ids) == 1_000


def padded_to(size: int, *, results: int) -> Message:
    """A message of so many results that is just so large once it is parked with its reason."""
    source = read_message(message(*(result(number) for number in range(results)), padding=""))
    (parked,) = made(source, REJECTED)
    padding = json.dumps("x" * (size - parked.size))
    return replace(source, envelope={**source.envelope, "padding": padding})


def test_a_parked_message_may_be_as_large_as_sqs_takes_and_is_not_divided_for_nothing() -> None:
    assert [one.size for one in made(padded_to(MAX_BYTES, results=2), REJECTED)] == [MAX_BYTES]


def test_results_that_are_one_byte_too_large_together_are_parked_apart() -> None:
    found = made(padded_to(MAX_BYTES + 1, results=6), REJECTED)
    assert [one.body.count("accountingEntryId") for one in found] == [5, 1]


def test_one_result_that_is_one_byte_too_large_does_not_fit() -> None:
    source = padded_to(MAX_BYTES + 1, results=1)
    assert parked_messages(source, parcels(source, REJECTED)) == DoesNotFit(MAX_BYTES + 1)


def reasons(count: int) -> list[Rejected]:
    return [Rejected(ErrorType.ITEM_REJECTED, f"reason {number}", 200) for number in range(count)]


def test_small_unknown_fields_go_with_every_dead_letter_and_large_ones_with_the_first_only() -> None:
    fields: dict[str, Json] = {"tenant": "a" * 3_000, "large": "b" * 5_000, "more": "c" * 3_000, "tag": "d"}
    found = made(read_message(message(*map(result, range(3)), companyId=company(), **fields)), *reasons(3))
    known = {"exportJobId", "system", "companyId", "results"}
    assert [json.loads(one.body).keys() - known for one in found] == [
        fields.keys(),
        {"tenant", "tag"},
        {"tenant", "tag"},
    ]


@pytest.mark.parametrize("field", ["x" * 900_000, "é" * 450_000, ["\u0000"] * 30_000])
def test_the_dead_letters_of_a_record_are_together_at_most_twice_its_size(field: Json) -> None:
    fields: dict[str, Json] = {f"small{number}": "x" * 2_000 for number in range(40)}
    body = json.dumps(message(*map(result, range(24)), large=field, **fields), ensure_ascii=False)
    found = made(read_message(body), *reasons(24))
    assert len(found) == 24
    assert sum(one.size for one in found) <= 2 * len(body.encode())
    assert results_in(*found) == [result(number) for number in range(24)]


def test_the_contracts_own_fields_go_with_every_dead_letter_however_long() -> None:
    found = made(read_message(message(result(1), result(2), system="\u0001x" * 50)), *reasons(2))
    assert all(json.loads(one.body)["system"] == "\u0001x" * 50 for one in found)


@pytest.mark.parametrize("character", ["x", "é", "😀", "\x01", "\ud800", '"'])
def test_the_size_of_a_parked_message_is_never_below_what_sqs_counts(character: str) -> None:
    content = message(result(1, "failed", failure={"message": character * 1000}), system=f"a{character}")
    found = parked(content, why=Rejected(ErrorType.ITEM_REJECTED, character * 1000, 422))
    assert found.size >= billed_size(found)


def test_a_whole_body_of_one_mebibyte_leaves_no_room_for_a_reason() -> None:
    why = Rejected(ErrorType.INVALID_MESSAGE, "body is not JSON")
    found = parked_messages(InvalidMessage(record("x" * MIB), why.reason), ParkWhole(why))
    assert isinstance(found, DoesNotFit)


EXACT = [
    "1e400",
    "-1E+400",
    "NaN",
    "100000000000000000000.01",
    "1.0",
    "1e22",
    "9" * 5_000,
    "[" * 70 + '"]"' + "]" * 70,
    '{"a": 1, "a": 2}',
    '"\\u00e9\\/ \\ud800"',
    "[ 1 ,\n2 ]",
]


@pytest.mark.parametrize("body", EXACT, ids=lambda one: one[:12])
def test_a_result_is_parked_as_it_was_written_and_so_it_stays_when_it_is_parked_again(body: str) -> None:
    written = f'{{"accountingEntryId" : "{entry(1)}", "status": "failed", "failure": {{"body": {body}}}}}'
    content = f'{{"exportJobId": "{job()}", "system": "xero", "results": [ {written} ], "more": 1.00}}'
    once = parked(content)
    assert f'"results":[{written}]' in once.body
    assert '"more":1.00' in once.body
    assert parked(once.body).body == once.body


def test_a_field_keeps_its_name_whatever_characters_it_has() -> None:
    name = 'quo"te \u0001 \ud800 é \uffff'
    content: dict[str, Json] = {**message(result(1)), name: [1]}
    assert json.loads(parked(content).body) == content


def test_a_message_that_is_parked_whole_stays_in_its_group() -> None:
    unreadable = InvalidMessage(Record("id", "handle", "no JSON", message_group_id="company-1"), "why")
    found = parked_messages(unreadable, ParkWhole(Rejected(ErrorType.INVALID_MESSAGE, "why")))
    assert isinstance(found, tuple)
    assert found[0].message_group_id == "company-1"
