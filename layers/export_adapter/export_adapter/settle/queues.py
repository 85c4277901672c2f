"""The two queues as the settlement sees them, and their SQS form: nothing else here talks to SQS."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from botocore.exceptions import ClientError

from export_adapter.settle.dead_letter import MAX_BYTES, ParkedMessage

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        MessageAttributeValueTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

LONGEST_CALL: Final = 7.0
"""Seconds that one request to SQS takes at most, its retry included (the timeouts stand in wiring.py)."""

MAX_ENTRIES: Final = 10
"""What SQS takes in one batch request."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Which messages the queue confirmed, by their place; and why it refused the others, in its words."""

    confirmed: frozenset[int]
    problems: tuple[str, ...] = ()


class DeadLetterQueue(Protocol):
    """Takes what is parked."""

    def send(self, messages: Sequence[ParkedMessage]) -> Sent:
        """Send at most MAX_ENTRIES messages of at most MAX_BYTES together. No fault of the queue raises."""
        ...


class VisibilityTimeouts(Protocol):
    """Sets when records of the main queue may be received again."""

    def change(self, timeouts: Mapping[str, int]) -> tuple[str, ...]:
        """Set seconds by receipt handle, for at most MAX_ENTRIES; return what went wrong. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class SqsDeadLetterQueue:
    """The dead-letter queue on SQS."""

    client: "SQSClient"
    url: str

    def send(self, messages: Sequence[ParkedMessage]) -> Sent:
        """Send messages; see DeadLetterQueue. A 200 may carry refusals: only what it names is confirmed."""
        entries = [_entry(place, message) for place, message in enumerate(messages)]
        try:
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
            confirmed = frozenset(int(entry["Id"]) for entry in answer.get("Successful", ()))
            return Sent(confirmed, tuple(str(entry.get("Code")) for entry in answer.get("Failed", ())))
        except Exception as failed:  # noqa: BLE001 -- botocore raises anything where an answer is garbage
            return Sent(frozenset(), (_kind(failed),))


@dataclass(frozen=True, slots=True)
class SqsVisibilityTimeouts:
    """The main queue on SQS."""

    client: "SQSClient"
    url: str

    def change(self, timeouts: Mapping[str, int]) -> tuple[str, ...]:
        """Change visibility timeouts; see VisibilityTimeouts."""
        entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
            {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for place, (handle, seconds) in enumerate(timeouts.items())
        ]
        try:
            answer = self.client.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)
            return tuple(str(entry.get("Code")) for entry in answer.get("Failed", ()))
        except Exception as failed:  # noqa: BLE001 -- as above; what is parked by now must not be parked again
            return (_kind(failed),)


def in_requests(messages: Iterable[ParkedMessage]) -> Iterator[tuple[ParkedMessage, ...]]:
    """Group messages so that each group fits in one request."""
    group: list[ParkedMessage] = []
    size = 0
    for message in messages:
        if group and (len(group) == MAX_ENTRIES or size + message.size > MAX_BYTES):
            yield tuple(group)
            group, size = [], 0
        group.append(message)
        size += message.size
    if group:
        yield tuple(group)


def _entry(place: int, message: ParkedMessage) -> "SendMessageBatchRequestEntryTypeDef":
    attributes: dict[str, MessageAttributeValueTypeDef] = {
        name: {"DataType": "Number" if name in message.numbers else "String", "StringValue": value}
        for name, value in message.attributes.items()
    }
    entry: SendMessageBatchRequestEntryTypeDef = {
        "Id": str(place),
        "MessageBody": message.body,
        "MessageAttributes": attributes,
    }
    if message.message_group_id:
        entry["MessageGroupId"] = message.message_group_id
    return entry


def _kind(failed: Exception) -> str:
    """Name an AWS error by its code, any other by its kind: a text may hold what was sent."""
    if isinstance(failed, ClientError):
        return str(failed.response.get("Error", {}).get("Code", "ClientError"))
    return type(failed).__name__
