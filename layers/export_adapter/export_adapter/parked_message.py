"""A message on the dead-letter queue: attributes, body, size. Written by settle, read by the tools.

The names of the attributes stand here alone. What SQS takes stands here too, for every message that is sent.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from export_adapter.model import Message, ReadRecord, Rejected
from export_adapter.text import shown

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_sqs.type_defs import (
        MessageAttributeValueTypeDef,
        MessageTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

MAX_BYTES: Final = 1_048_576
"""What SQS takes, for one message with its attributes and for a whole SendMessageBatch."""

MAX_ENTRIES: Final = 10
"""What SQS takes in one batch request."""

MAX_ATTRIBUTES: Final = 10
"""What SQS takes on one message."""

ERROR_TYPE: Final = "errorType"
ERROR_MESSAGE: Final = "errorMessage"
EXPORT_JOB_ID: Final = "exportJobId"
SYSTEM: Final = "system"
PLEO_STATUS: Final = "pleoStatus"
SOURCE_MESSAGE_ID: Final = "sourceMessageId"
REPLAY_COUNT: Final = "replayCount"

_REPLAY_ID: Final = "replayId"
"""Earlier versions wrote it; it is left out when such a message is replayed."""

MOVED_BY_SQS: Final = "moved_by_sqs"
"""Stands for the error type where SQS itself moved a message, after its last receive."""

UNKNOWN: Final = "unknown"
"""Stands for the error type of a message that neither the function nor SQS put there."""

NOT_IN_SQS: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that SQS refuses, in a body as in an attribute."""

_NUMBERS: Final = frozenset({PLEO_STATUS, REPLAY_COUNT})
_DROPPED_FIRST: Final = (
    ERROR_MESSAGE,
    PLEO_STATUS,
    SOURCE_MESSAGE_ID,
    EXPORT_JOB_ID,
    SYSTEM,
    ERROR_TYPE,
)
_LONGEST_ATTRIBUTE: Final = 1_000
_MOST_DIGITS: Final = 6
_NO_REASON: Final = {
    MOVED_BY_SQS: "SQS moved it here after its last receive: the function did not finish with it",
    UNKNOWN: "another program put it here: it has no errorType",
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """A message attribute as SQS keeps it: text, or bytes where `data_type` begins with Binary."""

    data_type: str
    text: str | None = None
    binary: bytes | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent to a queue."""

    body: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])
    message_group_id: str | None = None

    @property
    def size(self) -> int:
        """Bytes that count towards SQS's limit: the body, and each attribute's name, type and value."""
        size = len(self.body.encode())
        for name, attribute in self.attributes.items():
            value = attribute.binary or (attribute.text or "").encode()
            size += len(name.encode()) + len(attribute.data_type.encode()) + len(value)
        return size

    def entry(self, place: int) -> "SendMessageBatchRequestEntryTypeDef":
        """Return the message as an entry of a SendMessageBatch; its id there is its place."""
        attributes: dict[str, MessageAttributeValueTypeDef] = {
            name: {"DataType": one.data_type, "StringValue": one.text or ""}
            if one.binary is None
            else {"DataType": one.data_type, "BinaryValue": one.binary}
            for name, one in self.attributes.items()
        }
        entry: SendMessageBatchRequestEntryTypeDef = {
            "Id": str(place),
            "MessageBody": self.body,
            "MessageAttributes": attributes,
        }
        if self.message_group_id:
            entry["MessageGroupId"] = self.message_group_id
        return entry


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A message for the dead-letter queue, all of its attributes in text.

    `accounting_entry_ids` are those of its items, for the log; they do not go along.
    """

    body: str
    attributes: Mapping[str, str]
    message_group_id: str | None = None
    accounting_entry_ids: tuple[str, ...] = ()

    @property
    def outgoing(self) -> Outgoing:
        """The message with its attributes in the types that SQS knows."""
        return Outgoing(
            self.body,
            {name: _typed(name, value) for name, value in self.attributes.items()},
            self.message_group_id,
        )

    @property
    def size(self) -> int:
        """Bytes that count towards SQS's limit."""
        return self.outgoing.size


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message of the dead-letter queue, as it was received.

    `sent_at` is when the function parked it; SQS keeps the first sender's time on what it moves itself.
    """

    message_id: str
    body: str
    sent_at: datetime
    attributes: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])
    message_group_id: str | None = None
    moved_by_sqs: bool = False

    def text(self, name: str) -> str | None:
        """Return an attribute's text; None where it has none."""
        attribute = self.attributes.get(name)
        return attribute.text if attribute else None

    @property
    def error_type(self) -> str:
        """Why it is here, in one word: what the function noted, unless SQS moved it afterwards."""
        return MOVED_BY_SQS if self.moved_by_sqs else self.text(ERROR_TYPE) or UNKNOWN

    @property
    def why(self) -> str:
        """Why it is here, in a sentence; empty where nothing says so.

        What SQS moved may have an errorMessage: from before a replay, which says nothing about now.
        """
        no_reason = _NO_REASON.get(self.error_type, "")
        return no_reason if self.moved_by_sqs else self.text(ERROR_MESSAGE) or no_reason

    @property
    def replay_count(self) -> int:
        """How often it has been replayed before."""
        digits = self.text(REPLAY_COUNT) or ""
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else 0


def dead_letter_of(message: "MessageTypeDef") -> DeadLetter:
    """Read a message as ReceiveMessage returns it, with all of its attributes asked for."""
    system_attributes = message.get("Attributes", {})
    return DeadLetter(
        message_id=message["MessageId"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(int(system_attributes.get("SentTimestamp", "0")) / 1000, UTC),
        attributes={
            name: Attribute(
                value.get("DataType", "String"), value.get("StringValue"), value.get("BinaryValue")
            )
            for name, value in message.get("MessageAttributes", {}).items()
        },
        message_group_id=system_attributes.get("MessageGroupId"),
        moved_by_sqs="DeadLetterQueueSourceArn" in system_attributes,
    )


def replay_of(dead_letter: DeadLetter) -> Outgoing:
    """Return what goes back to the main queue for a dead letter: the same, with `replayCount` one higher.

    Where ten attributes or 1 MiB are exceeded, attributes that the function wrote are left out: it writes
    them anew when the message is parked again. The caller checks whether the rest is within the limits.
    """
    attributes = {name: one for name, one in dead_letter.attributes.items() if name != _REPLAY_ID}
    attributes[REPLAY_COUNT] = _typed(REPLAY_COUNT, str(dead_letter.replay_count + 1))
    for name in _DROPPED_FIRST:
        copy = Outgoing(dead_letter.body, attributes, dead_letter.message_group_id)
        if len(attributes) <= MAX_ATTRIBUTES and copy.size <= MAX_BYTES:
            break
        attributes.pop(name, None)
    return Outgoing(dead_letter.body, attributes, dead_letter.message_group_id)


def attributes_of(read: ReadRecord, why: Rejected) -> dict[str, str]:
    """Return the attributes of what is parked: what went wrong, with what, and where it came from.

    SQS refuses empty values, so what is not known is left out.
    """
    attributes: dict[str, str | None] = {
        ERROR_TYPE: why.error_type,
        ERROR_MESSAGE: why.reason,
        EXPORT_JOB_ID: read.job.export_job_id if isinstance(read, Message) else None,
        SYSTEM: read.system if isinstance(read, Message) else None,
        PLEO_STATUS: str(why.pleo_status) if why.pleo_status else None,
        SOURCE_MESSAGE_ID: read.record.message_id,
        REPLAY_COUNT: str(read.record.replay_count) if read.record.replay_count else None,
    }
    fit = {name: shown(value or "", _LONGEST_ATTRIBUTE) for name, value in attributes.items()}
    return {name: value for name, value in fit.items() if value}


def field_text(name: str, value: str) -> str:
    """Return a field of a body from its name and the JSON text of its value."""
    return escaped(f"{json.dumps(name)}:{value}")


def body_of(fields: Iterable[str], results: Iterable[str]) -> str:
    """Return a body that reads as a message: fields as `field_text` makes them, and results as JSON texts."""
    return "{" + "".join(f"{one}," for one in fields) + f'"results":[{",".join(results)}]}}'


def escaped(text: str) -> str:
    r"""Return a JSON text that SQS takes: what SQS refuses can stand in strings only, and becomes \uXXXX."""
    return NOT_IN_SQS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def sendable_body(body: str) -> str:
    """Return a body that is no message as SQS takes it; it takes unchanged whatever it handed out itself."""
    return NOT_IN_SQS.sub("\ufffd", body) or " "


def in_requests[T](messages: Iterable[T], size: Callable[[T], int]) -> Iterator[tuple[T, ...]]:
    """Group messages so that each group fits in one SendMessageBatch; none may be above MAX_BYTES by itself.

    Takes from `messages` no more than the group at hand and the message that did not fit in it.
    """
    group: list[T] = []
    filled = 0
    for message in messages:
        more = size(message)
        if group and (len(group) == MAX_ENTRIES or filled + more > MAX_BYTES):
            yield tuple(group)
            group, filled = [], 0
        group.append(message)
        filled += more
    if group:
        yield tuple(group)


def _typed(name: str, value: str) -> Attribute:
    return Attribute("Number" if name in _NUMBERS else "String", value)
