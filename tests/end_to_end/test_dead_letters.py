"""The dead-letter tool and the doctor on the deployed stack, with what the terminal shows."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from export_adapter_workstation.cli.command_line import main
from export_adapter_workstation.dead_letters.function_log import CloudWatchFunctionLog
from export_adapter_workstation.dead_letters.queues import EndedCopies
from export_adapter_workstation.local import running_stack
from export_adapter_workstation.local.adapter import LocalAdapter
from export_adapter_workstation.local.events import NotInPleo
from export_adapter_workstation.local.pleo import EntryRefusal
from tests.end_to_end.messages import message, new_id, successful

pytestmark = pytest.mark.xdist_group("deployed-stack")

type Run = Callable[..., Result]

STACK = ("--stack-name", "export-adapter-local")
NOTHING_ABSENT = NotInPleo(frozenset(), frozenset())
LETTERS = 60


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
    adapter.hold_jobs_of([body], NOTHING_ABSENT)
    adapter.pleo.refuse_entry(refused, EntryRefusal(message="The entry is locked by a review."))
    adapter.send([body])
    adapter.wait_until_drained()
    return job, refused


def park(adapter: LocalAdapter, job: str, entries: list[str], error_type: str) -> None:
    """Put letters on the dead-letter queue, each about one entry, as the function would."""
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
    """Return the id of the only letter of a job, as `list` shows it."""
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
    letter = run("dead-letters", "show", id_of(listed, job))

    assert (summary.exit_code, listed.exit_code, letter.exit_code) == (0, 0, 0)
    assert "1 message with 1 accounting entry" in summary.output
    for words in ("item_rejected", "xero", company, job, "under 15 minutes", "█" * 24):
        assert words in summary.output
    assert job in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Pleo refused the item" in listed.output
    for words in (job, entry, company, "The entry is locked by a review.", "HTTP 200", "may succeed"):
        assert words in letter.output
    assert adapter.messages_on(adapter.stack.outputs.dead_letter_queue_url) == before
    assert any(job in one["Body"] for one in adapter.parked())


def test_a_replay_shows_its_plan_first_and_delivers_once_it_is_applied(
    adapter: LocalAdapter, run: Run
) -> None:
    job, entry = parked_job(adapter)
    adapter.pleo.accept_entry(entry)

    plan = run("dead-letters", "replay", "--job", job)
    assert plan.exit_code == 0
    assert "Would send back  item_rejected         1        1" in plan.output
    assert "Nothing was sent." in plan.output
    assert status_of(adapter, job, entry) == "pending"

    applied = run("dead-letters", "replay", "--job", job, "--apply")
    adapter.wait_until_drained()
    assert applied.exit_code == 0
    assert "Sending back ━" in applied.output
    assert "Sent back 1 of 1; removed 1." in applied.output
    assert status_of(adapter, job, entry) == "successful"
    assert "There is nothing to send back." in run("dead-letters", "replay", "--job", job).output


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
    assert "2 times before" in shown
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
    assert "Sent back 0 of 0" in refused.output

    adapter.hold_jobs_of([body], NOTHING_ABSENT)
    forced = run("dead-letters", "replay", "--job", job, "--apply", "--force")
    adapter.wait_until_drained()
    assert "Sent back 1 of 1" in forced.output
    assert status_of(adapter, job, entry) == "successful"


def test_a_replay_that_is_killed_and_run_again_loses_and_doubles_nothing(
    adapter: LocalAdapter, run: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    job, entries = new_id(), [new_id() for _ in range(LETTERS)]
    adapter.hold_jobs_of([message(job, *(successful(each) for each in entries))], NOTHING_ABSENT)
    park(adapter, job, entries, "retries_exhausted")
    words = ["dead-letters", "replay", "--job", job, "--apply", "--journal", str(tmp_path / "journal")]

    with subprocess.Popen(  # noqa: S603 -- this project's own command line
        [Path(sys.executable).with_name("export-adapter"), *words, "--rate", "15", *STACK],
        stdout=subprocess.DEVNULL,
        env={**environment, "PATH": os.defpath},
    ) as killed:
        sent = wait_for_a_send(tmp_path / "journal", killed)
        killed.kill()
    assert 0 < sent < LETTERS

    again = run(*words)
    adapter.wait_until_drained()

    assert again.exit_code == 0, again.output
    assert "An earlier run was interrupted" in again.output
    puts = Counter(
        str(item["accountingEntryId"])
        for put in adapter.pleo.item_updates()
        if put.job_id == job
        for item in put.items or ()
    )
    assert puts == Counter(entries)
    assert not [one for one in adapter.parked() if job in one["Body"]]


def test_the_functions_log_tells_of_every_copy_that_was_delivered_or_parked(adapter: LocalAdapter) -> None:
    job, entries = new_id(), [new_id() for _ in range(4)]
    *known, unknown = entries
    adapter.hold_jobs_of([message(job, *(successful(each) for each in known))], NOTHING_ABSENT)
    sqs, url = adapter.stack.aws.sqs(), adapter.stack.outputs.export_results_queue_url
    for each in entries:
        sqs.send_message(
            QueueUrl=url,
            MessageBody=message(job, successful(each)),
            MessageAttributes={"replayId": {"DataType": "String", "StringValue": each}},
        )
    adapter.wait_until_drained()

    log = CloudWatchFunctionLog(
        adapter.stack.aws.logs(),
        adapter.stack.aws.lambda_(),
        adapter.stack.outputs.update_export_items_function_name,
    )
    told = log.ended([*entries, new_id()], datetime.now(UTC) - timedelta(minutes=10))

    assert told == EndedCopies(frozenset(entries), complete=True)
    assert any(unknown in one["Body"] for one in adapter.parked())


def wait_for_a_send(journal: Path, process: subprocess.Popen[bytes]) -> int:
    """Wait until the journal tells of a second request that is being sent; return how many were before."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
        steps = [json.loads(line)["step"] for line in lines if line.endswith("}")]
        if steps.count("sending") > 1:
            return 10 * steps.count("sent")
        time.sleep(0.01)
    raise AssertionError("the replay ended, or did not begin")


def test_what_is_discarded_is_kept_in_a_file_and_can_be_put_back(
    adapter: LocalAdapter, run: Run, tmp_path: Path
) -> None:
    job, entry = parked_job(adapter)
    adapter.pleo.accept_entry(entry)
    kept = tmp_path / "kept.jsonl"

    plan = run("dead-letters", "discard", "--job", job)
    assert "Would remove  item_rejected" in plan.output
    assert any(job in one["Body"] for one in adapter.parked())

    removed = run("dead-letters", "discard", "--job", job, "--apply", "--to", str(kept))
    assert removed.exit_code == 0
    assert f"Written first to {kept}" in removed.output
    assert "Removed 1 of 1." in removed.output
    assert not any(job in one["Body"] for one in adapter.parked())

    back = run("send", "--discarded", str(kept))
    adapter.wait_until_drained()
    assert "Sent: 1 of 1" in back.output
    assert status_of(adapter, job, entry) == "successful"


def test_a_message_is_sent_to_the_local_stack_without_naming_it(
    adapter: LocalAdapter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(running_stack, "NOTE", tmp_path / "up.json")
    job, entry = new_id(), new_id()
    body = message(job, successful(entry))
    adapter.hold_jobs_of([body], NOTHING_ABSENT)
    (tmp_path / "message.json").write_text(body, encoding="utf-8")

    with running_stack.noted(adapter):
        sent = CliRunner().invoke(main, ["dead-letters", "send", str(tmp_path / "message.json")])
        listed = CliRunner().invoke(main, ["dead-letters", "list", "--local"])
    adapter.wait_until_drained()

    assert sent.exit_code == 0
    assert "Sent: 1 of 1, to export-adapter-local (on this machine)." in sent.output
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
def test_the_doctor_says_what_is_wrong_and_the_command_that_mends_it(adapter: LocalAdapter, run: Run) -> None:
    shown = run("doctor")
    assert shown.exit_code == 1
    assert "WRONG  visibility timeout" in shown.output
    url = adapter.stack.outputs.export_results_queue_url
    assert f"aws sqs set-queue-attributes --queue-url {url} --attributes VisibilityTimeout=" in shown.output
    assert "\n1 thing wrong" in shown.output
