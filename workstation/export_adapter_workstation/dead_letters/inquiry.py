"""Asks the queues and the function's log what became of letters that an earlier run left in doubt."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from export_adapter_workstation.dead_letters.doubts import Sent, Verdict, look_at_main_queue, verdicts
from export_adapter_workstation.dead_letters.hold import Gathered, Hold, hidden_seconds
from export_adapter_workstation.dead_letters.letter import DeadLetter, Described
from export_adapter_workstation.dead_letters.queues import (
    DeadLetterQueue,
    EndedCopies,
    FunctionLog,
    MainQueue,
)

_CLOCKS_APART: Final = timedelta(hours=1)
"""A line in the log bears AWS's time, a journal this machine's."""


@dataclass(frozen=True, slots=True)
class Queues:
    """Where letters come from, where copies go, and what tells of their end."""

    dead_letters: DeadLetterQueue
    main: MainQueue
    log: FunctionLog


@dataclass(frozen=True, slots=True)
class Time:
    """A monotonic clock, seconds since 1970, and waiting."""

    clock: Callable[[], float]
    now: Callable[[], float]
    sleep: Callable[[float], object]


@dataclass(frozen=True, slots=True)
class Found:
    """What the look at the dead-letter queue found, and what is known now of every letter in doubt."""

    gathered: Gathered
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One look at everything. `say` is told what is waited for."""

    queues: Queues
    time: Time
    say: Callable[[str], None]

    def wait_until(self, moment: float) -> None:
        """Wait until what an earlier run hides is there again; `moment` is in seconds since 1970."""
        rest = moment - self.time.now()
        if rest > 0:
            self.say(f"An earlier run was interrupted. What it held comes back in {rest:.0f} s; waiting")
            self.time.sleep(rest)

    def ask(
        self,
        hold: Hold,
        describe: Callable[[DeadLetter], Described],
        doubts: Mapping[str, float],
        wanted: Callable[[Described], bool],
        holding: Callable[[float], None],
        looked_at: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> Found:
        """Look at the dead-letter queue, and around it for copies of what is in doubt.

        Args:
            hold: Keeps the letters that are found.
            describe: Reads a letter.
            doubts: When each letter in doubt was being dealt with, in seconds since 1970.
            wanted: Which letters to hold, besides those in doubt and their copies.
            holding: Told for how many seconds letters are hidden now, should this process be killed.
            looked_at: Told how many of about how many letters were looked at.
        """
        # In a healthy stack the function has long come to an end with them, and nobody else need be asked.
        ended = self._log_of(set(doubts), doubts).ended
        rest = {each: at for each, at in doubts.items() if each not in ended}
        on_main_queue = look_at_main_queue(self.queues.main, rest, self.time.now, self.time.sleep, self.say)
        holding(2 * hidden_seconds(self.queues.dead_letters.counts().visible))

        def matters(letter: Described) -> bool:
            return letter.letter.message_id in doubts or letter.letter.replay_id in rest or wanted(letter)

        gathered = hold.gather(describe, matters, looked_at)
        holding(hold.longest)
        parked_again = {letter.letter.replay_id or "" for letter in gathered.letters}
        log = self._log_of(set(rest) - on_main_queue.found - parked_again, rest)
        known: dict[str, Verdict] = dict.fromkeys(ended, Sent("the function's log tells of its copy"))
        return Found(gathered, known | verdicts(rest, on_main_queue, parked_again, log))

    def _log_of(self, letter_ids: Collection[str], doubts: Mapping[str, float]) -> EndedCopies:
        if not letter_ids:
            return EndedCopies(frozenset(), complete=True)
        since = min(doubts[each] for each in letter_ids)
        return self.queues.log.ended(letter_ids, datetime.fromtimestamp(since, UTC) - _CLOCKS_APART)
