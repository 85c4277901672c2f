"""A discard that is killed, anywhere, then undone and replayed in any order: nothing is lost or doubled."""

from collections import Counter
from collections.abc import Callable
from itertools import permutations

import pytest

from tests.unit.dead_letters.discarding import FakeKeptFile, discard_all, put_back
from tests.unit.dead_letters.world import Fate, Killed, Moment, Steps, World, entries, replay

ENTRIES = entries(13)

type Act = Callable[[World, list[FakeKeptFile]], None]


def a_world(*, consumes_at_once: bool = False, fate: Fate | None = None) -> World:
    world = World(consumes_at_once=consumes_at_once, fate=fate or Fate())
    world.park(*ENTRIES[:2])
    for each in ENTRIES[2:]:
        world.park(each)
    return world


def put_all_back(world: World, files: list[FakeKeptFile]) -> None:
    for file in files:
        put_back(world, file)


def replay_all(world: World, _files: list[FakeKeptFile]) -> None:
    replay(world)


def discard_the_rest(world: World, files: list[FakeKeptFile]) -> None:
    world.now += 60  # somebody sees that it was interrupted, and runs it again
    files.append(FakeKeptFile(world))
    discard_all(world, files[-1])


def consume(world: World, _files: list[FakeKeptFile]) -> None:
    world.consume()


ACTS: dict[str, Act] = {
    "put back": put_all_back,
    "replay": replay_all,
    "discard again": discard_the_rest,
    "consume": consume,
}


def to_death(world: World, act: Callable[[], object], kill_at: int, moment: Moment) -> bool:
    """Run until that step; return whether it died before its end."""
    world.steps = Steps(kill_at, moment)
    try:
        act()
    except Killed:
        return True
    finally:
        world.steps = Steps()
    return False


def kills(act: Callable[[World], object], world: Callable[[], World]) -> list[tuple[int, Moment]]:
    whole = world()
    act(whole)
    return [(step, moment) for step in range(whole.steps.taken) for moment in Moment]


def assert_the_books_balance(world: World, when: str) -> None:
    everything = world.delivered + world.entries_waiting() + world.entries_parked()
    assert everything == Counter(ENTRIES), when
    assert set(world.sent.values()) <= {1}, when


@pytest.mark.parametrize("order", list(permutations(ACTS)), ids=", ".join)
def test_whatever_follows_a_discard_that_was_killed_nothing_is_lost_or_doubled(
    order: tuple[str, ...],
) -> None:
    for kill_at, moment in kills(lambda world: discard_all(world, FakeKeptFile(world)), a_world):
        world = a_world()
        files = [FakeKeptFile(world)]
        assert to_death(world, lambda: discard_all(world, files[0]), kill_at, moment)  # noqa: B023 -- at once
        for name in (*order, "put back", "consume", "replay"):
            ACTS[name](world, files)
        assert_the_books_balance(world, f"killed at step {kill_at}, {moment}")
        assert not world.letters


@pytest.mark.parametrize("consumes_at_once", [False, True])
@pytest.mark.parametrize("parks", [False, True])
def test_putting_back_may_be_killed_at_any_step_too(*, consumes_at_once: bool, parks: bool) -> None:
    def half_discarded() -> tuple[World, FakeKeptFile]:
        """Return a world in which a discard died within its first request, with all of it removed."""
        world = a_world(consumes_at_once=consumes_at_once, fate=Fate(parks=lambda _entry: parks))
        file = FakeKeptFile(world)
        world.steps = Steps("delete", Moment.AFTER)
        with pytest.raises(Killed):
            discard_all(world, file)
        world.steps = Steps()
        return world, file

    world, file = half_discarded()
    put_back(world, file)
    for kill_at in range(world.steps.taken):
        for moment in Moment:
            world, file = half_discarded()
            assert to_death(world, lambda: put_back(world, file), kill_at, moment)  # noqa: B023 -- at once
            for _ in range(2):
                put_back(world, file)
            replay(world)
            when = f"killed at step {kill_at}, {moment}"
            everything = world.delivered + world.entries_waiting() + world.entries_parked()
            assert everything == Counter(ENTRIES), when


def test_what_was_put_back_is_not_put_back_again() -> None:
    world = a_world()
    file = FakeKeptFile(world)
    discard_all(world, file)
    first, second = put_back(world, file), put_back(world, file)
    assert (first.report.sent, second.report.sent) == (12, 0)
    assert (second.plan.total, second.plan.sent_before) == (12, 12)


def test_what_was_never_removed_is_left_to_a_replay() -> None:
    world = a_world()
    file = FakeKeptFile(world)
    discard_all(world, file, stopped=lambda: len(world.letters) < 12)
    outcome = put_back(world, file)
    assert (outcome.report.sent, outcome.plan.stayed) == (10, 2)
    assert len(world.letters) == 2


def test_a_copy_says_which_letter_it_is_of_so_that_its_way_can_be_followed() -> None:
    world = World()
    letter = world.park(ENTRIES[0])
    file = FakeKeptFile(world)
    discard_all(world, file)
    put_back(world, file)
    (copy,) = world.main.values()
    assert (copy.attributes["replayId"].text, copy.attributes["replayCount"].text) == (letter, "1")


def kill_a_discard(world: World, file: FakeKeptFile, after: str) -> None:
    """Discard everything, and be killed right after the first step of that name."""
    world.steps = Steps(after, Moment.AFTER)
    with pytest.raises(Killed):
        discard_all(world, file)
    world.steps = Steps()


def test_where_the_log_tells_nothing_a_letter_stays_in_doubt_until_a_person_decides() -> None:
    world = a_world()
    world.log_tells = False
    file = FakeKeptFile(world)
    kill_a_discard(world, file, "delete")
    unknown = put_back(world, file)
    assert (unknown.report.sent, len(unknown.plan.in_doubt)) == (0, 10)
    assert "the function's log" in next(iter(unknown.plan.in_doubt.values()))
    assert put_back(world, file, send_in_doubt=True).report.sent == 10
    assert put_back(world, file).report.sent == 0


def test_what_another_command_hides_may_be_among_the_letters_in_doubt() -> None:
    world = a_world()
    file = FakeKeptFile(world)
    kill_a_discard(world, file, "mark discarding")
    world.hidden_until = dict.fromkeys(world.letters, world.now + 3600)
    outcome = put_back(world, file)
    assert outcome.report.sent == 0
    assert set(outcome.plan.in_doubt.values()) == {
        "it may be among the messages of the dead-letter queue that could not be seen"
    }


def test_a_letter_that_turns_out_to_lie_on_the_dead_letter_queue_is_left_there() -> None:
    world = a_world()
    file = FakeKeptFile(world)
    kill_a_discard(world, file, "mark discarding")
    outcome = put_back(world, file)
    assert (outcome.report.sent, outcome.plan.stayed) == (0, 12)
