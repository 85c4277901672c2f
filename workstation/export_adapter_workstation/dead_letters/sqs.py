"""The two queues on SQS."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from export_adapter_workstation.dead_letters.letter import Attribute, DeadLetter
from export_adapter_workstation.dead_letters.outgoing import Outgoing
from export_adapter_workstation.dead_letters.queues import (
    Counts,
    NoAnswerError,
    Received,
    SeenCopies,
    SendAnswer,
)

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        MessageAttributeValueOutputTypeDef,
        MessageAttributeValueTypeDef,
        MessageTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

_AT_ONCE: Final = 10
# A receive that waits asks all of SQS's servers; one that does not asks some, and may find nothing.
_WAIT_SECONDS: Final = 1
_MOST_LOOKED_AT: Final = 500
_LOOK_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class SqsDeadLetterQueue:
    """The dead-letter queue; see DeadLetterQueue. Faults of AWS raise as botocore raises them."""

    client: "SQSClient"
    url: str

    def receive(self, hidden_seconds: int) -> Sequence[Received]:
        """Receive up to ten messages; waits for a second where there is none."""
        answer = self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=_AT_ONCE,
            WaitTimeSeconds=_WAIT_SECONDS,
            VisibilityTimeout=hidden_seconds,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return [_received(message) for message in answer.get("Messages", ())]

    def hide(self, receipt_handles: Sequence[str], seconds: int) -> frozenset[str]:
        """Change visibility timeouts."""
        return _hide(self.client, self.url, receipt_handles, seconds)

    def delete(self, receipt_handles: Sequence[str]) -> frozenset[str]:
        """Delete messages."""
        answer = self.client.delete_message_batch(
            QueueUrl=self.url,
            Entries=[
                {"Id": str(place), "ReceiptHandle": handle} for place, handle in enumerate(receipt_handles)
            ],
        )
        return frozenset(receipt_handles[int(entry["Id"])] for entry in answer.get("Successful", ()))

    def counts(self) -> Counts:
        """Count what is on the queue."""
        return _counts(self.client, self.url)


@dataclass(frozen=True, slots=True)
class SqsMainQueue:
    """The main queue; see MainQueue. `asks_once` is a client that never repeats a request on its own."""

    client: "SQSClient"
    asks_once: "SQSClient"
    url: str

    def send(self, messages: Sequence[Outgoing]) -> SendAnswer:
        """Send messages in one request."""
        entries = [_entry(place, message) for place, message in enumerate(messages)]
        try:
            answer = self.asks_once.send_message_batch(QueueUrl=self.url, Entries=entries)
        except ClientError as refused:
            status = refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise NoAnswerError(f"SQS answered {status}") from refused
            code = str(refused.response.get("Error", {}).get("Code", status))
            return SendAnswer(refused=dict.fromkeys(range(len(messages)), code))
        except BotoCoreError as lost:
            raise NoAnswerError(f"SQS did not answer ({type(lost).__name__})") from lost
        return SendAnswer(
            frozenset(int(entry["Id"]) for entry in answer.get("Successful", ())),
            {int(entry["Id"]): str(entry.get("Code")) for entry in answer.get("Failed", ())},
        )

    def copies(self, replay_ids: Collection[str]) -> SeenCopies:
        """Receive every message that is visible, five hundred at most, and show each again at once."""
        before = self.counts()
        found: set[str] = set()
        seen: set[str] = set()
        was_empty = False
        while not was_empty and len(seen) < _MOST_LOOKED_AT and not found.issuperset(replay_ids):
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=_AT_ONCE,
                WaitTimeSeconds=_WAIT_SECONDS,
                VisibilityTimeout=_LOOK_SECONDS,
                MessageAttributeNames=["replayId"],
            )
            messages = answer.get("Messages", ())
            found.update(_replay_id(message) for message in messages)
            new = {message["MessageId"] for message in messages} - seen
            # What is shown again comes round again.
            was_empty = not new
            seen |= new
            if messages:
                _hide(self.client, self.url, [message["ReceiptHandle"] for message in messages], 0)
        after = self.counts()
        still = before.in_flight + before.delayed + after.in_flight + after.delayed == 0
        return SeenCopies(frozenset(found.intersection(replay_ids)), all_seen=still and was_empty)

    def counts(self) -> Counts:
        """Count what is on the queue."""
        return _counts(self.client, self.url)


def _counts(client: "SQSClient", url: str) -> Counts:
    attributes = client.get_queue_attributes(
        QueueUrl=url,
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


def _hide(client: "SQSClient", url: str, receipt_handles: Sequence[str], seconds: int) -> frozenset[str]:
    answer = client.change_message_visibility_batch(
        QueueUrl=url,
        Entries=[
            {"Id": str(place), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for place, handle in enumerate(receipt_handles)
        ],
    )
    return frozenset(receipt_handles[int(entry["Id"])] for entry in answer.get("Successful", ()))


def _received(message: "MessageTypeDef") -> Received:
    system_attributes = message.get("Attributes", {})
    letter = DeadLetter(
        message_id=message["MessageId"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(int(system_attributes.get("SentTimestamp", "0")) / 1000, UTC),
        attributes={name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()},
        message_group_id=system_attributes.get("MessageGroupId"),
        moved_by_sqs="DeadLetterQueueSourceArn" in system_attributes,
    )
    return Received(letter, message["ReceiptHandle"])


def _attribute(value: "MessageAttributeValueOutputTypeDef") -> Attribute:
    return Attribute(value.get("DataType", "String"), value.get("StringValue"), value.get("BinaryValue"))


def _replay_id(message: "MessageTypeDef") -> str:
    attribute = message.get("MessageAttributes", {}).get("replayId")
    return attribute.get("StringValue", "") if attribute else ""


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
