"""What SQS is asked, and what its answers are taken for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from export_adapter_workstation.dead_letters.letter import Attribute
from export_adapter_workstation.dead_letters.outgoing import Outgoing
from export_adapter_workstation.dead_letters.queues import Counts, NoAnswerError, SeenCopies, SendAnswer
from export_adapter_workstation.dead_letters.sqs import SqsDeadLetterQueue, SqsMainQueue

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


def dead_letters(client: Client) -> SqsDeadLetterQueue:
    return SqsDeadLetterQueue(cast("Any", client), "https://queue")


def main_queue(client: Client) -> SqsMainQueue:
    return SqsMainQueue(cast("Any", client), cast("Any", client), "https://queue")


def error(status: int, code: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": cast("Any", {"HTTPStatusCode": status})},
        "SendMessageBatch",
    )


def raising(problem: Exception) -> Callable[[Call], Call]:
    def fail(_arguments: Call) -> Call:
        raise problem

    return fail


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
    (received,) = dead_letters(client).receive(45)
    assert received.receipt_handle == "h-1"
    assert received.letter.sent_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert (received.letter.message_group_id, received.letter.moved_by_sqs) == ("company-1", True)
    assert received.letter.attributes == {
        "errorType": Attribute("String", "item_rejected"),
        "theirs": Attribute("Binary.gz", None, b"\0"),
    }
    (asked,) = client.asked("receive_message")
    assert asked["VisibilityTimeout"] == 45
    assert asked["MessageAttributeNames"] == asked["MessageSystemAttributeNames"] == ["All"]
    assert asked["WaitTimeSeconds"] > 0


def test_only_what_sqs_names_as_hidden_or_deleted_counts_as_that() -> None:
    answer = {"Successful": [{"Id": "1"}], "Failed": [{"Id": "0", "Code": "ReceiptHandleIsInvalid"}]}
    client = Client(
        {"change_message_visibility_batch": lambda _: answer, "delete_message_batch": lambda _: answer}
    )
    assert dead_letters(client).hide(["a", "b"], 0) == {"b"}
    assert dead_letters(client).delete(["a", "b"]) == {"b"}


def test_copies_are_sent_with_attributes_and_group() -> None:
    client = Client({"send_message_batch": lambda _: {"Successful": [{"Id": "0"}], "Failed": []}})
    attributes = {"replayCount": Attribute("Number", "1"), "theirs": Attribute("Binary", None, b"\0")}
    assert main_queue(client).send([Outgoing("{}", attributes, "company-1")]) == SendAnswer(frozenset({0}))
    assert client.asked("send_message_batch") == [
        {
            "QueueUrl": "https://queue",
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
    answer = {"Successful": [{"Id": "1"}], "Failed": [{"Id": "0", "Code": "InternalError"}]}
    client = Client({"send_message_batch": lambda _: answer})
    assert main_queue(client).send([Outgoing("a"), Outgoing("b")]) == SendAnswer(
        frozenset({1}), {0: "InternalError"}
    )


@pytest.mark.parametrize("status", [400, 403, 404, 429])
def test_a_request_that_was_refused_was_not_sent(status: int) -> None:
    client = Client({"send_message_batch": raising(error(status, "RequestThrottled"))})
    assert main_queue(client).send([Outgoing("a")]) == SendAnswer(refused={0: "RequestThrottled"})


@pytest.mark.parametrize(
    "problem",
    [
        error(500, "InternalFailure"),
        error(503, "ServiceUnavailable"),
        error(0, ""),
        ReadTimeoutError(endpoint_url="https://queue"),
        ConnectTimeoutError(endpoint_url="https://queue"),
    ],
    ids=["500", "503", "no status", "read timeout", "connect timeout"],
)
def test_after_a_servers_error_or_none_nobody_knows_whether_it_was_sent(problem: Exception) -> None:
    client = Client({"send_message_batch": raising(problem)})
    with pytest.raises(NoAnswerError):
        main_queue(client).send([Outgoing("a")])
    assert len(client.calls) == 1


@dataclass
class Waiting:
    """Messages on a main queue, as SQS hands them out: those shown again come round again."""

    replay_ids: list[str]
    in_flight: int = 0
    receives: int = 0

    def receive(self, _arguments: Call) -> Call:
        self.receives += 1
        if not self.replay_ids:
            return {}
        first, self.replay_ids = self.replay_ids[:10], self.replay_ids[10:] + self.replay_ids[:10]
        return {
            "Messages": [
                {
                    "MessageId": f"m-{each}",
                    "ReceiptHandle": f"h-{each}",
                    "MessageAttributes": {"replayId": {"StringValue": each}},
                }
                for each in first
            ]
        }

    def counts(self, _arguments: Call) -> Call:
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(len(self.replay_ids)),
                "ApproximateNumberOfMessagesNotVisible": str(self.in_flight),
                "ApproximateNumberOfMessagesDelayed": "0",
            }
        }

    def queue(self) -> tuple[SqsMainQueue, Client]:
        client = Client(
            {
                "receive_message": self.receive,
                "get_queue_attributes": self.counts,
                "change_message_visibility_batch": lambda _: {},
            }
        )
        return main_queue(client), client


def test_copies_are_looked_for_among_all_that_waits_and_everything_is_shown_again() -> None:
    queue, client = Waiting([str(number) for number in range(25)]).queue()
    seen = queue.copies({"24", "not there"})
    assert seen == SeenCopies(frozenset({"24"}), all_seen=True)
    hidden = sum(len(answer["Entries"]) for answer in client.asked("change_message_visibility_batch"))
    assert hidden >= 25
    assert all(
        entry["VisibilityTimeout"] == 0
        for asked in client.asked("change_message_visibility_batch")
        for entry in asked["Entries"]
    )


def test_the_look_ends_as_soon_as_all_copies_are_found() -> None:
    waiting = Waiting([str(number) for number in range(100)])
    assert waiting.queue()[0].copies({"3"}).found == {"3"}
    assert waiting.receives == 1


def test_what_is_being_worked_on_cannot_be_seen() -> None:
    assert not Waiting([], in_flight=1).queue()[0].copies({"x"}).all_seen


def test_a_long_queue_is_not_looked_at_to_its_end() -> None:
    waiting = Waiting([str(number) for number in range(5000)])
    seen = waiting.queue()[0].copies({"not there"})
    assert (seen.all_seen, waiting.receives) == (False, 50)


def test_messages_are_counted_in_all_their_states() -> None:
    queue, _ = Waiting(["a", "b"], in_flight=3).queue()
    assert queue.counts() == Counts(2, 3, 0)
    assert queue.counts().total == 5
