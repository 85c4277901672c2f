"""An embedded AWS and the built stack, made once for all tests that need them.

Tests that use them carry `pytest.mark.xdist_group("embedded_aws")`, so that one worker makes them, once.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from export_adapter_workstation.embedded_aws import EmbeddedAws, build, run_directory, running


@pytest.fixture(scope="session")
def embedded_aws() -> Iterator[EmbeddedAws]:
    """An embedded AWS with nothing in it yet."""
    with run_directory() as directory, running(directory, say=print) as aws:
        yield aws


@pytest.fixture(scope="session")
def built_template(embedded_aws: EmbeddedAws) -> Path:
    """The built template, beside the built function and layers."""
    return build(embedded_aws, say=print)
