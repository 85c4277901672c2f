import pytest

from tests.template.template_file import refusal, template

PARAMETERS = sorted(template()["Parameters"])


@pytest.mark.parametrize(
    "url",
    [
        "https://external.pleo.io",
        "https://external.staging.pleo.io",
        "https://external.pleo.io:8443",
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "http://localhost",
        "http://[::1]:8000",
    ],
)
def test_pleo_is_reached_by_https_or_on_this_machine(url: str) -> None:
    assert refusal("PleoBaseUrl", url) is None


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://external.pleo.io", id="credentials in plain text"),
        pytest.param("http://127.0.0.1.example.com", id="a host that only begins like a loopback address"),
        pytest.param("http://localhost.example.com:80", id="a host that only begins with localhost"),
        pytest.param("http://localhost:80@example.com", id="localhost as a user name"),
        pytest.param("https://someone@external.pleo.io", id="a user name"),
        pytest.param("https://external.pleo.io/", id="a final slash"),
        pytest.param("https://external.pleo.io/v1", id="a path"),
        pytest.param("https://external.pleo.io?a=b", id="a query"),
        pytest.param("https://external.pleo.io#a", id="a fragment"),
        pytest.param("https://external.pleo.io:", id="a port that is missing"),
        pytest.param("https://external.pleo.io\n", id="a line end"),
        pytest.param(" https://external.pleo.io", id="a space"),
        pytest.param("https://pleo", id="a host without a domain"),
        pytest.param("https://-.pleo.io", id="a host that no name server knows"),
        pytest.param("HTTPS://EXTERNAL.PLEO.IO", id="capital letters"),
        pytest.param("external.pleo.io", id="no scheme"),
        pytest.param("ftp://external.pleo.io", id="another scheme"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_base_url_is_refused_with(url: str) -> None:
    assert refusal("PleoBaseUrl", url) == "AllowedPattern"


@pytest.mark.parametrize("prefix", ["", "pleo/company/", "export-adapter/production/", "Pleo_"])
def test_companies_secrets_may_begin_with(prefix: str) -> None:
    assert refusal("CompanySecretPrefix", prefix) is None


@pytest.mark.parametrize(
    "prefix",
    [
        pytest.param("pleo", id="no separator, so that it would begin other names too"),
        pytest.param("pleo/*/", id="a wildcard"),
        pytest.param("pleo/?/", id="another wildcard"),
        pytest.param("${AWS::AccountId}/", id="a substitution"),
        pytest.param("{companyId}/", id="the company, which is put behind it"),
        pytest.param("arn:aws:secretsmanager:eu-west-1:1:secret:a/", id="an ARN"),
        pytest.param("pleo /", id="a space"),
        pytest.param("pleo/\n", id="a line end"),
    ],
)
def test_a_prefix_for_companies_secrets_is_refused_with(prefix: str) -> None:
    assert refusal("CompanySecretPrefix", prefix) == "AllowedPattern"


def test_own_rules_may_be_under_a_path() -> None:
    assert refusal("OwnRulesPath", "/export-adapter/rules") is None


@pytest.mark.parametrize(
    ("parameter", "value", "constraint"),
    [
        ("PleoApiVersion", "v0", "AllowedValues"),
        ("OwnRulesPath", "rules", "AllowedPattern"),
        ("OwnRulesPath", "/rules/", "AllowedPattern"),
        ("OwnRulesPath", "/rules/*", "AllowedPattern"),
        ("PleoApiVersion", "3", "AllowedValues"),
        ("Architecture", "amd64", "AllowedValues"),
        ("BatchSize", "0", "MinValue"),
        ("BatchSize", "10001", "MaxValue"),
        ("BatchingWindow", "0", "MinValue"),
        ("BatchingWindow", "61", "MaxValue"),
        ("MaximumConcurrency", "1", "AllowedValues"),
        ("MaximumConcurrency", "1001", "AllowedValues"),
        ("FunctionTimeout", "29", "MinValue"),
        ("FunctionTimeout", "61", "MaxValue"),
        ("VisibilityTimeout", "29", "MinValue"),
        ("VisibilityTimeout", "421", "MaxValue"),
        ("LongestPause", "0", "MinValue"),
        ("LongestPause", "421", "MaxValue"),
        ("LogLevel", "TRACE", "AllowedValues"),
        ("LogRetentionDays", "8", "AllowedValues"),
        ("PleoBaseUrl", f"https://{'a' * 200}.io", "MaxLength"),
    ],
)
def test_a_value_that_aws_or_the_code_cannot_use_is_refused_before_anything_is_deployed(
    parameter: str, value: str, constraint: str
) -> None:
    assert refusal(parameter, value) == constraint


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://github.com/owner/repository/blob/main/docs/operations.md", True),
        ("docs/operations.md", True),
        ("runbook.md", False),
        ("https://wiki.example/page#section", False),
        ("", False),
    ],
)
def test_the_runbook_is_a_link_to_which_a_sections_anchor_can_be_added(url: str, *, is_taken: bool) -> None:
    assert (refusal("RunbookUrl", url) is None) is is_taken


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_parameter_is_described_and_says_what_it_must_be(parameter: str) -> None:
    rules = template()["Parameters"][parameter]

    assert rules["Description"]
    assert rules["ConstraintDescription"].startswith("must be ")


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_a_default_satisfies_its_own_constraints(parameter: str) -> None:
    rules = template()["Parameters"][parameter]

    assert "Default" not in rules or refusal(parameter, str(rules["Default"])) is None


def test_the_console_shows_every_parameter_in_a_group() -> None:
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert sorted(parameter for group in groups for parameter in group["Parameters"]) == PARAMETERS


def test_where_pleo_is_has_no_default_so_that_no_stack_talks_to_production_by_oversight() -> None:
    without_default = [name for name, rules in template()["Parameters"].items() if "Default" not in rules]

    assert without_default == ["PleoBaseUrl"]


def test_the_outputs_are_those_that_tools_look_for() -> None:
    assert sorted(template()["Outputs"]) == [
        "DeadLetterQueueUrl",
        "ExportResultsQueueUrl",
        "PleoCredentialsArn",
        "UpdateExportItemsFunctionName",
    ]
