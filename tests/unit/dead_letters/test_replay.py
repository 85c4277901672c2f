"""What a replay sends, what it leaves, and what it keeps of a message."""

import json

import pytest

from export_adapter_workstation.dead_letters.hold import CLAIM_SECONDS
from export_adapter_workstation.dead_letters.letter import Attribute
from export_adapter_workstation.dead_letters.outgoing import Outgoing
from export_adapter_workstation.dead_letters.plan import WhenInDoubt
from export_adapter_workstation.dead_letters.replay import Wanted
from tests.fakes.messages import entry, message
from tests.unit.dead_letters.world import Killed, Moment, Steps, World, entries, replay

ALL = Wanted(lambda _letter: True)


def only(world: World) -> Outgoing:
    (copy,) = world.main.values()
    return copy


def in_doubt(*, log_tells: bool = False) -> tuple[World, str]:
    """A world in which a run was killed just after one letter was sent, and its copy was delivered."""
    world = World(log_tells=log_tells)
    letter = world.park(entry(1))
    world.steps = Steps("send", Moment.AFTER)
    with pytest.raises(Killed):
        replay(world)
    assert world.sent == {letter: 1}
    world.steps = Steps()
    world.consume()
    return world, letter


def test_the_body_the_group_and_the_attributes_go_back_and_the_letter_is_removed() -> None:
    world = World()
    letter_id = world.park(entry(1), errorMessage="Pleo refused the item", custom="x")
    letter = world.letters[letter_id]
    replay(world)
    assert only(world).body == letter.body
    assert only(world).message_group_id == letter.message_group_id
    assert {name: one.text for name, one in only(world).attributes.items()} == {
        "errorType": "item_rejected",
        "errorMessage": "Pleo refused the item",
        "custom": "x",
        "replayCount": "1",
        "replayId": letter_id,
    }
    assert not world.letters


def test_the_replay_count_goes_on_counting() -> None:
    world = World()
    world.park(entry(1), replayCount="4", replayId="an earlier one")
    replay(world)
    assert only(world).attributes["replayCount"] == Attribute("Number", "5")
    assert only(world).attributes["replayId"].text == "letter-1"


@pytest.mark.parametrize(
    ("error_type", "reason"),
    [
        ("job_finished", "the export job takes no more updates"),
        ("job_not_found", "Pleo does not know the export job"),
        ("invalid_message", "it is no message"),
    ],
)
def test_what_cannot_succeed_stays_unless_it_is_forced(error_type: str, reason: str) -> None:
    world = World()
    world.park(entry(1), errorType=error_type)
    refused = replay(world).planned.plan.refuse
    assert [one.reason for one in refused] == [reason]
    assert (len(world.letters), len(world.main)) == (1, 0)
    replay(world, Wanted(lambda _letter: True, force=True))
    assert (len(world.letters), len(world.main)) == (0, 1)


@pytest.mark.parametrize("body", ["no JSON", "{}", json.dumps(message({"accountingEntryId": "x"}))])
def test_what_would_break_the_contract_again_stays_whoever_put_it_there(body: str) -> None:
    world = World()
    world.park_body(body)
    assert len(replay(world).planned.plan.refuse) == 1
    assert len(world.letters) == 1


def test_only_what_is_asked_for_is_sent() -> None:
    world = World()
    world.park(entry(1), errorType="retries_exhausted")
    world.park(entry(2), errorType="item_rejected")
    replay(world, Wanted(lambda letter: letter.error_type == "retries_exhausted"))
    assert world.entries_waiting() == {entry(1): 1}
    assert world.entries_parked() == {entry(2): 1}


def test_what_stays_can_be_seen_again_at_once() -> None:
    world = World()
    world.park(entry(1), errorType="job_finished")
    world.park(entry(2))
    replay(world)
    assert all(until <= world.now for each, until in world.hidden_until.items() if each in world.letters)


def test_requests_keep_to_ten_entries_and_one_mebibyte() -> None:
    world = World()
    for each in entries(25):
        world.park(each)
    for number in range(4):
        body = json.dumps(
            message({"accountingEntryId": entry(90 + number), "status": "successful", "x": "y" * 400_000})
        )
        world.park_body(body, errorType="item_rejected")
    replay(world)
    assert [len(request) for request in world.requests] == [10, 10, 7, 2]
    assert not world.letters


def test_the_rate_is_kept_to() -> None:
    world = World()
    for each in entries(30):
        world.park(each)
    begun = world.now
    replay(world, rate=2.0)
    # Ten at once, then ten after five seconds, twice; the look at the queue takes two.
    assert 10.0 <= world.now - begun <= 13.0


def test_a_slow_replay_keeps_the_letters_that_wait_hidden_from_others() -> None:
    world = World()
    for each in entries(40):
        world.park(each)
    outcome = replay(world, rate=0.5)
    assert world.now > CLAIM_SECONDS
    assert (outcome.report.sent, outcome.report.let_go) == (40, 0)


def test_a_stop_ends_it_between_two_requests_and_the_next_run_goes_on() -> None:
    world = World()
    for each in entries(25):
        world.park(each)
    first = replay(world, stopped=lambda: len(world.requests) == 1)
    assert (first.report.sent, first.report.stopped, first.report.complete) == (10, True, False)
    assert len(world.letters) == 15
    second = replay(world)
    assert (second.report.sent, second.report.complete) == (15, True)
    assert set(world.sent.values()) == {1}


def test_what_the_queue_refuses_stays_and_is_told() -> None:
    world = World(refuses=lambda copy: entry(2) in copy.body)
    for each in entries(3):
        world.park(each)
    outcome = replay(world)
    assert (outcome.report.sent, dict(outcome.report.refused)) == (2, {"InternalError": 1})
    assert world.entries_parked() == {entry(2): 1}
    world.refuses = lambda _copy: False
    assert replay(world).report.sent == 1


def test_an_answer_that_is_lost_ends_the_run_and_the_next_one_finds_out() -> None:
    world = World(loses_answer_to=lambda request: request == 1)
    for each in entries(12):
        world.park(each)
    first = replay(world)
    assert (first.report.unclear, first.report.complete) == (10, False)
    second = replay(world)
    assert (second.report.sent, second.report.removed) == (2, 12)
    assert set(world.sent.values()) == {1}


def test_a_letter_that_comes_back_after_it_was_removed_is_not_sent_again() -> None:
    world = World()
    letter_id = world.park(entry(1))
    letter = world.letters[letter_id]
    replay(world)
    world.letters[letter_id] = letter
    world.hidden_until.clear()
    outcome = replay(world)
    assert [one.reason for one in outcome.planned.plan.remove] == ["an earlier run sent it"]
    assert world.sent == {letter_id: 1}
    assert not world.letters


def test_where_the_log_tells_that_a_copy_was_delivered_the_letter_is_removed() -> None:
    world, letter = in_doubt(log_tells=True)
    replay(world)
    assert not world.letters
    assert world.sent == {letter: 1}


def test_where_nothing_tells_whether_a_copy_was_delivered_the_letter_stays() -> None:
    world, letter = in_doubt()
    outcome = replay(world)
    assert [one.letter.letter.message_id for one in outcome.planned.plan.leave] == [letter]
    assert list(world.letters) == [letter]
    assert world.sent == {letter: 1}


@pytest.mark.parametrize(("choice", "sent"), [(WhenInDoubt.SEND, 2), (WhenInDoubt.REMOVE, 1)])
def test_a_person_may_decide_what_becomes_of_a_letter_in_doubt(choice: WhenInDoubt, sent: int) -> None:
    world, letter = in_doubt()
    replay(world, Wanted(lambda _letter: True, in_doubt=choice))
    assert world.sent == {letter: sent}
    assert not world.letters


def test_what_an_earlier_run_left_over_is_removed_whatever_is_asked_for_now() -> None:
    world, _ = in_doubt(log_tells=True)
    replay(world, Wanted(lambda _letter: False))
    assert not world.letters


def test_a_letter_that_was_never_sent_is_sent_by_the_next_run() -> None:
    world = World()
    letter = world.park(entry(1))
    world.steps = Steps("send", Moment.BEFORE)
    with pytest.raises(Killed):
        replay(world)
    assert any('"sending"' in line for line in world.journal)
    assert not world.sent
    world.steps = Steps()
    replay(world)
    assert world.sent == {letter: 1}


def test_it_waits_for_what_an_interrupted_run_still_hides() -> None:
    world, _ = in_doubt(log_tells=True)
    replay(world)
    assert "An earlier run was interrupted" in world.said[0]
