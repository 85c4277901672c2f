"""`export-adapter pleo`, on a local Pleo that stands in for the one of `make up`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from export_adapter_workstation.cli import pleo as command
from export_adapter_workstation.cli.command_line import main
from export_adapter_workstation.local import running_stack
from export_adapter_workstation.local.pleo import LocalPleo
from tests.unit.local.calling import COMPANY, JOB, OTHER_JOB, Caller, entry, stored_status, update

type Run = Callable[..., Result]


@dataclass(frozen=True)
class Running:
    pleo_url: str


@pytest.fixture
def run(pleo: LocalPleo, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(command, "running_stack", lambda: Running(pleo.url))

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, ["pleo", *words])

    return invoke


def test_fail_lets_requests_fail_until_clear(run: Run, caller: Caller) -> None:
    said = run("fail", "--status", "503", "--retry-after", "2")

    assert (said.exit_code, said.output) == (0, "From now on: status 503, Retry-After.\n")
    answer = caller.put(update(1))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert caller.put(update(1)).status == 503
    assert run("clear").exit_code == 0
    assert caller.put(update(1)).status == 200


def test_fail_can_be_for_some_seconds_of_one_company(run: Run, pleo: LocalPleo) -> None:
    said = run("fail", "--status", "503", "--for", "60", "--company", COMPANY)

    assert f"status 503, for 60 s, company {COMPANY}" in said.output
    (plan,) = pleo.state().fault_plans
    assert (plan.seconds, plan.company_id) == (60, COMPANY)


def test_fail_can_be_for_the_next_requests_of_one_job(run: Run, pleo: LocalPleo, caller: Caller) -> None:
    run("fail", "--reset", "--applied", "--next", "1", "--job", JOB)

    with pytest.raises(ConnectionResetError):
        caller.put(update(1))
    assert stored_status(pleo, 1) == "successful"
    assert caller.put(update(1)).status == 200


def test_fail_can_be_any_fault_for_a_share_of_the_requests(run: Run, pleo: LocalPleo) -> None:
    assert (
        "one of the faults that pass by themselves, for 30% of the requests"
        in run("fail", "--anything", "--rate", "0.3").output
    )
    assert len(pleo.state().fault_plans[0].faults) > 15


def test_fail_wants_to_know_what_goes_wrong(run: Run) -> None:
    said = run("fail", "--for", "60")
    assert said.exit_code == 2
    assert "What goes wrong?" in said.output


def test_a_refused_entry_is_refused_until_clear(run: Run, caller: Caller) -> None:
    run("refuse", entry(1), "--message", "Locked.")
    assert caller.put(update(1)).json["errors"][0]["message"] == "Locked."
    run("clear")
    run("refuse", entry(1), "--whole-request")
    assert caller.put(update(1), update(2)).status == 400


def test_the_jobs_of_a_message_are_added(run: Run, pleo: LocalPleo, caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "message.json"
    file.write_text(json.dumps({"exportJobId": OTHER_JOB, "companyId": COMPANY, "results": [update(1)]}))

    assert run("add", str(file)).output == "Export jobs created: 1.\n"
    assert caller.put(update(1), job=OTHER_JOB).status == 200
    assert run("add", str(file)).exit_code == 1
    job = pleo.job(OTHER_JOB)
    assert job is not None
    assert job.company_id == COMPANY


def test_a_finished_job_is_added_as_such(run: Run, caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "message.json"
    file.write_text(json.dumps({"exportJobId": OTHER_JOB, "companyId": COMPANY, "results": [update(1)]}))

    run("add", "--finished", str(file))
    assert caller.put(update(1), job=OTHER_JOB).status == 422


def test_show_lists_jobs_requests_and_what_goes_wrong(run: Run, caller: Caller) -> None:
    run("fail", "--status", "429", "--next", "2")
    run("refuse", entry(3))
    caller.put(update(1))

    shown = " ".join(run("show").output.replace("│", " ").split())

    assert f"{JOB} in_progress 3 pending {COMPANY}" in shown
    assert f"1 PUT {JOB} 429 1 item status 429" in shown
    assert "Goes wrong: status 429, requests left: 1." in shown
    assert f"Refused: {entry(3)}" in shown


def test_show_lists_the_items_of_one_job(run: Run, caller: Caller) -> None:
    caller.put(update(1, "failed", failureReason="The period is closed."))
    shown = run("show", "--job", JOB)
    assert "The period is closed." in shown.output
    assert run("show", "--job", OTHER_JOB).exit_code == 1


def test_without_a_running_stack_one_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(running_stack, "NOTE", tmp_path / "up.json")
    said = CliRunner().invoke(main, ["pleo", "show"])
    assert said.exit_code == 2
    assert said.stderr.endswith("Error: Nothing is running. Start it in another terminal: make up\n")
