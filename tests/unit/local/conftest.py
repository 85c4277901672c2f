import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from export_adapter_workstation.local.pleo import LocalPleo, local_pleo
from tests.unit.local.calling import API_KEY, TOKEN, Caller, add_job


@pytest.fixture
def slept() -> list[float]:
    """The seconds that the server would have waited."""
    return []


@pytest.fixture
def pleo(slept: list[float]) -> Iterator[LocalPleo]:
    """A local Pleo at noon, with one job of three entries, that never really waits."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with local_pleo(TOKEN, API_KEY, clock=lambda: noon, sleep=slept.append) as pleo:
        add_job(pleo)
        yield pleo


@pytest.fixture
def caller(pleo: LocalPleo) -> Iterator[Caller]:
    """A connection to that server."""
    with contextlib.closing(Caller(pleo.url)) as caller:
        yield caller
