from collections.abc import Iterator

import pytest

from export_adapter_workstation.local.pleo import local_pleo
from tests.security.fake_aws import fake_aws
from tests.security.wire_tap import wire_tap
from tests.security.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with (
        local_pleo() as pleo,
        local_pleo() as other,
        wire_tap(pleo.url) as to_pleo,
        wire_tap(other.url) as elsewhere,
        fake_aws() as aws,
    ):
        yield World(pleo, to_pleo, aws, elsewhere)
