"""The two queues on SQS: receiving, visibility, deleting, counting, sending. Errors are botocore's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from export_adapter.parked_message import MAX_ENTRIES, DeadLetter, Outgoing, dead_letter_of

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_sqs import SQSClient

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
        return {one["ReceiptHandle"]: dead_letter_of(one) for one in answer.get("Messages", ())}

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
        entries = [message.entry(place) for place, message in enumerate(messages)]
        answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
        return SendAnswer(
            {int(entry["Id"]): entry["MessageId"] for entry in answer.get("Successful", ())},
            {int(entry["Id"]): str(entry.get("Code")) for entry in answer.get("Failed", ())},
        )
