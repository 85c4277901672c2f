"""What parking holds at a time: an environment of 512 MB must never be killed before anything is parked."""

import json
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pytest

from export_adapter.model import ErrorType, Message, Rejected
from export_adapter.parked_message import ParkedMessage
from export_adapter.read.reader import read
from export_adapter.settle.queues import Sent
from export_adapter.settle.settlement import Settlement
from tests.fakes.clock import FakeClock
from tests.fakes.items import finished
from tests.fakes.messages import message, record, result
from tests.fakes.queues import MIB, FakeVisibilityTimeouts, billed_size

MOST_HELD: Final = 20 * MIB
RECORDS: Final = 6
REASONS: Final = 24


@dataclass
class CountingQueue:
    """Confirms everything and keeps nothing but sizes, by the record that they came from."""

    bytes_of: dict[str, int] = field(default_factory=dict[str, int])
    results: int = 0

    def send(self, messages: Sequence[ParkedMessage]) -> Sent:
        for one in messages:
            source = one.attributes["sourceMessageId"]
            self.bytes_of[source] = self.bytes_of.get(source, 0) + billed_size(one)
            self.results += one.body.count("accountingEntryId")
        return Sent(frozenset(range(len(messages))))


def full_record(number: int, character: str) -> Message:
    """A record of nearly 1 MiB: one large field that the contract does not know, and 24 results."""
    large = character * (1_000_000 // len(character.encode()))
    content = message(*(result(100 * number + place) for place in range(REASONS)), large=large)
    found = read(record(json.dumps(content, ensure_ascii=False), f"m-{number}"))
    assert isinstance(found, Message)
    return found


@pytest.mark.parametrize("character", ["x", "\U0001f600", "x\U0001f600"], ids=["ASCII", "emoji", "both"])
def test_parking_six_full_records_for_many_reasons_holds_twenty_megabytes_at_most(character: str) -> None:
    records = [full_record(number, character) for number in range(RECORDS)]
    outcomes = [Rejected(ErrorType.ITEM_REJECTED, f"reason {place}", 422) for place in range(REASONS)]
    items = [finished(one, *outcomes) for one in records]
    queue = CountingQueue()
    settlement = Settlement(queue, FakeVisibilityTimeouts(), 5, lambda: 0.5)

    tracemalloc.start()
    try:
        report = settlement.settle(records, items, FakeClock().deadline(60))
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert report.batch_item_failures == []
    assert queue.results == RECORDS * REASONS
    assert held < MOST_HELD
    for one in records:
        assert queue.bytes_of[one.record.message_id] <= 2 * len(one.record.body.encode())
