"""The dead-letter tool and the doctor on the deployed stack, with what the terminal shows."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from export_adapter_workstation.cli.command_line import main
from export_adapter_workstation.local import running_stack
from export_adapter_workstation.local.adapter import LocalAdapter
from export_adapter_workstation.local.events import NotInPleo
from export_adapter_workstation.local.pleo import EntryRefusal
from tests.end_to_end.messages import message, new_id, successful

pytestmark = pytest.mark.xdist_group("deployed-stack")

type Run = Callable[..., Result]

STACK = ("--stack-name", "export-adapter-local")
NOTHING_ABSENT = NotInPleo(frozenset(), frozenset())
MESSAGES = 60


@pytest.fixture
def environment(adapter: LocalAdapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment in which the command line finds the embedded AWS, as any AWS tool does."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    ours = {**adapter.stack.aws.settings, "XDG_STATE_HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    return ours


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    def invoke(*words: str) -> Result:
        assert environment
        return CliRunner().invoke(main, [*words, *STACK])

    return invoke


def parked_job(adapter: LocalAdapter, company: str | None = None) -> tuple[str, str]:
    """Let the function park an entry that Pleo refuses; return its job and its id."""
    job, refused = new_id(), new_id()
    body = message(job, successful(refused), company=company)
    adapter.create_missing_jobs([body], NOTHING_ABSENT)
    adapter.pleo.refuse_entry(refused, EntryRefusal(message="The entry is locked by a review."))
    adapter.send([body])
    adapter.wait_until_drained()
    return job, refused


def park(adapter: LocalAdapter, job: str, entries: list[str], error_type: str) -> None:
    """Put messages on the dead-letter queue, each about one entry, as the function would."""
    for entry in entries:
        adapter.stack.aws.sqs().send_message(
            QueueUrl=adapter.stack.outputs.dead_letter_queue_url,
            MessageBody=message(job, successful(entry)),
            MessageAttributes={
                "errorType": {"DataType": "String", "StringValue": error_type},
                "exportJobId": {"DataType": "String", "StringValue": job},
            },
        )


def status_of(adapter: LocalAdapter, job: str, entry: str) -> str:
    held = adapter.pleo.job(job)
    assert held is not None
    return held.items[entry].status


def id_of(shown: Result, job: str) -> str:
    """Return the id of the only message of a job, as `list` shows it."""
    (line,) = (line for line in shown.output.splitlines() if job[:8] in line)
    return line.split()[0]


def test_what_is_parked_is_counted_listed_and_shown_and_stays_where_it_was(
    adapter: LocalAdapter, run: Run, tmp_path: Path
) -> None:
    company = new_id()
    job, entry = parked_job(adapter, company)
    before = adapter.messages_on(adapter.stack.outputs.dead_letter_queue_url)

    summary = run("dead-letters", "summary", "--job", job, "--html", str(tmp_path / "page.html"))
    listed = run("dead-letters", "list", "--job", job)
    shown = run("dead-letters", "show", id_of(listed, job))

    assert (summary.exit_code, listed.exit_code, shown.exit_code) == (0, 0, 0)
    assert "1 accounting entry in 1 message" in summary.output
    for words in ("item_rejected", "xero", company, job, "under 15 minutes", "█"):
        assert words in summary.output
    assert job in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Pleo refused the item" in listed.output
    for words in (job, entry, company, "The entry is locked by a review.", "HTTP 200", "may succeed"):
        assert words in " ".join(shown.output.split())
    assert adapter.messages_on(adapter.stack.outputs.dead_letter_queue_url) == before
    assert any(job in one["Body"] for one in adapter.parked())


def test_a_replay_shows_its_plan_first_and_delivers_once_it_is_applied(
    adapter: LocalAdapter, run: Run
) -> None:
    job, entry = parked_job(adapter)
    adapter.pleo.accept_entry(entry)

    plan = run("dead-letters", "replay", "--job", job)
    assert plan.exit_code == 0
    assert "Would send item_rejected 1 1" in " ".join(plan.output.split())
    assert "Nothing was sent." in plan.output
    assert status_of(adapter, job, entry) == "pending"

    applied = run("dead-letters", "replay", "--job", job, "--apply")
    adapter.wait_until_drained()
    assert applied.exit_code == 0
    assert "Sent item_rejected 1 1" in " ".join(applied.output.split())
    assert status_of(adapter, job, entry) == "successful"
    assert "No message is selected." in run("dead-letters", "replay", "--job", job).output


def test_what_is_parked_again_keeps_count_of_its_replays_and_its_group(
    adapter: LocalAdapter, run: Run
) -> None:
    company = new_id()
    job, _ = parked_job(adapter, company)
    first = id_of(run("dead-letters", "list", "--job", job), job)
    for _ in range(2):
        assert run("dead-letters", "replay", "--job", job, "--apply").exit_code == 0
        adapter.wait_until_drained()

    shown = run("dead-letters", "show", id_of(run("dead-letters", "list", "--job", job), job)).output
    assert first not in shown
    assert "replayed       2 times" in shown
    (parked,) = (one for one in adapter.parked() if job in one["Body"])
    assert parked["MessageAttributes"]["replayCount"].get("StringValue") == "2"
    assert parked["MessageAttributes"]["errorType"].get("StringValue") == "item_rejected"


def test_what_cannot_succeed_is_only_sent_when_it_is_forced(adapter: LocalAdapter, run: Run) -> None:
    job, entry = new_id(), new_id()
    body = message(job, successful(entry))
    adapter.send([body])
    adapter.wait_until_drained()

    refused = run("dead-letters", "replay", "--job", job, "--apply")
    assert refused.exit_code == 0
    assert "Leaves: Pleo does not know the export job" in refused.output
    assert "Sent" not in refused.output

    adapter.create_missing_jobs([body], NOTHING_ABSENT)
    forced = run("dead-letters", "replay", "--job", job, "--apply", "--force")
    adapter.wait_until_drained()
    assert "Sent job_not_found 1 1" in " ".join(forced.output.split())
    assert status_of(adapter, job, entry) == "successful"


def test_a_replay_that_is_killed_and_run_again_delivers_everything(
    adapter: LocalAdapter, run: Run, environment: dict[str, str]
) -> None:
    job, entries = new_id(), [new_id() for _ in range(MESSAGES)]
    adapter.create_missing_jobs([message(job, *(successful(each) for each in entries))], NOTHING_ABSENT)
    park(adapter, job, entries, "retries_exhausted")
    words = ["dead-letters", "replay", "--job", job, "--apply"]

    with subprocess.Popen(  # noqa: S603 -- this project's own command line
        [Path(sys.executable).with_name("export-adapter"), *words, "--rate", "15", *STACK],
        stdout=subprocess.DEVNULL,
        env={**environment, "PATH": os.defpath, "PYTHONPATH": os.environ.get("PYTHONPATH", "")},
    ) as killed:
        wait_for_a_delivery(adapter, job, killed)
        killed.kill()
    left = sum(job in one["Body"] for one in adapter.parked())
    assert 0 < left < MESSAGES

    end = time.monotonic() + 120
    # What the killed run had received is visible again when its lease ends.
    while run(*words).exit_code and time.monotonic() < end:
        time.sleep(1)
    adapter.wait_until_drained()

    puts = Counter(
        str(item["accountingEntryId"])
        for put in adapter.pleo.item_updates()
        if put.job_id == job
        for item in put.items or ()
    )
    assert puts.keys() == set(entries)
    assert puts.total() <= MESSAGES + 10
    assert {status_of(adapter, job, each) for each in entries} == {"successful"}
    assert not [one for one in adapter.parked() if job in one["Body"]]


def wait_for_a_delivery(adapter: LocalAdapter, job: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until Pleo has been told of one of the entries of a job."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if any(put.job_id == job for put in adapter.pleo.item_updates()):
            return
        time.sleep(0.01)
    raise AssertionError("the replay ended, or did not begin")


def test_what_is_discarded_is_archived_in_a_file_that_can_be_sent(
    adapter: LocalAdapter, run: Run, tmp_path: Path
) -> None:
    job, entry = parked_job(adapter)
    adapter.pleo.accept_entry(entry)
    archive = tmp_path / "archive.jsonl"

    plan = run("dead-letters", "discard", "--job", job)
    assert "Would delete  item_rejected" in plan.output
    assert any(job in one["Body"] for one in adapter.parked())

    removed = run("dead-letters", "discard", "--job", job, "--apply", "--to", str(archive))
    assert removed.exit_code == 0
    assert f"Archived in {archive}" in removed.output
    assert "Deleted item_rejected 1 1" in " ".join(removed.output.split())
    assert not any(job in one["Body"] for one in adapter.parked())

    sent = run("send", str(archive))
    adapter.wait_until_drained()
    assert "Sent: 1 of 1" in sent.output
    assert status_of(adapter, job, entry) == "successful"


def test_a_message_is_sent_to_the_local_stack_without_naming_it(
    adapter: LocalAdapter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(running_stack, "NOTE", tmp_path / "up.json")
    job, entry = new_id(), new_id()
    body = message(job, successful(entry))
    adapter.create_missing_jobs([body], NOTHING_ABSENT)
    (tmp_path / "message.json").write_text(body, encoding="utf-8")

    with running_stack.noted(adapter):
        sent = CliRunner().invoke(main, ["send", str(tmp_path / "message.json")])
        listed = CliRunner().invoke(main, ["dead-letters", "list", "--local"])
    adapter.wait_until_drained()

    assert sent.exit_code == 0
    assert "Sent: 1 of 1, to " in sent.output
    assert "of export-adapter-local (on this machine)." in sent.output
    assert f"{adapter.pleo.url}/_local/state" in sent.output
    assert "Stack: export-adapter-local (on this machine)" in listed.output
    assert status_of(adapter, job, entry) == "successful"


def test_a_stack_that_is_not_there_is_told(environment: dict[str, str]) -> None:
    assert environment
    shown = CliRunner().invoke(main, ["dead-letters", "list", "--stack-name", "nowhere"])
    assert shown.exit_code == 1
    assert "There is no stack nowhere in this account and region." in shown.output


@pytest.fixture
def too_short_a_visibility_timeout(adapter: LocalAdapter) -> Iterator[None]:
    sqs, url = adapter.stack.aws.sqs(), adapter.stack.outputs.export_results_queue_url
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": before["VisibilityTimeout"]})


def test_the_doctor_finds_the_deployed_stack_well(run: Run) -> None:
    shown = run("doctor")
    assert shown.exit_code == 0, shown.output
    for what in ("alias", "event source", "redrive", "secret", "clock", "self-test: pleo"):
        assert f"\nok     {what} " in shown.output
    assert "\nNothing is wrong" in shown.output


@pytest.mark.usefixtures("too_short_a_visibility_timeout")
def test_the_doctor_says_what_is_wrong_and_the_command_that_fixes_it(adapter: LocalAdapter, run: Run) -> None:
    shown = run("doctor")
    assert shown.exit_code == 1
    assert "WRONG  visibility timeout" in shown.output
    url = adapter.stack.outputs.export_results_queue_url
    assert f"aws sqs set-queue-attributes --queue-url {url} --attributes VisibilityTimeout=" in shown.output
    assert "\n1 thing wrong" in shown.output
