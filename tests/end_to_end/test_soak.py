"""A small soak on the deployed stack, and one that has to find a loss."""

import shutil
from pathlib import Path

import pytest

from export_adapter_workstation.project import ROOT
from export_adapter_workstation.soak.plan import SoakPlan
from export_adapter_workstation.soak.reconciliation import LOST
from export_adapter_workstation.soak.run import soak

pytestmark = pytest.mark.xdist_group("soak")

ACKNOWLEDGES_TOO_EARLY = '''

_handle = lambda_handler


def lambda_handler(event, context):
    """Tell SQS that all went well, whatever came of it."""
    _handle(event, context)
    return {"batchItemFailures": []}
'''


def unsaid(_step: str) -> None:
    pass


@pytest.fixture
def project_that_loses(tmp_path: Path) -> Path:
    """This project with a function that acknowledges what it could not deliver."""
    for name in ("functions", "layers"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("template.yaml", "samconfig.toml"):
        shutil.copy(ROOT / name, tmp_path)
    with (tmp_path / "functions" / "update_export_items" / "app.py").open("a", encoding="utf-8") as app:
        app.write(ACKNOWLEDGES_TOO_EARLY)
    return tmp_path


def test_every_item_is_accounted_for_with_faults_a_killed_function_and_a_rotated_secret() -> None:
    report = soak(SoakPlan(items=600, jobs=50, kills=1, rotations=1), unsaid)

    made = report.reconciliation
    assert made.problems == ()
    assert made.is_clean
    assert report.injected.functions_killed == 1
    assert report.injected.secrets_rotated == 1
    assert sum(report.requests_by_fault.values()) > 0.1 * report.requests
    assert made.sent == made.delivered + made.parked == 600


def test_a_soak_finds_what_a_function_loses_that_acknowledges_too_early(project_that_loses: Path) -> None:
    report = soak(
        SoakPlan(items=300, jobs=12, kills=0, rotations=0, fault_rate=0.8, project=project_that_loses), unsaid
    )

    assert report.reconciliation.count(LOST) > 0
    assert report.reconciliation.lost == report.reconciliation.count(LOST)
    assert not report.reconciliation.is_clean
