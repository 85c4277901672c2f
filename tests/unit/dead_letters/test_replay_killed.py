"""A replay that is killed, anywhere, and run again: nothing is lost, and nothing is doubled."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.fakes.messages import entry
from tests.unit.dead_letters.world import Fate, Killed, Moment, Steps, World, entries, replay

ENTRIES = entries(13)


def every_second(each: str) -> bool:
    return int(each[-2:], 16) % 2 == 0


@dataclass(frozen=True)
class Story:
    """What goes on around the runs."""

    consumes_at_once: bool
    between_runs: Callable[[World], None]
    fate: Fate


def nothing(_world: World) -> None:
    pass


STORIES = {
    "nobody consumes the copies": Story(consumes_at_once=False, between_runs=nothing, fate=Fate()),
    "all copies are delivered before the next run": Story(
        consumes_at_once=False, between_runs=World.consume, fate=Fate()
    ),
    "all copies are delivered at once": Story(consumes_at_once=True, between_runs=nothing, fate=Fate()),
    "all copies are parked again": Story(
        consumes_at_once=False, between_runs=World.consume, fate=Fate(parks=lambda _entry: True)
    ),
    "copies are parked again at once": Story(
        consumes_at_once=True, between_runs=nothing, fate=Fate(parks=every_second)
    ),
    "every second copy is parked again": Story(
        consumes_at_once=False, between_runs=World.consume, fate=Fate(parks=every_second)
    ),
}


def a_world(story: Story) -> World:
    """Twelve letters, one of which speaks of two entries: two requests."""
    world = World(fate=story.fate, consumes_at_once=story.consumes_at_once)
    world.park(*ENTRIES[:2])
    for each in ENTRIES[2:]:
        world.park(each)
    return world


def steps_of(story: Story) -> int:
    world = a_world(story)
    replay(world)
    return world.steps.taken


def run_to_death(world: World, kill_at: int, moment: Moment) -> bool:
    """Run until that step; return whether it died before its end."""
    world.steps = Steps(kill_at, moment)
    try:
        replay(world)
    except Killed:
        return True
    finally:
        world.steps = Steps()
    return False


def assert_the_books_balance(world: World, when: str) -> None:
    everything = world.delivered + world.entries_waiting() + world.entries_parked()
    assert everything == Counter(ENTRIES), when
    assert set(world.sent.values()) <= {1}, when


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_run_that_is_killed_at_any_step_and_run_again_loses_and_doubles_nothing(story: Story) -> None:
    for kill_at in range(steps_of(story)):
        for moment in Moment:
            world = a_world(story)
            died = run_to_death(world, kill_at, moment)
            story.between_runs(world)
            replay(world)
            assert died
            assert_the_books_balance(world, f"killed at step {kill_at}, {moment}")
            if not story.fate.parks(entry(2)):
                assert not world.letters


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_the_second_run_may_be_killed_at_any_step_too(story: Story) -> None:
    steps = steps_of(story)
    for first in range(steps):
        # The second run has more to do, so it is killed up to a step that none of them reaches.
        for second in range(0, steps + 10, 3):
            world = a_world(story)
            run_to_death(world, first, Moment.AFTER)
            story.between_runs(world)
            run_to_death(world, second, Moment.AFTER if (first + second) % 2 else Moment.BEFORE)
            story.between_runs(world)
            replay(world)
            assert_the_books_balance(world, f"killed at step {first}, then at step {second}")


def test_a_run_that_was_not_killed_leaves_nothing_to_the_next_one() -> None:
    world = a_world(STORIES["all copies are delivered at once"])
    first = replay(world)
    second = replay(world)
    assert (first.report.sent, first.report.removed) == (12, 12)
    assert (second.report.sent, second.report.removed, second.planned.gathered.looked_at) == (0, 0, 0)
    assert world.delivered == Counter(ENTRIES)
