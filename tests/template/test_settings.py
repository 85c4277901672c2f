import pytest

from export_adapter.settings import InvalidSettingError, Settings
from export_adapter_workstation.project import ROOT
from tests.template.template_file import properties, template

READ_BY_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL"}
READ_BY_THE_C_LIBRARY = {"RES_OPTIONS"}


def deployed_environment() -> dict[str, str]:
    """The function's variables, with parameters' defaults and something for what only a deployment knows."""
    parameters = template()["Parameters"]
    known = {name: str(rules.get("Default", "https://pleo.test")) for name, rules in parameters.items()}
    variables = properties("UpdateExportItemsFunction")["Environment"]["Variables"]
    return {
        name: value if isinstance(value, str) else known.get(str(value.get("Ref")), "known when deployed")
        for name, value in variables.items()
    }


def test_the_code_starts_with_the_variables_that_the_template_sets() -> None:
    settings = Settings.from_environment(deployed_environment())

    assert settings.pleo_base_url == "https://pleo.test"
    assert settings.max_receive_count == 5


@pytest.mark.parametrize(
    "name", sorted(deployed_environment().keys() - READ_BY_POWERTOOLS - READ_BY_THE_C_LIBRARY)
)
def test_a_variable_that_the_template_sets_is_read(name: str) -> None:
    source = (ROOT / "layers/export_adapter/export_adapter/settings.py").read_text()

    assert f'"{name}"' in source


@pytest.mark.parametrize("version", template()["Parameters"]["PleoApiVersion"]["AllowedValues"])
def test_the_code_knows_every_version_that_the_template_allows(version: str) -> None:
    settings = Settings.from_environment({**deployed_environment(), "PLEO_API_VERSION": version})

    assert settings.pleo_api_version == version


def test_the_code_refuses_what_the_template_refuses() -> None:
    with pytest.raises(InvalidSettingError, match="PLEO_BASE_URL"):
        Settings.from_environment({**deployed_environment(), "PLEO_BASE_URL": "http://external.pleo.io"})
