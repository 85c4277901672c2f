"""What a replay sends, what it leaves, what it keeps of a message, and that a killed one loses nothing."""

import json
from collections import Counter

import pytest
from botocore.exceptions import ReadTimeoutError

from export_adapter.model import Json
from export_adapter_workstation.dead_letters.replay import Report, plan
from export_adapter_workstation.dead_letters.scan import Scan
from tests.fakes.messages import entry, message
from tests.unit.dead_letters.world import (
    DEAD,
    Moment,
    Steps,
    Stored,
    World,
    entries,
    everything,
    killed,
    replay_once,
    those,
)

ENTRIES = entries(13)


def only(world: World) -> Stored:
    (copy,) = world.main.values()
    return copy


def reasons(report: Report) -> list[str]:
    return [reason for reason, _ in report.messages if reason]


def test_a_copy_has_body_group_and_attributes_and_the_original_is_deleted() -> None:
    world = World()
    message_id = world.park(entry(1), errorMessage="Pleo refused the item", custom="x")
    parked = world.dead[message_id]
    assert replay_once(world).done == 1
    assert only(world).sent["MessageBody"] == parked.sent["MessageBody"]
    assert only(world).sent["MessageGroupId"] == "company-1"
    assert only(world).sent["MessageAttributes"] == {
        **parked.sent["MessageAttributes"],
        "replayCount": {"DataType": "Number", "StringValue": "1"},
    }
    assert not world.dead


def test_the_xray_trace_does_not_go_along() -> None:
    world = World()
    world.park(entry(1))
    replay_once(world)
    assert "AWSTraceHeader" not in json.dumps(only(world).sent)


def test_the_replay_count_goes_on_counting_and_the_replay_id_of_earlier_versions_goes() -> None:
    world = World()
    world.park(entry(1), replayCount="4", replayId="an earlier one")
    replay_once(world)
    assert only(world).attribute("replayCount") == "5"
    assert only(world).attribute("replayId") is None


@pytest.mark.parametrize("error_type", ["job_finished", "job_not_found", "invalid_message"])
def test_what_cannot_succeed_stays_unless_it_is_forced(error_type: str) -> None:
    world = World()
    world.park(entry(1), errorType=error_type)
    report = replay_once(world)
    assert (len(reasons(report)), report.done, report.is_complete) == (1, 0, True)
    assert (len(world.dead), len(world.main)) == (1, 0)
    replay_once(world, force=True)
    assert (len(world.dead), len(world.main)) == (0, 1)


@pytest.mark.parametrize("body", ["no JSON", "{}", json.dumps(message({"accountingEntryId": "x"}))])
def test_what_would_break_the_contract_again_stays_whoever_put_it_there(body: str) -> None:
    world = World()
    world.park_body(body)
    assert len(reasons(replay_once(world))) == 1
    assert len(world.dead) == 1


def test_only_what_is_selected_is_sent() -> None:
    world = World()
    world.park(entry(1), errorType="retries_exhausted")
    world.park(entry(2), errorType="item_rejected")
    replay_once(world, those(lambda facts: facts.error_type == "retries_exhausted"))
    assert world.entries_waiting() == {entry(1): 1}
    assert world.entries_parked() == {entry(2): 1}


def test_what_stays_is_visible_again_at_once() -> None:
    world = World()
    world.park(entry(1), errorType="job_finished")
    world.park(entry(2))
    replay_once(world)
    assert world.visible == len(world.dead) == 1


def test_a_plan_counts_the_same_and_sends_nothing() -> None:
    world = World()
    world.park_each(ENTRIES)
    world.park(entry(99), errorType="job_finished")
    report = Report()
    with Scan(world.queue(DEAD)) as scan:
        plan(scan, everything, report, force=False)
    assert (len(world.dead), world.visible, len(world.main)) == (14, 14, 0)
    assert report == replay_once(world)


def test_requests_keep_to_ten_messages_and_one_mebibyte() -> None:
    world = World()
    world.park_each(entries(20))
    for number in range(4):
        body: Json = {"accountingEntryId": entry(90 + number), "status": "successful", "x": "y" * 400_000}
        world.park_body(json.dumps(message(body)), errorType="item_rejected")
    replay_once(world)
    assert world.requests == [10, 10, 2, 2]
    assert not world.dead


@pytest.mark.parametrize(("rate", "seconds"), [(10.0, 2.5), (0.1, 250.0)])
def test_the_rate_is_kept_to_however_slow(rate: float, seconds: float) -> None:
    world = World()
    world.park_each(entries(25))
    begun = world.now
    report = replay_once(world, rate=rate)
    assert report.done == 25
    assert seconds <= world.now - begun < seconds + 5
    assert set(Counter(world.entries_waiting()).values()) == {1}


def test_a_stop_ends_it_between_two_requests_and_the_next_run_sends_the_rest() -> None:
    world = World()
    world.park_each(entries(25))
    report = replay_once(world, stopped=lambda: len(world.main) >= 10)
    assert (report.done, report.stopped, report.is_complete) == (10, True, False)
    assert world.visible == len(world.dead) == 15
    assert replay_once(world).done == 15


def test_what_the_queue_refuses_stays_and_is_told() -> None:
    world = World(refuses=lambda sent: entry(2) in sent["MessageBody"])
    world.park_each(entries(3))
    report = replay_once(world)
    assert (report.done, report.refused, report.is_complete) == (2, Counter(InternalError=1), False)
    assert world.entries_parked() == {entry(2): 1}


def test_what_was_sent_but_not_deleted_is_told() -> None:
    world = World(refuses_to_delete=True)
    world.park(entry(1))
    report = replay_once(world)
    assert (report.done, report.not_deleted, report.is_complete) == (1, 1, False)


def test_where_the_answer_is_lost_nothing_is_deleted_and_the_next_run_sends_it_again() -> None:
    world = World(loses_answer_to=lambda request: request == 2)
    world.park_each(entries(25))
    with pytest.raises(ReadTimeoutError):
        replay_once(world)
    assert len(world.dead) == world.visible == 15
    replay_once(world)
    assert world.entries_waiting().keys() == set(entries(25))
    assert not world.dead


@pytest.mark.parametrize("consumed", [False, True], ids=["copies wait", "copies are delivered"])
def test_a_replay_that_is_killed_at_any_step_and_run_again_sends_everything_at_least_once(
    *, consumed: bool
) -> None:
    def a_world() -> World:
        """Twelve messages, one of which is about two entries: two requests."""
        world = World()
        world.park(*ENTRIES[:2])
        world.park_each(ENTRIES[2:])
        return world

    whole = a_world()
    replay_once(whole)
    for kill_at in range(whole.steps.taken):
        for moment in Moment:
            world = a_world()
            assert killed(world, lambda: replay_once(world), kill_at, moment)  # noqa: B023 -- at once
            when = f"killed at step {kill_at}, {moment}"
            accounted = world.entries_waiting() + world.entries_parked()
            assert accounted.keys() == set(ENTRIES), when
            assert accounted.total() - len(ENTRIES) <= 11, when
            if consumed:
                world.consume()
            world.now += 3600
            replay_once(world)
            world.consume()
            assert world.delivered.keys() == set(ENTRIES), when
            assert max(world.delivered.values()) <= 2, when
            assert not world.dead, when


def test_what_is_parked_again_while_it_runs_is_not_replayed_a_second_time() -> None:
    world = World(parks_again_at_once=True)
    world.park_each(ENTRIES)
    report = replay_once(world)
    assert report.done == 13
    assert world.entries_parked().keys() == set(ENTRIES)
    assert reasons(report) == ["it was replayed just now, and parked again"]
    assert {stored.attribute("replayCount") for stored in world.dead.values()} == {"1"}
    assert replay_once(world).done == 13


def test_nothing_is_deleted_before_its_copy_is_confirmed() -> None:
    world = World()
    world.park(entry(1))
    assert killed(world, lambda: replay_once(world), "send", Moment.AFTER)
    assert (len(world.dead), len(world.main)) == (1, 1)
    world.steps = Steps()
