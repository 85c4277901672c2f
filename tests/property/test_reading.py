import json

from hypothesis import given
from hypothesis import strategies as st

from export_adapter.model import (
    ErrorType,
    InvalidMessage,
    InvalidResult,
    Json,
    Message,
    Rejected,
)
from export_adapter.read.reader import read
from export_adapter.settle.dead_letter import parked_messages
from export_adapter.settle.decision import Parcel, Park
from tests.fakes.messages import record
from tests.fakes.queues import illegal
from tests.property.strategies import any_json, any_text, bodies, messages, spoilt

WHY = Rejected(ErrorType.ITEM_REJECTED, "Pleo refused the item")


def as_written(message: Message) -> list[Json]:
    return [json.loads(one.original) for one in message.results]


def is_printable(text: str) -> bool:
    return text.isprintable() and bool(text.strip())


@given(st.one_of(any_text, any_json.map(json.dumps), bodies(spoilt(messages)), bodies()))
def test_whatever_the_body_is_the_record_is_read_or_refused_with_a_reason(body: str) -> None:
    found = read(record(body))
    if isinstance(found, InvalidMessage):
        assert is_printable(found.reason)
    else:
        assert found.results
        assert all(is_printable(one.reason) for one in found.results if isinstance(one, InvalidResult))


@given(bodies(), st.integers(min_value=0), st.sampled_from(["", "\x00", '"', "}", "[" * 100]))
def test_a_body_that_was_cut_or_garbled_is_read_or_refused_with_a_reason(
    body: str, place: int, garbage: str
) -> None:
    place %= len(body)
    found = read(record(body[:place] + garbage + body[place + 1 :]))
    assert not isinstance(found, InvalidMessage) or is_printable(found.reason)


@given(messages)
def test_every_result_is_read_or_refused_and_stands_as_it_was_written(content: dict[str, Json]) -> None:
    found = read(record(content))
    assert isinstance(found, Message)
    assert as_written(found) == content["results"]
    envelope = {name: json.loads(text) for name, text in found.envelope.items()}
    assert {**envelope, "results": as_written(found)} == content


@given(bodies())
def test_a_parked_body_is_a_message_that_sqs_takes_and_that_reads_as_the_same_results(body: str) -> None:
    first = read(record(body))
    assert isinstance(first, Message)
    parked = parked_messages(first, Park((Parcel(WHY, first.results),)))
    assert isinstance(parked, tuple)
    (only,) = parked
    assert illegal(only) is None
    again = read(record(only.body))
    assert isinstance(again, Message)
    assert (again.job, again.system, again.envelope) == (first.job, first.system, first.envelope)
    assert again.results == first.results
