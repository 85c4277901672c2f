"""What became of letters that were being sent when an earlier run ended: sent, or not sent?

A copy goes one way only, from the main queue through the function to Pleo or back to the dead-letter
queue. So the main queue is looked at first, then the dead-letter queue, then the function's log: a copy
that is on none of them was never sent. Where one of the three cannot be seen whole, the doubt stays.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from export_adapter_workstation.dead_letters.queues import EndedCopies, MainQueue, SeenCopies

_QUEUE_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 2.0

COUNTS_SETTLE_SECONDS: Final = 60.0
"""After this long without a send SQS's counts are right (GetQueueAttributes, API reference)."""

LOG_SECONDS: Final = 15.0
"""How long a line may be on its way from the function to CloudWatch Logs."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Its copy was on the main queue: the letter itself can go."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """There never was a copy: the letter is as any other."""

    reason: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Nobody knows yet: the letter stays where it is."""

    reason: str


type Verdict = Sent | NotSent | InDoubt


def look_at_main_queue(
    queue: MainQueue,
    doubts: Mapping[str, float],
    now: Callable[[], float],
    sleep: Callable[[float], object],
    say: Callable[[str], None],
) -> SeenCopies:
    """Look for copies on the main queue, and wait a while for it to be empty where they are not seen.

    Args:
        queue: The main queue.
        doubts: When each letter in doubt was being sent, in seconds since 1970.
        now: Seconds since 1970.
        sleep: Waits for seconds.
        say: Told what is waited for.
    """
    if not doubts:
        return SeenCopies(frozenset(), all_seen=True)
    say(f"Looking for {len(doubts)} messages that an interrupted run was sending or removing")
    rest = max(doubts.values()) + COUNTS_SETTLE_SECONDS - now()
    if rest > 0:
        say(f"Waiting for {rest:.0f} s, until the main queue's counts are right")
        sleep(min(rest, COUNTS_SETTLE_SECONDS))
    seen = queue.copies(doubts.keys())
    if seen.found.issuperset(doubts):
        return seen
    end = now() + _QUEUE_SECONDS
    all_seen = seen.all_seen
    while not all_seen and now() < end:
        sleep(_LOOK_SECONDS)
        all_seen = queue.counts().total == 0
    if all_seen:
        say(f"Waiting for {LOG_SECONDS:.0f} s, until the function's log is complete")
        sleep(LOG_SECONDS)
    return SeenCopies(seen.found, all_seen)


def verdicts(
    doubts: Collection[str], on_main_queue: SeenCopies, parked_again: Collection[str], log: EndedCopies
) -> dict[str, Verdict]:
    """Decide on each letter in doubt.

    Args:
        doubts: Their ids.
        on_main_queue: What the main queue showed; looked at before the two others.
        parked_again: Replay ids of the letters that are on the dead-letter queue.
        log: What the function's log told.
    """
    return {each: _verdict(each, on_main_queue, parked_again, log) for each in doubts}


def _verdict(
    letter_id: str, on_main_queue: SeenCopies, parked_again: Collection[str], log: EndedCopies
) -> Verdict:
    if letter_id in on_main_queue.found:
        return Sent("its copy is on the main queue")
    if letter_id in parked_again:
        return Sent("its copy was parked again")
    if letter_id in log.ended:
        return Sent("the function's log tells of its copy")
    if not on_main_queue.all_seen:
        return InDoubt("the main queue is not empty, and its copy may be among what is worked on")
    if not log.complete:
        return InDoubt("the function's log, which alone could tell whether it was delivered, says nothing")
    return NotSent("neither queue and no log line knows of a copy")
