"""One request for what Pleo stores: its path, and how long it is waited for after a 429."""

import pytest

from export_adapter.deliver.answers import TryAgain
from export_adapter.deliver.credentials import Credentials
from export_adapter.deliver.pleo import Pleo
from export_adapter.model import ApiVersion
from tests.unit.deliver.fakes import (
    JOB,
    NOON,
    FakeClock,
    FakeHttp,
    answer,
    entry,
    error,
)


def pleo(http: FakeHttp, clock: FakeClock, version: ApiVersion) -> Pleo:
    return Pleo(http, "https://pleo.test", version, 10.0, clock, lambda: NOON)


@pytest.mark.parametrize("version", ApiVersion)
def test_looking_up_uses_the_version_that_is_deployed(version: ApiVersion) -> None:
    clock = FakeClock()
    http = FakeHttp(clock, answer(200, {"data": []}))

    pleo(http, clock, version).get_items(JOB, frozenset({entry(1)}), None, Credentials("Bearer any"), 5.0)

    assert http.requests[0].url.startswith(f"https://pleo.test/{version}/export-jobs/{JOB.export_job_id}/")


def test_a_look_up_that_is_throttled_until_a_date_waits_until_then() -> None:
    clock = FakeClock()
    throttled = error(429, "RATE_LIMITED", retry_after="Sun, 01 Mar 2026 12:00:05 GMT")
    http = FakeHttp(clock, throttled)

    found, _ = pleo(http, clock, ApiVersion.V1).get_items(
        JOB, frozenset({entry(1)}), None, Credentials("Bearer any"), 5.0
    )

    assert isinstance(found, TryAgain)
    assert found.wait == 5.0
