import pytest

from export_adapter_workstation.dead_letters import hold as hold_module
from export_adapter_workstation.dead_letters.hold import Gathered, Hold, RedrivingError, hidden_seconds
from tests.fakes.messages import entry
from tests.unit.dead_letters.world import FakeDeadLetterQueue, World, describe, entries


def a_world(letters: int) -> World:
    world = World()
    for each in entries(letters):
        world.park(each)
    return world


def holding(world: World) -> Hold:
    return Hold(FakeDeadLetterQueue(world), lambda: world.now)


def look(world: World) -> Gathered:
    with holding(world) as hold:
        return hold.gather(describe, lambda _letter: True)


def visible(world: World) -> int:
    return sum(world.hidden_until.get(each, 0.0) <= world.now for each in world.letters)


def test_looking_leaves_every_message_where_it_was() -> None:
    world = a_world(25)
    gathered = look(world)
    assert len(gathered.letters) == gathered.looked_at == 25
    assert (visible(world), gathered.is_all, gathered.hidden) == (25, True, 0)


def test_what_is_not_wanted_can_be_seen_again_as_soon_as_the_look_is_over() -> None:
    world = a_world(12)
    with holding(world) as hold:
        gathered = hold.gather(describe, lambda letter: letter.letter.message_id == "letter-3")
        assert [each.letter.message_id for each in gathered.letters] == ["letter-3"]
        assert visible(world) == 11
    assert visible(world) == 12


def test_an_interrupted_look_puts_everything_back() -> None:
    world = a_world(25)

    def interrupt(done: int, _total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), holding(world) as hold:
        hold.gather(describe, lambda _letter: True, interrupt)
    assert visible(world) == 25


def test_what_a_killed_look_hid_comes_back_by_itself() -> None:
    world = a_world(3)
    holding(world).gather(describe, lambda _letter: True)
    assert visible(world) == 0
    world.now += hidden_seconds(3)
    assert visible(world) == 3


def test_what_others_hold_is_told() -> None:
    world = a_world(5)
    FakeDeadLetterQueue(world).receive(100)
    world.park(entry(9))
    gathered = look(world)
    assert (gathered.looked_at, gathered.hidden) == (1, 5)


def test_a_message_that_is_handed_out_twice_counts_once_and_its_latest_handle_works() -> None:
    world = a_world(12)

    def forget_what_is_hidden(_done: int, _total: int) -> None:
        world.hidden_until.pop("letter-1", None)

    with holding(world) as hold:
        gathered = hold.gather(describe, lambda _letter: True, forget_what_is_hidden)
        assert gathered.looked_at == 12
        assert hold.delete(["letter-1"]) == {"letter-1"}
    assert "letter-1" not in world.letters


def test_a_bound_ends_the_look_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hold_module, "MOST_LETTERS", 20)
    world = a_world(25)
    gathered = look(world)
    assert (gathered.looked_at, gathered.is_all) == (20, False)
    assert visible(world) == 25


def test_bodies_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hold_module, "MOST_BYTES", 1000)
    assert not look(a_world(25)).is_all


def test_a_longer_queue_is_hidden_for_longer_but_for_an_hour_at_most() -> None:
    assert [hidden_seconds(number) for number in (0, 100, 10_000, 10_000_000)] == [30, 35, 530, 3600]


def test_what_was_held_too_long_is_not_claimed_any_more() -> None:
    world = a_world(2)
    with holding(world) as hold:
        hold.gather(describe, lambda _letter: True)
        world.now += 100
        assert hold.claim(["letter-1", "letter-2"]) == frozenset()


def test_a_look_ends_as_soon_as_enough_is_found() -> None:
    world = a_world(25)
    with holding(world) as hold:
        gathered = hold.gather(describe, lambda letter: letter.letter.message_id == "letter-3", enough=1)
    assert (len(gathered.letters), gathered.looked_at) == (1, 10)
    assert visible(world) == 25


def test_a_queue_that_would_move_on_what_is_looked_at_is_not_looked_at() -> None:
    world = a_world(1)
    world.redrives_to = "arn:another"
    with pytest.raises(RedrivingError, match="arn:another"):
        look(world)
    assert visible(world) == 1
