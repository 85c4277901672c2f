"""The messages that are parked: bodies that can be replayed as they are, reasons in the attributes."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from export_adapter.model import Json, Message, ReadRecord, Rejected
from export_adapter.settle.decision import Park, ParkWhole
from export_adapter.text import shown

MAX_BYTES: Final = 1_048_576
"""What SQS takes, for one message with its attributes and for a whole SendMessageBatch."""

_LONGEST_ATTRIBUTE: Final = 1_000
_ATTRIBUTE_OVERHEAD: Final = 64
_NUMBERS: Final = frozenset({"pleoStatus", "replayCount"})
_ID: Final = re.compile(r"[0-9a-fA-F-]{36}")
_NOT_IN_SQS: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A message for the dead-letter queue. The attributes are text; `numbers` names those of type Number.

    `accounting_entry_ids` are those of its items, for the log; they do not go along.
    """

    body: str
    attributes: Mapping[str, str]
    numbers: frozenset[str] = frozenset()
    message_group_id: str | None = None
    accounting_entry_ids: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes that count towards SQS's limit."""
        attributes = sum(
            len(name.encode()) + len(value.encode()) + _ATTRIBUTE_OVERHEAD
            for name, value in self.attributes.items()
        )
        return len(self.body.encode()) + attributes


@dataclass(frozen=True, slots=True)
class DoesNotFit:
    """A single result with its reason is larger than SQS takes: only SQS itself can move its record."""

    size: int


def parked_messages(read: ReadRecord, decision: Park | ParkWhole) -> tuple[ParkedMessage, ...] | DoesNotFit:
    """Make the messages that a decision asks for; several where one would be too large."""
    made = tuple(_made(read, decision))
    too_large = [parked.size for parked in made if parked.size > MAX_BYTES]
    return DoesNotFit(max(too_large)) if too_large else made


def _made(read: ReadRecord, decision: Park | ParkWhole) -> Iterator[ParkedMessage]:
    if isinstance(decision, Park) and isinstance(read, Message):
        for parcel in decision.parcels:
            yield from _fitting(read, parcel.why, parcel.results)
    elif isinstance(decision, ParkWhole):
        record = read.record
        attributes = _attributes(read, decision.why)
        # SQS takes what it handed out; an event made by hand may hold more, and must not fail its neighbours.
        body = _NOT_IN_SQS.sub("\ufffd", record.body) or " "
        yield ParkedMessage(body, attributes, _NUMBERS, record.message_group_id)


def _fitting(message: Message, why: Rejected, results: tuple[Json, ...]) -> Iterator[ParkedMessage]:
    parked = ParkedMessage(
        body=_json({**message.envelope, "results": list(results)}),
        attributes=_attributes(message, why),
        numbers=_NUMBERS,
        message_group_id=message.record.message_group_id,
        accounting_entry_ids=tuple(_entry_ids(results)),
    )
    if parked.size > MAX_BYTES and len(results) > 1:
        half = len(results) // 2
        yield from _fitting(message, why, results[:half])
        yield from _fitting(message, why, results[half:])
    else:
        yield parked


def _entry_ids(results: Iterable[Json]) -> Iterator[str]:
    """Return the ids of results; what a bad result holds in the place of one is not for the log."""
    for result in results:
        entry = result.get("accountingEntryId") if isinstance(result, dict) else None
        if isinstance(entry, str) and _ID.fullmatch(entry):
            yield entry.lower()


def _attributes(read: ReadRecord, why: Rejected) -> dict[str, str]:
    """Say what went wrong. SQS refuses empty values, so what is not known is left out."""
    attributes: dict[str, str | None] = {
        "errorType": why.error_type,
        "errorMessage": why.reason,
        "exportJobId": read.job.export_job_id if isinstance(read, Message) else None,
        "system": read.system if isinstance(read, Message) else None,
        "pleoStatus": str(why.pleo_status) if why.pleo_status else None,
        "sourceMessageId": read.record.message_id,
        "replayCount": str(read.record.replay_count) if read.record.replay_count else None,
    }
    fit = {name: shown(value or "", _LONGEST_ATTRIBUTE) for name, value in attributes.items()}
    return {name: value for name, value in fit.items() if value}


def _json(content: Json) -> str:
    """Write JSON as short as it came: characters as they are, but for those that SQS refuses."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return _NOT_IN_SQS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
