from collections.abc import Iterator

import pytest

from export_adapter_workstation.local.aws import EmbeddedAws, run_directory, running


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[EmbeddedAws]:
    """An embedded AWS with nothing in it yet."""
    with run_directory() as directory, running(directory, say=print) as aws:
        yield aws
