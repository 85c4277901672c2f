"""Dates that go out and come in, on a machine in another time zone."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from export_adapter.deliver.request import put_body
from export_adapter.deliver.retry import retry_after
from export_adapter.model import ItemStatus, ItemUpdate
from tests.unit.deliver.fakes import (
    NOON,
    entry,
)


@pytest.fixture(params=["Asia/Tokyo", "America/New_York"])
def elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine be in another time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
def test_dates_go_out_in_utc_whatever_the_machines_time_zone_is() -> None:
    moment = datetime(2026, 3, 1, 13, 0, 0, tzinfo=timezone(timedelta(hours=1)))
    update = ItemUpdate(entry(1), ItemStatus.SUCCESSFUL, exported_at=moment)

    assert b'"exportedAt":"2026-03-01T12:00:00Z"' in put_body([update])


@pytest.mark.usefixtures("elsewhere")
def test_a_retry_after_without_a_time_zone_is_in_utc() -> None:
    assert retry_after("Sun, 01 Mar 2026 12:00:30 -0000", NOON) == 30.0
