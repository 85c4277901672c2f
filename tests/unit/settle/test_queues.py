from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError, ConnectTimeoutError
from botocore.stub import Stubber
from mypy_boto3_sqs import SQSClient

from export_adapter.parked_message import ParkedMessage
from export_adapter.settle.queues import Sent, SqsDeadLetterQueue, SqsVisibilityTimeouts

URL = "https://sqs.eu-west-1.amazonaws.com/000000000000/queue"


@pytest.fixture
def client() -> SQSClient:
    return boto3.client(
        "sqs", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def sqs(client: SQSClient) -> Iterator[Stubber]:
    """Answers in the place of SQS; what is asked and answered is checked against botocore's own model."""
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def parked(body: str = "{}", group: str | None = None, **attributes: str) -> ParkedMessage:
    return ParkedMessage(body, attributes, group)


def entry(place: int, body: str = "{}", **more: object) -> dict[str, object]:
    return {"Id": str(place), "MessageBody": body, "MessageAttributes": {}, **more}


def confirmed(place: int) -> dict[str, str]:
    return {"Id": str(place), "MessageId": f"new-{place}", "MD5OfMessageBody": "0" * 32}


def refused(place: int, code: str) -> dict[str, object]:
    return {"Id": str(place), "Code": code, "SenderFault": False, "Message": "never to be repeated"}


def test_messages_are_sent_with_their_attributes_and_their_group(client: SQSClient, sqs: Stubber) -> None:
    attributes = {
        "errorType": {"DataType": "String", "StringValue": "item_rejected"},
        "pleoStatus": {"DataType": "Number", "StringValue": "200"},
    }
    expected = entry(0, '{"a":1}', MessageAttributes=attributes, MessageGroupId="company-1")
    sqs.add_response(
        "send_message_batch",
        {"Successful": [confirmed(0)], "Failed": []},
        {"QueueUrl": URL, "Entries": [expected]},
    )
    sent = SqsDeadLetterQueue(client, URL).send(
        [parked('{"a":1}', "company-1", errorType="item_rejected", pleoStatus="200")]
    )
    assert sent == Sent(frozenset({0}))


def test_a_200_in_which_sqs_names_failures_confirms_only_the_others(client: SQSClient, sqs: Stubber) -> None:
    sqs.add_response(
        "send_message_batch",
        {"Successful": [confirmed(2), confirmed(0)], "Failed": [refused(1, "InternalError")]},
        {"QueueUrl": URL, "Entries": [entry(0), entry(1), entry(2)]},
    )
    sent = SqsDeadLetterQueue(client, URL).send([parked(), parked(), parked()])
    assert sent == Sent(frozenset({0, 2}), ("InternalError",))


def test_a_200_that_mentions_a_message_nowhere_does_not_confirm_it(client: SQSClient, sqs: Stubber) -> None:
    sqs.add_response("send_message_batch", {"Successful": [], "Failed": []})
    assert SqsDeadLetterQueue(client, URL).send([parked()]) == Sent(frozenset())


def test_an_error_of_sqs_confirms_nothing_and_is_named_by_its_code(client: SQSClient, sqs: Stubber) -> None:
    sqs.add_client_error("send_message_batch", "AWS.SimpleQueueService.BatchRequestTooLong", "secret text")
    assert SqsDeadLetterQueue(client, URL).send([parked()]) == Sent(
        frozenset(), ("AWS.SimpleQueueService.BatchRequestTooLong",)
    )


def test_a_call_that_botocore_itself_refuses_confirms_nothing(client: SQSClient) -> None:
    broken = parked(cast("str", 7))
    assert SqsDeadLetterQueue(client, URL).send([broken]) == Sent(frozenset(), ("ParamValidationError",))


def test_no_answer_at_all_confirms_nothing(client: SQSClient) -> None:
    def no_answer(**_: object) -> None:
        raise ConnectTimeoutError(endpoint_url=URL)

    client.meta.events.register("before-send.sqs", no_answer)
    assert SqsDeadLetterQueue(client, URL).send([parked()]).confirmed == frozenset()
    assert SqsVisibilityTimeouts(client, URL).change({"handle": 1}) != ()


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"[]", b'"no"', b"<html>", b'{"Successful":[{"Id":"x"}]}', b"null"]
)
def test_an_answer_of_sqs_that_is_garbage_confirms_nothing_and_raises_nothing(
    client: SQSClient, body: bytes
) -> None:
    def garbage(**_: object) -> AWSResponse:
        raw = SimpleNamespace(stream=lambda *_, **__: iter([body]))
        return AWSResponse(URL, 200, HTTPHeaders(), raw)

    client.meta.events.register("before-send.sqs", cast("Callable[..., None]", garbage))
    assert SqsDeadLetterQueue(client, URL).send([parked()]).confirmed == frozenset()
    SqsVisibilityTimeouts(client, URL).change({"handle": 1})


def test_visibility_timeouts_are_changed_by_receipt_handle(client: SQSClient, sqs: Stubber) -> None:
    entries = [
        {"Id": "0", "ReceiptHandle": "first", "VisibilityTimeout": 30},
        {"Id": "1", "ReceiptHandle": "second", "VisibilityTimeout": 540},
    ]
    sqs.add_response(
        "change_message_visibility_batch",
        {"Successful": [{"Id": "0"}, {"Id": "1"}], "Failed": []},
        {"QueueUrl": URL, "Entries": entries},
    )
    assert SqsVisibilityTimeouts(client, URL).change({"first": 30, "second": 540}) == ()


def test_timeouts_that_could_not_be_changed_are_named_by_their_codes(client: SQSClient, sqs: Stubber) -> None:
    sqs.add_response(
        "change_message_visibility_batch",
        {"Successful": [{"Id": "0"}], "Failed": [refused(1, "ReceiptHandleIsInvalid")]},
    )
    assert SqsVisibilityTimeouts(client, URL).change({"first": 30, "second": 30}) == (
        "ReceiptHandleIsInvalid",
    )


def test_an_error_of_sqs_while_timeouts_are_changed_is_no_exception(client: SQSClient, sqs: Stubber) -> None:
    sqs.add_client_error("change_message_visibility_batch", "RequestThrottled")
    assert SqsVisibilityTimeouts(client, URL).change({"first": 30}) == ("RequestThrottled",)


def sqs_that(**calls: object) -> SQSClient:
    """An SQS client whose calls give what is named, or raise it."""

    def call(outcome: object) -> Callable[..., object]:
        def made(**_: object) -> object:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return made

    return cast("SQSClient", SimpleNamespace(**{name: call(outcome) for name, outcome in calls.items()}))


def test_an_answer_without_a_list_of_failures_confirms_what_it_names() -> None:
    client = sqs_that(send_message_batch={"Successful": [{"Id": "0"}]})

    assert SqsDeadLetterQueue(client, "any").send([parked(), parked()]) == Sent(frozenset({0}))


def test_an_answer_without_a_list_of_successes_says_why_nothing_was_taken() -> None:
    client = sqs_that(send_message_batch={"Failed": [{"Id": "0", "Code": "InternalError"}]})

    assert SqsDeadLetterQueue(client, "any").send([parked()]) == Sent(frozenset(), ("InternalError",))


def test_changing_visibility_timeouts_went_well_where_no_failures_are_listed() -> None:
    client = sqs_that(change_message_visibility_batch={})

    assert SqsVisibilityTimeouts(client, "any").change({"handle": 30}) == ()


@pytest.mark.parametrize("response", [{}, {"Error": {}}, {"Error": {"Message": "no code"}}])
def test_an_aws_error_without_a_code_is_called_by_its_kind(response: dict[str, Any]) -> None:
    client = sqs_that(send_message_batch=ClientError(cast("Any", response), "SendMessageBatch"))

    assert SqsDeadLetterQueue(client, "any").send([parked()]) == Sent(frozenset(), ("ClientError",))
