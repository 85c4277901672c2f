import re
from collections.abc import Mapping

import pytest

from export_adapter.model import ApiVersion
from export_adapter.settings import InvalidSettingError, Settings
from export_adapter.settle.queues import LONGEST_CALL

NEEDED = {
    "PLEO_BASE_URL": "https://external.pleo.io",
    "PLEO_SECRET_ID": "pleo",
    "EXPORT_RESULTS_QUEUE_URL": "https://sqs.test/results",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.test/dead-letters",
}
NUMBERS = (
    "MAX_RECEIVE_COUNT",
    "DELIVERY_THREADS",
    "REQUEST_SECONDS",
    "SETTLE_SECONDS",
    "LONGEST_PAUSE_SECONDS",
)


def read(**more: str) -> Settings:
    return Settings.from_environment(NEEDED | more)


def without(name: str) -> Mapping[str, str]:
    return {each: value for each, value in NEEDED.items() if each != name}


def test_what_is_needed_is_enough() -> None:
    assert read() == Settings(
        pleo_base_url="https://external.pleo.io",
        pleo_api_version=ApiVersion.V1,
        secret_id="pleo",
        export_results_queue_url="https://sqs.test/results",
        dead_letter_queue_url="https://sqs.test/dead-letters",
        max_receive_count=5,
    )


def test_every_setting_can_be_set() -> None:
    settings = read(
        PLEO_BASE_URL="http://127.0.0.1:8080/",
        PLEO_API_VERSION="v3",
        PLEO_SECRET_ID="pleo/{companyId}",
        PLEO_DEFAULT_SECRET_ID="pleo/default",
        MAX_RECEIVE_COUNT="3",
        DELIVERY_THREADS="4",
        REQUEST_SECONDS="5",
        SETTLE_SECONDS="20",
        LONGEST_PAUSE_SECONDS="7",
    )
    assert settings == Settings(
        pleo_base_url="http://127.0.0.1:8080",
        pleo_api_version=ApiVersion.V3,
        secret_id="pleo/{companyId}",
        export_results_queue_url="https://sqs.test/results",
        dead_letter_queue_url="https://sqs.test/dead-letters",
        max_receive_count=3,
        default_secret_id="pleo/default",
        delivery_threads=4,
        request_seconds=5,
        settle_seconds=20,
        longest_pause_seconds=7,
    )


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_setting_that_is_missing_is_named(name: str, blank: str | None) -> None:
    environment = without(name) if blank is None else {**NEEDED, name: blank}
    with pytest.raises(InvalidSettingError, match=f"^{name} is not set$"):
        Settings.from_environment(environment)


@pytest.mark.parametrize(
    "url",
    [
        "https://external.staging.pleo.io",
        "https://pleo.test:8443",
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://[::1]:8080",
    ],
)
def test_credentials_may_go_over_https_or_to_this_machine(url: str) -> None:
    assert read(PLEO_BASE_URL=url).pleo_base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://external.pleo.io",
        "http://127.0.0.1.example.com",
        "http://127.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "ftp://external.pleo.io",
        "external.pleo.io",
        "https://",
        "https://user@external.pleo.io",
        "https://user:word@external.pleo.io",
        "https://external.pleo.io?x=1",
        "https://external.pleo.io#x",
        "https://[external",
        "https://external.pleo.io:port",
    ],
)
def test_a_base_url_that_would_give_credentials_away_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidSettingError, match=r"^PLEO_BASE_URL must be") as refused:
        read(PLEO_BASE_URL=url)
    assert url not in str(refused.value)


@pytest.mark.parametrize("blank", ["", " "])
def test_settings_that_are_blank_have_their_defaults(blank: str) -> None:
    blanks = dict.fromkeys((*NUMBERS, "PLEO_API_VERSION", "PLEO_DEFAULT_SECRET_ID"), blank)
    assert read(**blanks) == read()


@pytest.mark.parametrize("version", ["v4", "V1", "1", "latest"])
def test_a_version_that_is_not_known_is_refused(version: str) -> None:
    with pytest.raises(InvalidSettingError, match=r"^PLEO_API_VERSION must be one of v1, v2, v3$"):
        read(PLEO_API_VERSION=version)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("number", ["0", "-1", "1.5", "1e3", "ten", "\u0663", "1_0", "99999"])
def test_a_number_that_is_none_or_out_of_bounds_is_refused_with_the_bounds(name: str, number: str) -> None:
    with pytest.raises(InvalidSettingError) as refused:
        read(**{name: number})
    assert re.fullmatch(rf"{name} must be a whole number from \d+ to \d+", str(refused.value))


def test_settling_is_left_the_time_for_a_call_to_park_and_one_to_give_back() -> None:
    least = int(2 * LONGEST_CALL)
    assert read(SETTLE_SECONDS=str(least)).settle_seconds == least
    with pytest.raises(InvalidSettingError, match=r"^SETTLE_SECONDS"):
        read(SETTLE_SECONDS=str(least - 1))
