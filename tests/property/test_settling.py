import json
from collections import Counter
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from export_adapter.model import (
    Delivered,
    ErrorType,
    InvalidMessage,
    Json,
    Message,
    Outcome,
    ReadRecord,
    Rejected,
    Undelivered,
    UnreadMessage,
)
from export_adapter.parked_message import ParkedMessage
from export_adapter.read.reader import read
from export_adapter.settle.decision import ReturnToQueue
from export_adapter.settle.settlement import Settlement
from tests.fakes.clock import FakeClock
from tests.fakes.items import finished
from tests.fakes.messages import message, record, result
from tests.fakes.queues import FakeDeadLetterQueue, FakeVisibilityTimeouts

LAST = 5

outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.builds(Delivered, st.just("accepted")),
    st.builds(
        Rejected,
        st.sampled_from([ErrorType.ITEM_REJECTED, ErrorType.REQUEST_REJECTED]),
        st.sampled_from(["one reason", "another", "\x00\ud800"]),
        st.sampled_from([None, 200, 400]),
    ),
    st.builds(
        Undelivered,
        st.sampled_from(["timeout", "no_credentials"]),
        st.just("later"),
        st.sampled_from([None, 503]),
        st.sampled_from([None, 0.0, 30.0, 1e9]),
    ),
)


@dataclass
class Luck:
    """The same answers, yes or no, each time they are drawn in the same order."""

    answers: list[bool]

    def strikes(self, _: object) -> bool:
        return self.answers.pop() if self.answers else False


@st.composite
def taken(draw: st.DrawFn, number: int) -> tuple[ReadRecord, list[Outcome]]:
    """A record, with an outcome for each of its good results. A bad one is a number that no other has."""
    name, receive_count = f"m-{number}", draw(st.integers(1, LAST + 1))
    if draw(st.integers(0, 9)) == 0:
        return read(record(f"no JSON {number}", name, receive_count)), []
    fates = draw(st.lists(st.none() | outcomes, min_size=1, max_size=4))
    parts: list[Json] = [
        1000 * number + place
        if fate is None
        else result(1000 * number + place, failure={"body": "x" * draw(sizes)})
        for place, fate in enumerate(fates)
    ]
    made = record(message(*parts), name, receive_count)
    if draw(st.integers(0, 9)) == 0:
        return UnreadMessage(made), []
    return read(made), [fate for fate in fates if fate is not None]


sizes = st.sampled_from([0, 0, 0, 300_000, 600_000])


def pieces(read_record: ReadRecord) -> list[str]:
    if isinstance(read_record, InvalidMessage):
        return [read_record.record.body]
    return [json.dumps(one) for one in json.loads(read_record.record.body)["results"]]


def parked_pieces(messages: list[ParkedMessage]) -> Counter[str]:
    found: Counter[str] = Counter()
    for parked in messages:
        if parked.attributes["errorType"] == "invalid_message":
            found[parked.body] += 1
        else:
            found.update(json.dumps(one) for one in json.loads(parked.body)["results"])
    return found


@given(st.data())
def test_whatever_sqs_does_each_piece_is_delivered_parked_or_returned_and_never_acknowledged_too_soon(
    data: st.DataObject,
) -> None:
    drawn = [data.draw(taken(number)) for number in range(data.draw(st.integers(1, 12)))]
    records = [one for one, _ in drawn]
    items = [finished(one, *fates) if isinstance(one, Message) else [] for one, fates in drawn]
    delivered: set[str] = set()
    for one, fates in drawn:
        remaining = iter(fates)
        for piece in pieces(one):
            if isinstance(one, Message) and isinstance(json.loads(piece), dict):
                delivered |= {piece} if isinstance(next(remaining), Delivered) else set()
    flags = st.lists(st.booleans(), max_size=15)
    clock = FakeClock()
    queue = FakeDeadLetterQueue(
        refuses=Luck(data.draw(flags)).strikes,
        keeps_but_does_not_confirm=Luck(data.draw(flags)).strikes,
        on_request=lambda: clock.sleep(data.draw(st.sampled_from([0.0, 0.1, 7.0]))),
    )
    visibility = FakeVisibilityTimeouts(
        refuses=Luck(data.draw(flags)).strikes,
        on_request=lambda: clock.sleep(data.draw(st.sampled_from([0.0, 0.1, 7.0]))),
    )
    seconds = data.draw(st.sampled_from([-1.0, 5.0, 7.5, 15.0, 60.0]))
    begun = clock.now
    report = Settlement(queue, visibility, LAST, lambda: 0.5).settle(records, items, clock.deadline(seconds))

    assert queue.illegal == []
    assert visibility.illegal == []
    assert clock.now <= begun + max(0.0, seconds)
    parked = parked_pieces(queue.messages)
    for settled in report.settled:
        went_back = settled.read.record.message_id in report.batch_item_failures
        sqs_failed = isinstance(settled.decision, ReturnToQueue) and settled.decision.cause == "not_parked"
        for piece in pieces(settled.read):
            if not went_back:
                assert parked[piece] == (0 if piece in delivered else 1)
            else:
                assert parked[piece] <= (1 if sqs_failed else 0)
