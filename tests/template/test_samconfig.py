import pytest

from export_adapter_workstation.project import ROOT
from tests.template.template_file import overrides, refusal, samconfig, template

ENVIRONMENTS = ["default", "staging", "production", "local"]


def test_these_are_the_environments() -> None:
    assert sorted(samconfig()) == sorted(ENVIRONMENTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_template_takes_the_parameters_of(environment: str) -> None:
    parameters = template()["Parameters"]
    given = overrides(environment)

    assert given.keys() <= parameters.keys()
    assert {name: refusal(name, value) for name, value in given.items() if refusal(name, value)} == {}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_parameter_without_a_default_is_missing_in(environment: str) -> None:
    needed = {name for name, rules in template()["Parameters"].items() if "Default" not in rules}

    assert needed <= overrides(environment).keys()


@pytest.mark.parametrize(
    ("environment", "pleo"),
    [
        ("default", "https://external.staging.pleo.io"),
        ("staging", "https://external.staging.pleo.io"),
        ("production", "https://external.pleo.io"),
    ],
)
def test_an_environment_talks_to_its_own_pleo(environment: str, pleo: str) -> None:
    assert overrides(environment)["PleoBaseUrl"] == pleo


def test_only_this_machine_is_spoken_to_locally() -> None:
    assert overrides("local")["PleoBaseUrl"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("part", ["stack_name", "s3_prefix"])
def test_environments_share_nothing_in_one_account(part: str) -> None:
    names = [
        {**section["global"]["parameters"], **section["deploy"]["parameters"]}[part]
        for section in samconfig().values()
    ]

    assert len(set(names)) == len(ENVIRONMENTS)


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("parameter", ["AlarmTopicArn", "RunbookUrl"])
def test_whom_alarms_reach_is_set_or_marked_as_to_be_filled_in(environment: str, parameter: str) -> None:
    text = (ROOT / "samconfig.toml").read_text(encoding="utf-8")
    section = text.partition(f"[{environment}.deploy.parameters]")[2].partition("\n[")[0]

    assert parameter in overrides(environment) or f"{parameter}=" in section.partition("# TO FILL IN")[2]
    assert parameter in (ROOT / "README.md").read_text(encoding="utf-8").partition("## Deploy")[2]


def test_production_asks_before_it_changes_anything() -> None:
    assert samconfig()["production"]["deploy"]["parameters"]["confirm_changeset"] is True


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_deployment_may_make_roles_but_no_role_with_a_name(environment: str) -> None:
    assert samconfig()[environment]["deploy"]["parameters"]["capabilities"] == "CAPABILITY_IAM"
