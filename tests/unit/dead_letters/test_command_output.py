"""What the commands print and how they end, on queues of the world instead of SQS's."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result

from export_adapter_workstation.cli.command_line import main
from export_adapter_workstation.local.aws import StackOutputs
from export_adapter_workstation.stack import access as stack_access
from tests.unit.dead_letters.world import DEAD, MAIN, World, entries
from tests.unit.doctor.well import STACK

type Run = Callable[..., Result]


@dataclass(frozen=True)
class FakeClients:
    """Clients for the world's queues, and for the function's settings."""

    world: World
    api_version: str = "v1"

    def sqs(self) -> World:
        return self.world

    def lambda_(self) -> "FakeClients":
        return self

    def get_function_configuration(self, **_asked: str) -> dict[str, Any]:
        settings = {"Variables": {"PLEO_API_VERSION": self.api_version}}
        return {"Version": "1", "Timeout": 60, "CodeSha256": "x", "Environment": settings}


@pytest.fixture
def world() -> World:
    world = World()
    world.park_each(entries(3))
    return world


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    stack = replace(
        STACK,
        outputs=StackOutputs(MAIN, DEAD, "a-function", "arn:secret"),
        clients=cast("Any", FakeClients(world)),
        state_folder=tmp_path,
    )
    monkeypatch.setattr(stack_access, "in_account", lambda *_named: stack)
    return lambda *words: CliRunner().invoke(main, [*words, "--stack-name", "x"])


def words_of(shown: Result) -> str:
    return " ".join(shown.output.split())


@pytest.mark.parametrize("apply", [(), ("--apply",)])
def test_a_replay_that_could_see_nothing_says_so_and_ends_with_1(
    world: World, run: Run, apply: tuple[str, ...]
) -> None:
    world.receive_in_another_process()
    shown = run("dead-letters", "replay", *apply)
    assert shown.exit_code == 1
    assert "3 messages could not be seen: in flight" in words_of(shown)
    assert "visible again within 30 s" in words_of(shown)
    assert "No message is selected." in shown.output


def test_a_replay_names_both_queues_shows_its_plan_and_sends_only_when_it_is_applied(
    world: World, run: Run
) -> None:
    plan = run("dead-letters", "replay")
    assert (plan.exit_code, len(world.main)) == (0, 0)
    assert "From dead to main" in plan.output
    assert "Would send item_rejected 3 3" in words_of(plan)
    assert "Nothing was sent. To send: the same command with --apply" in words_of(plan)
    applied = run("dead-letters", "replay", "--apply")
    assert (applied.exit_code, len(world.main), len(world.dead)) == (0, 3, 0)
    assert "Sent item_rejected 3 3" in words_of(applied)


def test_a_replay_that_did_all_it_could_says_why_it_still_ends_with_1(world: World, run: Run) -> None:
    world.receive_in_another_process(3600, "message-3")
    shown = run("dead-letters", "replay", "--apply")
    assert "Sent item_rejected 2 2" in words_of(shown)
    assert shown.exit_code == 1
    assert "The exit status is 1 because of the messages that could not" in words_of(shown)


def test_a_replay_without_an_answer_tells_what_was_sent_before(world: World, run: Run) -> None:
    world.park_each(entries(22))
    world.loses_answer_to = lambda request: request == 2
    shown = run("dead-letters", "replay", "--apply")
    assert shown.exit_code == 1
    assert "Sent item_rejected 10 10" in words_of(shown)
    assert "AWS does not answer" in shown.output
    assert len(world.dead) == world.visible == 15


def test_what_was_refused_or_not_deleted_is_told(world: World, run: Run) -> None:
    world.refuses = lambda sent: entries(1)[0] in sent["MessageBody"]
    world.refuses_to_delete = True
    shown = run("dead-letters", "replay", "--apply")
    assert shown.exit_code == 1
    assert "The main queue refused 1 message (InternalError)" in words_of(shown)
    assert "SQS did not delete 2 messages" in words_of(shown)


def test_a_list_and_a_summary_do_not_take_what_is_in_flight_for_gone(world: World, run: Run) -> None:
    world.receive_in_another_process()
    listed, counted = run("dead-letters", "list"), run("dead-letters", "summary")
    assert "3 messages could not be seen" in words_of(listed)
    assert "0 of 0 messages that could be seen" in words_of(listed)
    assert "queue is empty" not in counted.output


def test_a_summary_of_which_no_message_is_selected_does_not_call_the_queue_empty(run: Run) -> None:
    shown = run("dead-letters", "summary", "--system", "netsuite")
    assert "None is selected of the 3 messages" in shown.output
    assert "queue is empty" not in shown.output


def test_a_summary_writes_its_page(run: Run, tmp_path: Path) -> None:
    assert run("dead-letters", "summary", "--html", str(tmp_path / "page.html")).exit_code == 0
    assert ">message-1<" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_list_shows_the_oldest_first_and_says_how_many_more_there_are(world: World, run: Run) -> None:
    world.now -= 86_400
    oldest = world.park("00000000-0000-4000-b000-000000000099")
    shown = run("dead-letters", "list", "--most", "1")
    assert shown.output.splitlines()[1].startswith(oldest[:8])
    assert "and 3 more" in shown.output
    assert "4 of 4 messages on the dead-letter queue." in shown.output


def test_a_beginning_that_several_messages_have_is_told(run: Run) -> None:
    shown = run("dead-letters", "show", "message")
    assert shown.exit_code == 1
    assert "Several messages begin with message" in shown.output


def test_one_message_is_shown_by_the_beginning_of_its_id(world: World, run: Run) -> None:
    assert entries(2)[1] in run("dead-letters", "show", "message-2").output
    assert "No message on the dead-letter queue begins with x" in run("dead-letters", "show", "x").output
    assert world.visible == 3


@pytest.mark.parametrize(("apply", "words"), [((), "would delete"), (("--apply",), "deletes")])
def test_a_discard_without_filters_says_loudly_that_it_is_about_all(
    run: Run, apply: tuple[str, ...], words: str
) -> None:
    loud = f"NO FILTER IS GIVEN: this {words} ALL messages"
    assert loud in run("dead-letters", "discard", *apply).output


def test_a_discard_with_a_filter_is_not_about_all(run: Run) -> None:
    assert "NO FILTER" not in run("dead-letters", "discard", "--system", "xero").output


def test_a_plan_to_discard_deletes_nothing_and_writes_nothing(world: World, run: Run, tmp_path: Path) -> None:
    shown = run("dead-letters", "discard", "--to", str(tmp_path / "archive"))
    assert "Would delete item_rejected 3 3" in words_of(shown)
    assert (len(world.dead), list(tmp_path.iterdir())) == (3, [])


def test_what_was_discarded_can_be_sent_again_with_its_attributes_and_group(
    world: World, run: Run, tmp_path: Path
) -> None:
    archive = str(tmp_path / "archive")
    removed = run("dead-letters", "discard", "--apply", "--to", archive)
    assert (removed.exit_code, len(world.dead)) == (0, 0)
    assert "Deleted item_rejected 3 3" in words_of(removed)
    assert f"Archived in {archive}" in removed.output

    sent = run("send", archive)
    assert sent.exit_code == 0
    assert "Sent: 3 of 3, to main of export-adapter-test (eu-west-1)." in sent.output
    copies = list(world.main.values())
    assert {each for copy in copies for each in copy.entries} == set(entries(3))
    assert {copy.sent["MessageGroupId"] for copy in copies} == {"company-1"}
    assert {(copy.attribute("errorType"), copy.attribute("replayCount")) for copy in copies} == {
        ("item_rejected", "1")
    }


def test_a_message_and_a_discard_file_are_sent_together(world: World, run: Run, tmp_path: Path) -> None:
    archive, message = tmp_path / "archive", tmp_path / "message"
    message.write_text(json.loads(json.dumps(next(iter(world.dead.values())).sent["MessageBody"])))
    run("dead-letters", "discard", "--apply", "--to", str(archive))
    assert "Sent: 4 of 4" in run("send", str(message), str(archive)).output


def test_what_the_main_queue_refuses_is_told_by_its_file(world: World, run: Run, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    run("dead-letters", "discard", "--apply", "--to", str(archive))
    world.refuses = lambda sent: entries(2)[1] in sent["MessageBody"]
    shown = run("send", str(archive))
    assert shown.exit_code == 1
    assert f"{archive}: message-2: the queue refused it: InternalError" in shown.output
    assert "Sent: 2 of 3" in shown.output


def test_where_the_archive_cannot_be_written_nothing_is_deleted(
    world: World, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "archive").write_text("precious")
    shown = run("dead-letters", "discard", "--apply", "--to", str(tmp_path / "archive"))
    assert shown.exit_code == 1
    assert "cannot be written: File exists" in shown.output
    assert len(world.dead) == world.visible == 3


def test_what_a_discard_did_not_delete_is_told(world: World, run: Run, tmp_path: Path) -> None:
    world.refuses_to_delete = True
    shown = run("dead-letters", "discard", "--apply", "--to", str(tmp_path / "archive"))
    assert shown.exit_code == 1
    assert "SQS did not delete 3 messages" in words_of(shown)
    assert len(world.dead) == 3


def test_failure_reason_types_are_those_of_the_stacks_own_api_version(run: Run) -> None:
    assert "Failure reason type (API v1)" in run("dead-letters", "summary").output


def test_a_queue_with_a_redrive_policy_of_its_own_is_not_looked_at(world: World, run: Run) -> None:
    world.redrives_to = "arn:another"
    shown = run("dead-letters", "replay", "--apply")
    assert shown.exit_code == 1
    assert "Remove the policy first" in words_of(shown)
    assert len(world.main) == 0
