"""One deployed stack for all end-to-end tests: deploying takes longer than all of them together."""

from collections.abc import Iterator

import pytest

from export_adapter_workstation.local.adapter import LocalAdapter, local_adapter


@pytest.fixture(scope="session")
def adapter() -> Iterator[LocalAdapter]:
    with local_adapter(say=lambda _step: None) as running:
        yield running
