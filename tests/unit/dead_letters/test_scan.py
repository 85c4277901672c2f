"""One pass over the queue: what it sees, what it says it did not see, and that it leaves everything there."""

import pytest

from export_adapter_workstation.dead_letters import scan as scan_module
from export_adapter_workstation.dead_letters.scan import Coverage, RedrivingError, Scan, lease_seconds
from tests.fakes.messages import entry
from tests.unit.dead_letters.world import DEAD, World, entries


def a_world(messages: int) -> World:
    world = World()
    world.park_each(entries(messages))
    return world


def look(world: World, stop_after: int = 1_000) -> tuple[list[str], Coverage]:
    seen: list[str] = []
    with Scan(world.queue(DEAD)) as scan:
        for batch in scan.batches():
            seen += [one.message_id for one in batch]
            if len(seen) >= stop_after:
                break
    return seen, scan.coverage


def test_every_message_is_seen_once_and_is_visible_afterwards() -> None:
    world = a_world(25)
    seen, coverage = look(world)
    assert sorted(seen) == sorted(world.dead)
    assert coverage == Coverage(25, is_all=True, in_flight=0)
    assert world.visible == 25


def test_messages_are_hidden_from_others_while_the_pass_lasts() -> None:
    world = a_world(12)
    with Scan(world.queue(DEAD)) as scan:
        list(scan.batches())
        assert world.visible == 0
    assert world.visible == 12


def test_an_interrupted_pass_makes_everything_visible() -> None:
    world = a_world(25)

    def interrupt(seen: int, _total: int) -> None:
        if seen == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Scan(world.queue(DEAD), progress=interrupt) as scan:
        list(scan.batches())
    assert world.visible == 25


def test_after_a_kill_messages_are_visible_when_their_lease_ends() -> None:
    world = a_world(3)
    list(Scan(world.queue(DEAD)).batches())
    assert world.visible == 0
    world.now += lease_seconds(3)
    assert world.visible == 3


def test_what_is_in_flight_elsewhere_is_told() -> None:
    world = a_world(5)
    world.receive_in_another_process()
    world.park(entry(9))
    _, coverage = look(world)
    assert (coverage.seen, coverage.in_flight, coverage.is_whole) == (1, 5, False)


def test_a_message_that_is_received_twice_counts_once_and_is_deleted_by_its_latest_handle() -> None:
    world = a_world(12)

    def forget_the_lease(_seen: int, _total: int) -> None:
        world.dead["message-1"].hidden_until = 0.0

    with Scan(world.queue(DEAD), progress=forget_the_lease) as scan:
        seen = [one.message_id for batch in scan.batches() for one in batch]
        assert len(seen) == len(set(seen)) == 12
        assert scan.delete(["message-1"]) == {"message-1"}
    assert "message-1" not in world.dead


def test_a_pass_ends_although_its_leases_end_before_it() -> None:
    world = a_world(25)

    def take_too_long(_seen: int, _total: int) -> None:
        world.now += 3600

    with Scan(world.queue(DEAD), progress=take_too_long) as scan:
        seen = [one.message_id for batch in scan.batches() for one in batch]
    assert len(seen) == len(set(seen)) == scan.coverage.seen
    assert world.visible == 25


def test_a_bound_ends_the_pass_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "MOST_MESSAGES", 20)
    world = a_world(25)
    _, coverage = look(world)
    assert (coverage.seen, coverage.is_whole) == (20, False)
    assert world.visible == 25


def test_a_pass_that_somebody_ends_early_does_not_claim_to_have_seen_everything() -> None:
    world = a_world(25)
    seen, coverage = look(world, stop_after=1)
    assert (len(seen), coverage.seen, coverage.is_whole) == (10, 10, False)
    assert world.visible == 25


def test_a_lease_is_as_long_as_the_pass_but_an_hour_at_most() -> None:
    assert [lease_seconds(number) for number in (0, 100, 10_000, 10_000_000)] == [30, 35, 530, 3600]
    assert lease_seconds(100, rate=1.0) == 135


def test_a_queue_that_would_move_on_what_is_received_is_not_looked_at() -> None:
    world = a_world(1)
    world.redrives_to = "arn:another"
    with pytest.raises(RedrivingError, match="arn:another"):
        look(world)
    assert world.visible == 1
