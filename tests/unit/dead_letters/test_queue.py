"""What SQS is asked, and what its answers are taken for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from export_adapter.parked_message import Attribute, Outgoing
from export_adapter_workstation.dead_letters.queue import Counts, SendAnswer, SqsQueue

type Call = Mapping[str, Any]


@dataclass
class Client:
    """Answers each operation as it was told; one function for all calls of it."""

    answers: Mapping[str, Callable[[Call], Call]] = field(default_factory=dict[str, Callable[[Call], Call]])
    calls: list[tuple[str, Call]] = field(default_factory=list[tuple[str, Call]])

    def __getattr__(self, operation: str) -> Callable[..., Call]:
        def call(**arguments: object) -> Call:
            self.calls.append((operation, arguments))
            return self.answers[operation](arguments)

        return call

    def asked(self, operation: str) -> list[Call]:
        return [arguments for name, arguments in self.calls if name == operation]


def queue(client: Client) -> SqsQueue:
    return SqsQueue(cast("Any", client), "https://sqs/queue")


def test_a_message_is_read_with_all_that_sqs_knows_of_it() -> None:
    message = {
        "MessageId": "m-1",
        "ReceiptHandle": "h-1",
        "Body": "{}",
        "Attributes": {
            "SentTimestamp": "1772366400000",
            "MessageGroupId": "company-1",
            "DeadLetterQueueSourceArn": "arn:main",
        },
        "MessageAttributes": {
            "errorType": {"DataType": "String", "StringValue": "item_rejected"},
            "theirs": {"DataType": "Binary.gz", "BinaryValue": b"\0"},
        },
    }
    client = Client({"receive_message": lambda _: {"Messages": [message]}})
    ((receipt_handle, received),) = queue(client).receive(45).items()
    assert receipt_handle == "h-1"
    assert received.sent_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert (received.message_group_id, received.moved_by_sqs) == ("company-1", True)
    assert received.attributes == {
        "errorType": Attribute("String", "item_rejected"),
        "theirs": Attribute("Binary.gz", None, b"\0"),
    }
    (asked,) = client.asked("receive_message")
    assert asked["VisibilityTimeout"] == 45
    assert asked["MessageAttributeNames"] == asked["MessageSystemAttributeNames"] == ["All"]
    assert asked["WaitTimeSeconds"] > 0


def test_only_what_sqs_names_as_deleted_counts_as_that() -> None:
    answer = {"Successful": [{"Id": "1"}], "Failed": [{"Id": "0", "Code": "ReceiptHandleIsInvalid"}]}
    assert queue(Client({"delete_message_batch": lambda _: answer})).delete(["a", "b"]) == {"b"}


def test_a_message_is_made_visible_by_ending_its_visibility_timeout() -> None:
    client = Client({"change_message_visibility_batch": lambda _: {}})
    queue(client).make_visible(["a"])
    (asked,) = client.asked("change_message_visibility_batch")
    assert asked["Entries"] == [{"Id": "0", "ReceiptHandle": "a", "VisibilityTimeout": 0}]


def test_copies_are_sent_with_attributes_and_group() -> None:
    client = Client(
        {"send_message_batch": lambda _: {"Successful": [{"Id": "0", "MessageId": "copy-1"}], "Failed": []}}
    )
    attributes = {"replayCount": Attribute("Number", "1"), "theirs": Attribute("Binary", None, b"\0")}
    assert queue(client).send([Outgoing("{}", attributes, "company-1")]) == SendAnswer({0: "copy-1"})
    assert client.asked("send_message_batch") == [
        {
            "QueueUrl": "https://sqs/queue",
            "Entries": [
                {
                    "Id": "0",
                    "MessageBody": "{}",
                    "MessageAttributes": {
                        "replayCount": {"DataType": "Number", "StringValue": "1"},
                        "theirs": {"DataType": "Binary", "BinaryValue": b"\0"},
                    },
                    "MessageGroupId": "company-1",
                }
            ],
        }
    ]


def test_an_answer_may_confirm_some_and_refuse_others() -> None:
    answer = {
        "Successful": [{"Id": "1", "MessageId": "copy-1"}],
        "Failed": [{"Id": "0", "Code": "InternalError"}],
    }
    client = Client({"send_message_batch": lambda _: answer})
    assert queue(client).send([Outgoing("a"), Outgoing("b")]) == SendAnswer(
        {1: "copy-1"}, {0: "InternalError"}
    )


def test_messages_are_counted_in_all_their_states() -> None:
    attributes = {
        "ApproximateNumberOfMessages": "2",
        "ApproximateNumberOfMessagesNotVisible": "3",
        "ApproximateNumberOfMessagesDelayed": "1",
        "RedrivePolicy": '{"deadLetterTargetArn": "arn:another"}',
    }
    counts = queue(Client({"get_queue_attributes": lambda _: {"Attributes": attributes}})).counts()
    assert counts == Counts(2, 3, 1, "arn:another")
    assert counts.total == 6
