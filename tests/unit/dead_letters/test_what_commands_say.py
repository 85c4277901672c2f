"""What the commands say and how they end, on queues of the world instead of SQS's."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result

from export_adapter_workstation.cli import looking
from export_adapter_workstation.cli.command_line import main
from export_adapter_workstation.dead_letters.journal import journal_file, journal_path
from export_adapter_workstation.stack import access as stack_access
from tests.unit.dead_letters.world import FakeDeadLetterQueue, FakeFunctionLog, FakeMainQueue, World, entries
from tests.unit.doctor.well import STACK

type Run = Callable[..., Result]


@dataclass(frozen=True)
class FakeClients:
    """Clients that nobody asks anything of, but for the function's settings."""

    api_version: str = "v1"

    def sqs(self) -> None: ...

    def sqs_that_asks_once(self) -> None: ...

    def logs(self) -> None: ...

    def lambda_(self) -> "FakeClients":
        return self

    def get_function_configuration(self, **_asked: str) -> dict[str, Any]:
        settings = {"Variables": {"PLEO_API_VERSION": self.api_version}}
        return {"Version": "1", "Timeout": 60, "CodeSha256": "x", "Environment": settings}


@pytest.fixture
def world() -> World:
    world = World()
    for each in entries(3):
        world.park(each)
    return world


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    stack = replace(STACK, clients=cast("Any", FakeClients()), state_folder=tmp_path)
    monkeypatch.setattr(stack_access, "in_account", lambda *_named: stack)
    monkeypatch.setattr(looking, "SqsDeadLetterQueue", lambda *_: FakeDeadLetterQueue(world))
    monkeypatch.setattr(looking, "SqsMainQueue", lambda *_: FakeMainQueue(world))
    monkeypatch.setattr(looking, "CloudWatchFunctionLog", lambda *_: FakeFunctionLog(world))
    return lambda *words: CliRunner().invoke(main, [*words, "--stack-name", "x"])


def hide(world: World, *letters: str) -> None:
    world.hidden_until = dict.fromkeys(letters or world.letters, world.now + 3600)


@pytest.mark.parametrize("apply", [(), ("--apply",)])
def test_a_replay_that_could_see_nothing_says_so_first_and_ends_with_1(
    world: World, run: Run, apply: tuple[str, ...]
) -> None:
    hide(world)
    shown = run("dead-letters", "replay", *apply)
    assert shown.exit_code == 1
    hidden, nothing = (
        "3 messages could not be seen",
        "Among the 0 messages that could be seen there is nothing",
    )
    assert shown.output.index(hidden) < shown.output.index(nothing)
    assert "as a rule within 30 s" in " ".join(shown.output.split())


def test_a_replay_that_did_all_it_planned_says_why_it_still_ends_with_1(world: World, run: Run) -> None:
    hide(world, "letter-3")
    shown = run("dead-letters", "replay", "--apply")
    assert "Sent back 2 of 2" in shown.output
    assert shown.exit_code == 1
    assert "The exit status is 1 because not every message could be seen" in shown.output


def test_a_list_and_a_summary_do_not_take_what_is_hidden_for_gone(world: World, run: Run) -> None:
    hide(world)
    listed, counted = run("dead-letters", "list"), run("dead-letters", "summary")
    assert listed.output.index("3 messages could not be seen") < listed.output.index(
        "0 of 0 messages that could"
    )
    assert "queue is empty" not in counted.output


def test_a_summary_of_which_no_message_is_meant_does_not_call_the_queue_empty(run: Run) -> None:
    shown = run("dead-letters", "summary", "--system", "netsuite")
    assert "None is meant among the 3 messages" in shown.output
    assert "queue is empty" not in shown.output


@pytest.mark.parametrize(("apply", "words"), [((), "would remove"), (("--apply",), "removes")])
def test_a_discard_without_filters_says_loudly_that_it_is_about_all(
    run: Run, apply: tuple[str, ...], words: str
) -> None:
    loud = f"NO FILTER IS GIVEN: this {words} ALL 3 messages."
    assert loud in run("dead-letters", "discard", *apply).output


def test_a_discard_with_a_filter_is_not_about_all(run: Run) -> None:
    assert "NO FILTER" not in run("dead-letters", "discard", "--system", "xero").output


def test_what_was_discarded_goes_back_once(world: World, run: Run, tmp_path: Path) -> None:
    kept = str(tmp_path / "kept")
    assert run("dead-letters", "discard", "--apply", "--to", kept).exit_code == 0
    first, second = (run("send", "--discarded", kept) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "3 removed, and not sent since" in first.output
    assert "Sent: 3 of 3" in first.output
    assert "3 sent before: not sent again" in second.output
    assert "Sent: 0 of 0" in second.output
    assert set(world.sent.values()) == {1}


def test_what_a_discard_did_not_remove_is_not_sent(world: World, run: Run, tmp_path: Path) -> None:
    world.refuses_to_delete = True
    kept = str(tmp_path / "kept")
    removed = run("dead-letters", "discard", "--apply", "--to", kept)
    assert removed.exit_code == 1
    assert "Not all was removed" in removed.output
    assert "3 in doubt" in run("send", "--discarded", "--check", kept).output
    assert len(world.letters) == 3


def test_a_plan_is_shown_while_another_replay_works_and_a_replay_is_not_begun(
    run: Run, tmp_path: Path
) -> None:
    path = journal_path(tmp_path, STACK.outputs.dead_letter_queue_url)
    with journal_file(path):
        planned = run("dead-letters", "replay")
        applied = run("dead-letters", "replay", "--apply")
        discarded = run("dead-letters", "discard", "--apply")
    assert planned.exit_code == 0
    assert "Another replay, discard or send --discarded works on this queue" in planned.output
    assert "Would send back" in planned.output
    assert (applied.exit_code, discarded.exit_code) == (1, 1)
    assert applied.output.count(str(path)) == 1


def test_failure_reason_types_are_those_of_the_stacks_own_api_version(world: World, run: Run) -> None:
    assert "Failure reason type (API v1)" in run("dead-letters", "summary").output
    assert len(world.letters) == 3
