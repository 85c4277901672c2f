from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pytest

from export_adapter_workstation.dead_letters.doubts import (
    COUNTS_SETTLE_SECONDS,
    LOG_SECONDS,
    InDoubt,
    NotSent,
    Sent,
    Verdict,
    look_at_main_queue,
    verdicts,
)
from export_adapter_workstation.dead_letters.outgoing import Outgoing
from export_adapter_workstation.dead_letters.queues import Counts, EndedCopies, SeenCopies, SendAnswer

NOW = 1_000.0
NOTHING = frozenset[str]()


@dataclass
class Queue:
    """A main queue that is worked off in its own time."""

    seen: SeenCopies
    empty_after: float = 0.0
    now: float = NOW
    looks: int = 0
    said: list[str] = field(default_factory=list[str])

    def send(self, messages: Sequence[Outgoing]) -> SendAnswer:
        raise AssertionError(messages)

    def copies(self, replay_ids: Collection[str]) -> SeenCopies:
        assert replay_ids
        self.looks += 1
        return self.seen

    def counts(self) -> Counts:
        return Counts(0, 0 if self.now >= NOW + self.empty_after else 7)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def look(self, sent_before: float) -> SeenCopies:
        doubts = {"a": NOW - sent_before}
        return look_at_main_queue(self, doubts, lambda: self.now, self.sleep, self.said.append)


@pytest.mark.parametrize(
    ("on_main", "parked", "log", "expected"),
    [
        (SeenCopies(frozenset({"a"}), all_seen=False), (), EndedCopies(NOTHING, complete=False), Sent),
        (SeenCopies(NOTHING, all_seen=False), {"a"}, EndedCopies(NOTHING, complete=False), Sent),
        (SeenCopies(NOTHING, all_seen=False), (), EndedCopies(frozenset({"a"}), complete=False), Sent),
        (SeenCopies(NOTHING, all_seen=True), (), EndedCopies(NOTHING, complete=True), NotSent),
        (SeenCopies(NOTHING, all_seen=False), (), EndedCopies(NOTHING, complete=True), InDoubt),
        (SeenCopies(NOTHING, all_seen=True), (), EndedCopies(NOTHING, complete=False), InDoubt),
        (
            SeenCopies(frozenset({"b"}), all_seen=True),
            {"b"},
            EndedCopies(frozenset({"b"}), complete=True),
            NotSent,
        ),
    ],
    ids=[
        "on the main queue",
        "parked again",
        "in the log",
        "nowhere, and all was seen",
        "nowhere, but the main queue is at work",
        "nowhere, but the log says nothing",
        "only another one is known of",
    ],
)
def test_a_letter_was_not_sent_only_where_nothing_was_out_of_sight(
    on_main: SeenCopies, parked: Collection[str], log: EndedCopies, expected: type[Verdict]
) -> None:
    assert isinstance(verdicts(["a"], on_main, parked, log)["a"], expected)


def test_without_doubts_nobody_looks_at_the_main_queue() -> None:
    queue = Queue(SeenCopies(NOTHING, all_seen=True))
    assert look_at_main_queue(queue, {}, lambda: NOW, queue.sleep, queue.said.append).all_seen
    assert (queue.looks, queue.said) == (0, [])


def test_right_after_a_send_it_waits_until_the_counts_are_right_and_the_log_is_complete() -> None:
    queue = Queue(SeenCopies(NOTHING, all_seen=True))
    assert queue.look(sent_before=10).all_seen
    assert queue.now == NOW + COUNTS_SETTLE_SECONDS - 10 + LOG_SECONDS


def test_what_is_found_is_not_waited_for() -> None:
    queue = Queue(SeenCopies(frozenset({"a"}), all_seen=False))
    assert queue.look(sent_before=100).found == {"a"}
    assert queue.now == NOW


def test_a_queue_at_work_is_waited_for_without_looking_at_its_messages_again() -> None:
    queue = Queue(SeenCopies(NOTHING, all_seen=False), empty_after=9)
    assert queue.look(sent_before=100).all_seen
    assert queue.looks == 1


def test_a_queue_that_stays_busy_is_not_waited_for_for_ever() -> None:
    queue = Queue(SeenCopies(NOTHING, all_seen=False), empty_after=10_000)
    assert not queue.look(sent_before=100).all_seen
    assert queue.now < NOW + 60
