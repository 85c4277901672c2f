"""Which messages a decision to park makes: how results and the fields around them are divided among them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from export_adapter.model import Message, ReadRecord
from export_adapter.parked_message import (
    MAX_BYTES,
    ParkedMessage,
    attributes_of,
    body_of,
    escaped,
    field_text,
    sendable_body,
)
from export_adapter.settle.decision import Parcel, Park, ParkWhole

MOST_REPEATED: Final = 4_096
"""Bytes of unknown fields that go with every dead letter of a record; the others go with the first only.

Otherwise a large field and many reasons would make many times the record of it.
"""

MOST_IDS: Final = 1_000
"""Ids of accounting entries of one dead letter that are noted for one line of the log."""

_CONTRACT: Final = frozenset({"exportJobId", "system", "companyId"})


@dataclass(frozen=True, slots=True)
class DoesNotFit:
    """A single result with its reason is larger than SQS takes: only SQS itself can move its record."""

    size: int


def parked_messages(read: ReadRecord, decision: Park | ParkWhole) -> tuple[ParkedMessage, ...] | DoesNotFit:
    """Make the messages that a decision asks for; several where one would be too large.

    Their bodies are together at most as large as the record's, plus MOST_REPEATED and the contract's own
    fields once more for each.
    """
    made = tuple(_made(read, decision))
    too_large = [size for size in (parked.size for parked in made) if size > MAX_BYTES]
    return DoesNotFit(max(too_large)) if too_large else made


def _made(read: ReadRecord, decision: Park | ParkWhole) -> Iterator[ParkedMessage]:
    if isinstance(decision, Park) and isinstance(read, Message):
        repeated, once = _fields(read.envelope)
        fields = [*repeated, *once]
        for parcel in decision.parcels:
            for parked in _filled(read, parcel, fields, repeated):
                yield parked
                fields = repeated
    elif isinstance(decision, ParkWhole):
        attributes = attributes_of(read, decision.why)
        yield ParkedMessage(sendable_body(read.record.body), attributes, read.record.message_group_id)


def _fields(envelope: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the fields that go with every message, and those that go with the first only."""
    repeated: list[str] = []
    once: list[str] = []
    left = MOST_REPEATED
    for name, value in envelope.items():
        text = field_text(name, value)
        size = len(text.encode()) if name not in _CONTRACT else 0
        (repeated if size <= left else once).append(text)
        left -= size if size <= left else 0
    return repeated, once


def _filled(message: Message, parcel: Parcel, first: list[str], others: list[str]) -> Iterator[ParkedMessage]:
    """Fill messages with the results of a parcel: the first one has the fields `first`."""
    attributes = attributes_of(message, parcel.why)

    def parked(fields: list[str], results: list[str], ids: Iterable[str | None] = ()) -> ParkedMessage:
        entries = tuple(one for one in ids if one)[:MOST_IDS]
        return ParkedMessage(body_of(fields, results), attributes, message.record.message_group_id, entries)

    fields, texts, ids = first, list[str](), list[str | None]()
    space_left = MAX_BYTES - parked(fields, []).size
    for result in parcel.results:
        text = escaped(result.original)
        size = len(text.encode()) + len(",")
        # The first result of a message has no comma before it.
        if texts and size > space_left + len(","):
            yield parked(fields, texts, ids)
            fields, texts, ids = others, [], []
            space_left = MAX_BYTES - parked(fields, []).size
        texts.append(text)
        ids.append(result.accounting_entry_id)
        space_left -= size
    yield parked(fields, texts, ids)
