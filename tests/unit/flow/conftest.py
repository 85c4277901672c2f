import pytest

from tests.fakes.adapter import FakeAdapter
from tests.unit.flow.running import with_a_job


@pytest.fixture
def adapter() -> FakeAdapter:
    """An environment of the function, and one job of 300 entries at Pleo."""
    return with_a_job(FakeAdapter())
