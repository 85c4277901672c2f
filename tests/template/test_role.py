from fnmatch import fnmatchcase

import pytest

from tests.template.template_file import Section, properties

MAIN_QUEUE = {"Fn::GetAtt": ["ExportResultsQueue", "Arn"]}
DEAD_LETTER_QUEUE = {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
CREDENTIALS = {"Fn::GetAtt": ["PleoCredentials", "Id"]}
COMPANY_ID = "0c6f3a1f-2b01-4f0b-9a55-7a1c1d0e3f52"
LOG_GROUP = {"Fn::GetAtt": ["UpdateExportItemsLogGroup", "Arn"]}


def every_statement() -> list[Section]:
    (policy,) = properties("UpdateExportItemsRole")["Policies"]
    found: list[Section] = policy["PolicyDocument"]["Statement"]
    return found


def statements() -> list[Section]:
    """What the role holds wherever it is deployed."""
    return [statement for statement in every_statement() if "Fn::If" not in statement]


def conditional_statements() -> dict[str, Section]:
    """What it holds besides, by the condition for it; there is no other branch."""
    branches = [statement["Fn::If"] for statement in every_statement() if "Fn::If" in statement]
    assert all(otherwise == {"Ref": "AWS::NoValue"} for _, _, otherwise in branches)
    return {condition: statement for condition, statement, _ in branches}


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


def test_where_companies_have_secrets_of_their_own_it_may_read_those_and_nothing_else() -> None:
    statement = conditional_statements()["EveryCompanyHasASecret"]

    assert statement["Effect"] == "Allow"
    assert actions_of(statement) == ["secretsmanager:GetSecretValue"]
    assert statement["Resource"]["Fn::Sub"].startswith(
        "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${CompanySecretPrefix}"
    )


@pytest.mark.parametrize(
    ("secret", "is_allowed"),
    [
        pytest.param(f"pleo/company/{COMPANY_ID}-AbC123", True, id="a company's"),
        pytest.param("pleo/company/administrator-AbC123", False, id="another one with the prefix"),
        pytest.param(f"pleo/company/{COMPANY_ID}/old-AbC123", False, id="one below a company's"),
        pytest.param(f"pleo/{COMPANY_ID}-AbC123", False, id="one without the prefix"),
        pytest.param("pleo/company/-AbC123", False, id="the prefix alone"),
    ],
)
def test_of_all_secrets_with_the_prefix_it_may_read_a_companys_alone(
    secret: str, *, is_allowed: bool
) -> None:
    pattern = conditional_statements()["EveryCompanyHasASecret"]["Resource"]["Fn::Sub"]
    name_pattern = pattern.partition(":secret:")[2].replace("${CompanySecretPrefix}", "pleo/company/")

    assert "*" not in pattern
    assert fnmatchcase(secret, name_pattern) is is_allowed


def test_it_may_read_rules_of_the_customers_own_where_they_are_said_to_be() -> None:
    ssm = conditional_statements()["OwnRulesAreThere"]

    assert actions_of(ssm) == ["ssm:GetParametersByPath", "ssm:GetParameter"]
    assert ssm["Resource"]["Fn::Sub"].endswith(":parameter${OwnRulesPath}")


def test_nothing_else_depends_on_a_condition() -> None:
    assert conditional_statements().keys() == {
        "EveryCompanyHasASecret",
        "OwnRulesAreThere",
        "KeyIsOwn",
        "TracingIsActive",
    }


def test_it_may_use_a_key_of_the_customers_own_where_there_is_one() -> None:
    statement = conditional_statements()["KeyIsOwn"]

    assert actions_of(statement) == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statement["Resource"] == {"Ref": "KmsKeyArn"}


def test_it_may_write_traces_only_where_tracing_is_active() -> None:
    statement = conditional_statements()["TracingIsActive"]

    assert actions_of(statement) == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]


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
