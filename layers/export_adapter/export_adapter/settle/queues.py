"""The two queues as the settlement sees them, and their SQS form. Nothing else here talks to SQS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from botocore.exceptions import ClientError

from export_adapter.parked_message import ParkedMessage

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ChangeMessageVisibilityBatchRequestEntryTypeDef

LONGEST_CALL: Final = 7.0
"""Seconds that one request to SQS takes at most, its retry included (the timeouts stand in wiring.py)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Which messages the queue confirmed, by their place; and why it refused the others, in its words."""

    confirmed: frozenset[int]
    problems: tuple[str, ...] = ()


class DeadLetterQueue(Protocol):
    """Takes what is parked."""

    def send(self, messages: Sequence[ParkedMessage]) -> Sent:
        """Send at most 10 messages of at most 1 MiB together. No fault of the queue raises."""
        ...


class VisibilityTimeouts(Protocol):
    """Sets when records of the main queue may be received again."""

    def change(self, timeouts: Mapping[str, int]) -> tuple[str, ...]:
        """Set seconds by receipt handle, for at most 10 records; return what went wrong. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class SqsDeadLetterQueue:
    """The dead-letter queue on SQS."""

    client: "SQSClient"
    url: str

    def send(self, messages: Sequence[ParkedMessage]) -> Sent:
        """Send messages; see DeadLetterQueue. A 200 may carry refusals: only what it names is confirmed."""
        entries = [message.outgoing.entry(place) for place, message in enumerate(messages)]
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


def _kind(failed: Exception) -> str:
    """Name an AWS error by its code, any other by its kind: a text may hold what was sent."""
    if isinstance(failed, ClientError):
        return str(failed.response.get("Error", {}).get("Code", "ClientError"))
    return type(failed).__name__
