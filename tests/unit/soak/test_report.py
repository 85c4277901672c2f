"""What the soak prints, and with what it ends."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from export_adapter_workstation.cli import soak as command
from export_adapter_workstation.cli.command_line import main
from export_adapter_workstation.local.aws import EmbeddedAwsError, Say
from export_adapter_workstation.soak.fault_injection import Injected
from export_adapter_workstation.soak.plan import SoakPlan
from export_adapter_workstation.soak.reconciliation import LOST, Problem, Reconciliation
from export_adapter_workstation.soak.run import SoakReport

CLEAN = Reconciliation(1000, 900, 100, 0, 0, (), {"item_rejected": 100})
REPORT = SoakReport(
    plan=SoakPlan(seed=77),
    messages=120,
    duplicates=4,
    reconciliation=CLEAN,
    injected=Injected(functions_killed=3, secrets_rotated=2),
    invocations_that_died=3,
    requests=400,
    requests_by_fault={"connection reset": 20, "status 503": 30},
    replayed=7,
    overwritten=1,
    seconds=61.4,
)


def run(
    monkeypatch: pytest.MonkeyPatch, report: SoakReport | EmbeddedAwsError, *arguments: str
) -> tuple[int, str]:
    plans: list[SoakPlan] = []

    def soak(plan: SoakPlan, _say: Say) -> SoakReport:
        plans.append(plan)
        if isinstance(report, EmbeddedAwsError):
            raise report
        return report

    monkeypatch.setattr(command, "run_soak", soak)
    ended = CliRunner().invoke(main, ["soak", *arguments])
    return ended.exit_code, ended.output + "\n".join(map(str, plans))


def test_a_clean_reconciliation_ends_with_0_and_shows_the_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    status, output = run(monkeypatch, REPORT)

    assert status == 0
    words = " ".join(output.replace("│", " ").split())
    for line in (
        "items sent 1,000",
        "= delivered 900",
        "+ parked 100",
        "+ on the queue 0",
    ):
        assert line in words
    assert "functions killed 3" in words
    assert "Every item is accounted for." in output


def test_a_loss_ends_with_1_and_says_what_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = replace(CLEAN, delivered=899, lost=1, problems=(Problem(LOST, "job 1, entry 2"),))

    status, output = run(monkeypatch, replace(REPORT, reconciliation=lost))

    assert status == 1
    assert "NOT every item ended as it should." in output
    assert f"{LOST}: job 1, entry 2" in output
    assert "--seed 77" in output


def test_what_is_still_on_the_queue_at_the_end_ends_with_1_too(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = replace(CLEAN, delivered=899, on_queue=1)

    status, output = run(monkeypatch, replace(REPORT, reconciliation=waiting))

    assert status == 1
    assert "NOT every item ended as it should." in output


def test_a_stack_that_does_not_come_up_ends_with_1_and_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    status, output = run(monkeypatch, EmbeddedAwsError("SAM CLI is not installed. Run: make setup"))

    assert status == 1
    assert "make setup" in output
    assert "Traceback" not in output


def test_the_options_are_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    _, output = run(
        monkeypatch,
        REPORT,
        *("--items", "500", "--jobs", "9", "--seed", "5", "--faults", "0.1", "--kills", "2"),
        *("--rotations", "1"),
    )

    assert str(SoakPlan(500, 9, 5, 0.1, 2, 1)) in output
