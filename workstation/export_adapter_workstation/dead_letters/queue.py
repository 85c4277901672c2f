"""The two queues on SQS: receiving, visibility, deleting, counting, sending. Errors are botocore's."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from export_adapter.settle.dead_letter import MAX_BYTES
from export_adapter.settle.queues import MAX_ENTRIES
from export_adapter_workstation.dead_letters.message import Attribute, DeadLetter

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        MessageAttributeValueTypeDef,
        MessageTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

# A receive that waits asks all of SQS's servers; one that does not asks some, and may find nothing.
_WAIT_SECONDS: Final = 1


@dataclass(frozen=True, slots=True)
class Counts:
    """About how many messages a queue holds; SQS's counts are exact only after a minute of rest.

    `redrives_to` is the ARN of the queue that messages are moved to after some receives, if any.
    """

    visible: int
    in_flight: int
    delayed: int = 0
    redrives_to: str | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return self.visible + self.in_flight + self.delayed


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent. AWSTraceHeader is not among the attributes: the X-Ray trace ends here."""

    body: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])
    message_group_id: str | None = None

    @property
    def size(self) -> int:
        """Bytes that count towards SQS's limit: the body, and each attribute's name, type and value."""
        texts = [self.body, *self.attributes]
        for attribute in self.attributes.values():
            texts += [attribute.data_type, attribute.text or ""]
        binaries = sum(len(attribute.binary or b"") for attribute in self.attributes.values())
        return sum(len(text.encode()) for text in texts) + binaries


@dataclass(frozen=True, slots=True)
class SendAnswer:
    """The id of each message that SQS confirmed and the code of each that it refused, by its place."""

    sent: Mapping[int, str] = field(default_factory=dict[int, str])
    refused: Mapping[int, str] = field(default_factory=dict[int, str])


@dataclass(frozen=True, slots=True)
class SqsQueue:
    """One queue. A request takes at most MAX_ENTRIES messages or receipt handles."""

    client: "SQSClient"
    url: str

    @property
    def name(self) -> str:
        """The queue's name, the last part of its URL."""
        return self.url.rpartition("/")[2]

    def receive(self, hidden_seconds: int) -> Mapping[str, DeadLetter]:
        """Receive up to ten messages, by receipt handle, and hide them; wait a second if there are none."""
        answer = self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=MAX_ENTRIES,
            WaitTimeSeconds=_WAIT_SECONDS,
            VisibilityTimeout=hidden_seconds,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return {one["ReceiptHandle"]: _dead_letter(one) for one in answer.get("Messages", ())}

    def make_visible(self, receipt_handles: Sequence[str]) -> None:
        """End the visibility timeout of messages, so that they can be received again at once."""
        self.client.change_message_visibility_batch(
            QueueUrl=self.url,
            Entries=[
                {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for place, handle in enumerate(receipt_handles)
            ],
        )

    def delete(self, receipt_handles: Sequence[str]) -> frozenset[str]:
        """Delete messages; return the receipt handles of those that SQS confirms."""
        answer = self.client.delete_message_batch(
            QueueUrl=self.url,
            Entries=[
                {"Id": str(place), "ReceiptHandle": handle} for place, handle in enumerate(receipt_handles)
            ],
        )
        return frozenset(receipt_handles[int(entry["Id"])] for entry in answer.get("Successful", ()))

    def counts(self) -> Counts:
        """Count the messages of the queue."""
        attributes = self.client.get_queue_attributes(
            QueueUrl=self.url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
                "RedrivePolicy",
            ],
        )["Attributes"]
        redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
        return Counts(
            visible=int(attributes["ApproximateNumberOfMessages"]),
            in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(attributes["ApproximateNumberOfMessagesDelayed"]),
            redrives_to=redrive.get("deadLetterTargetArn"),
        )

    def send(self, messages: Sequence[Outgoing]) -> SendAnswer:
        """Send messages that fit in one request. After an error any of them may have been sent."""
        entries = [_entry(place, message) for place, message in enumerate(messages)]
        answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
        return SendAnswer(
            {int(entry["Id"]): entry["MessageId"] for entry in answer.get("Successful", ())},
            {int(entry["Id"]): str(entry.get("Code")) for entry in answer.get("Failed", ())},
        )


def in_requests[T](items: Iterable[T], outgoing: Callable[[T], Outgoing]) -> Iterator[tuple[T, ...]]:
    """Group what is to be sent so that each group fits in one SendMessageBatch.

    None of `items` may be larger by itself than SQS takes.
    """
    group: list[T] = []
    size = 0
    for item in items:
        more = outgoing(item).size
        if group and (len(group) == MAX_ENTRIES or size + more > MAX_BYTES):
            yield tuple(group)
            group, size = [], 0
        group.append(item)
        size += more
    if group:
        yield tuple(group)


def _dead_letter(message: "MessageTypeDef") -> DeadLetter:
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


def _entry(place: int, message: Outgoing) -> "SendMessageBatchRequestEntryTypeDef":
    entry: SendMessageBatchRequestEntryTypeDef = {"Id": str(place), "MessageBody": message.body}
    if message.attributes:
        entry["MessageAttributes"] = {
            name: _attribute_value(attribute) for name, attribute in message.attributes.items()
        }
    if message.message_group_id:
        entry["MessageGroupId"] = message.message_group_id
    return entry


def _attribute_value(attribute: Attribute) -> "MessageAttributeValueTypeDef":
    if attribute.binary is not None:
        return {"DataType": attribute.data_type, "BinaryValue": attribute.binary}
    return {"DataType": attribute.data_type, "StringValue": attribute.text or ""}
