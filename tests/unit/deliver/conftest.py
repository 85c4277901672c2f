import threading
import time
from collections.abc import Iterator

import pytest

from export_adapter.deliver.http import PooledHttp


def wait_for_threads() -> None:
    """Wait until every thread of a delivery has ended, those left behind included."""
    for thread in threading.enumerate():
        if thread.name.startswith("deliver-"):
            thread.join(5)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def all_threads_end() -> Iterator[None]:
    """No delivery leaves a thread that goes on for ever."""
    yield
    wait_for_threads()


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets go, at the end, whatever a test left hanging."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def http() -> PooledHttp:
    """Real HTTP, with a pool of its own."""
    return PooledHttp(connections=2, clock=time.monotonic)
