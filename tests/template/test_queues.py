from typing import Any

import pytest

from tests.template.template_file import properties, resources_of_type, template

QUEUES = ["ExportResultsQueue", "DeadLetterQueue"]
FOURTEEN_DAYS = 14 * 24 * 3600


def test_the_dead_letter_queue_keeps_messages_longer_than_the_queue_that_they_keep_their_age_from() -> None:
    kept_dead = properties("DeadLetterQueue")["MessageRetentionPeriod"]

    assert kept_dead > properties("ExportResultsQueue")["MessageRetentionPeriod"]
    assert kept_dead == FOURTEEN_DAYS


def test_throttling_alone_does_not_bury_a_message() -> None:
    assert properties("ExportResultsQueue")["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_the_function_is_told_the_count_that_the_queue_uses() -> None:
    told = properties("UpdateExportItemsFunction")["Environment"]["Variables"]["MAX_RECEIVE_COUNT"]

    assert int(told) == properties("ExportResultsQueue")["RedrivePolicy"]["maxReceiveCount"]


def test_dead_letters_of_the_queue_go_where_the_function_parks_them() -> None:
    target = properties("ExportResultsQueue")["RedrivePolicy"]["deadLetterTargetArn"]
    variables = properties("UpdateExportItemsFunction")["Environment"]["Variables"]

    assert target == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    assert variables["DEAD_LETTER_QUEUE_URL"] == {"Ref": "DeadLetterQueue"}


def test_there_are_no_other_queues() -> None:
    assert sorted(resources_of_type("AWS::SQS::Queue")) == sorted(QUEUES)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_encrypted(queue: str) -> None:
    assert properties(queue)["SqsManagedSseEnabled"] == {"Fn::If": ["KeyIsOwn", False, True]}
    assert properties(queue)["KmsMasterKeyId"] == {
        "Fn::If": ["KeyIsOwn", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]
    }


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_takes_messages_of_the_size_that_sqs_takes(queue: str) -> None:
    assert "MaximumMessageSize" not in properties(queue)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_outlives_a_deleted_stack_but_not_one_that_was_never_made(queue: str) -> None:
    resource = template()["Resources"][queue]

    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"


def statements_on(queue: str) -> list[Any]:
    return [
        statement
        for policy in resources_of_type("AWS::SQS::QueuePolicy").values()
        if {"Ref": queue} in policy["Queues"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_refuses_senders_of_other_accounts_but_not_the_services_of_aws(queue: str) -> None:
    (_, refusing) = statements_on(queue)
    assert refusing["Effect"] == "Deny"
    assert refusing["Principal"] == "*"
    assert refusing["Action"] == "sqs:SendMessage"
    assert refusing["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert refusing["Condition"] == {
        "StringNotEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_refuses_plain_text_transport(queue: str) -> None:
    (refusing, _) = statements_on(queue)
    assert refusing["Effect"] == "Deny"
    assert refusing["Principal"] == "*"
    assert refusing["Action"] == "sqs:*"
    assert refusing["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert refusing["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
