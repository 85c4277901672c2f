import pytest

from tests.template.template_file import Section, properties

MAIN_QUEUE = {"Fn::GetAtt": ["ExportResultsQueue", "Arn"]}
DEAD_LETTER_QUEUE = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
CREDENTIALS = {"Fn::GetAtt": ["PleoCredentials", "Id"]}
LOG_GROUP = {"Fn::GetAtt": ["UpdateExportItemsLogGroup", "Arn"]}


def statements() -> list[Section]:
    (policy,) = properties("UpdateExportItemsRole")["Policies"]
    found: list[Section] = policy["PolicyDocument"]["Statement"]
    return found


def actions_of(statement: Section) -> list[str]:
    return [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        # What Lambda does with the role to poll the queue.
        ("sqs:ReceiveMessage", MAIN_QUEUE),
        ("sqs:DeleteMessage", MAIN_QUEUE),
        ("sqs:GetQueueAttributes", MAIN_QUEUE),
        # What the code does.
        ("sqs:ChangeMessageVisibility", MAIN_QUEUE),
        ("sqs:SendMessage", DEAD_LETTER_QUEUE),
        ("secretsmanager:GetSecretValue", CREDENTIALS),
        ("logs:CreateLogStream", LOG_GROUP),
        ("logs:PutLogEvents", LOG_GROUP),
    ],
)
def test_the_function_may_do_this_on_this_one_resource(action: str, resource: Section) -> None:
    assert [statement["Resource"] for statement in statements() if action in actions_of(statement)] == [
        resource
    ]


def test_the_function_may_do_nothing_else() -> None:
    assert len([action for statement in statements() for action in actions_of(statement)]) == 8


def test_no_permission_has_a_wildcard() -> None:
    for statement in statements():
        assert statement["Resource"] != "*"
        assert not any("*" in action for action in actions_of(statement))


def test_sam_adds_no_policies_of_its_own() -> None:
    function = properties("UpdateExportItemsFunction")

    assert function["Role"] == {"Fn::GetAtt": ["UpdateExportItemsRole", "Arn"]}
    assert "Policies" not in function
    assert "ManagedPolicyArns" not in properties("UpdateExportItemsRole")


def test_only_lambda_takes_the_role() -> None:
    (trust,) = properties("UpdateExportItemsRole")["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
