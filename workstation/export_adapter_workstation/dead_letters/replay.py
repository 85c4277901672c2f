"""Sends dead letters back to the main queue, so that whatever interrupts it loses and doubles nothing.

For each request: the letters are hidden for another half minute, the intent is noted, the copies are sent,
what was confirmed is noted, the letters are removed, and that is noted. What an interrupted run leaves in
between is found in the journal by the next one (doubts.py).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Final

from export_adapter_workstation.dead_letters.doubts import InDoubt, NotSent, Sent, Verdict
from export_adapter_workstation.dead_letters.hold import CLAIM_SECONDS, Gathered, Hold
from export_adapter_workstation.dead_letters.inquiry import Inquiry, Queues, Time
from export_adapter_workstation.dead_letters.journal import Journal, Step
from export_adapter_workstation.dead_letters.letter import DeadLetter, Described
from export_adapter_workstation.dead_letters.outgoing import in_requests
from export_adapter_workstation.dead_letters.plan import Plan, Send, WhenInDoubt, plan
from export_adapter_workstation.dead_letters.queues import NoAnswerError

_AT_ONCE: Final = 10
_KEEP_EVERY_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters to send, and what to do with those that are hopeless or in doubt."""

    takes: Callable[[Described], bool]
    force: bool = False
    in_doubt: WhenInDoubt = WhenInDoubt.LEAVE


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan, and what the look at the queue found."""

    plan: Plan
    gathered: Gathered


@dataclass(slots=True)
class Report:
    """What was done; counted as it happens, so that it is true also where an error ends the run.

    `let_go` were held too long, `unclear` the queue neither confirmed nor refused, `unanswered` says why
    the run ended early.
    """

    sent: int = 0
    removed: int = 0
    not_removed: int = 0
    let_go: int = 0
    unclear: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    unanswered: str | None = None
    stopped: bool = False

    @property
    def complete(self) -> bool:
        """Whether everything that was planned was done."""
        left = self.not_removed + self.let_go + self.unclear + self.refused.total()
        return not (left or self.unanswered or self.stopped)


@dataclass(slots=True)
class Replay:
    """One run of `replay --apply`. `say` is told what is waited for."""

    queues: Queues
    journal: Journal
    time: Time
    say: Callable[[str], None] = lambda _sentence: None

    def prepare(
        self,
        hold: Hold,
        describe: Callable[[DeadLetter], Described],
        wanted: Wanted,
        looked_at: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> Planned:
        """Find out what became of letters in doubt, look at the queue, and decide on every letter."""
        inquiry = Inquiry(self.queues, self.time, self.say)
        inquiry.wait_until(self.journal.held_until)

        def takes(letter: Described) -> bool:
            return letter.letter.message_id in self.journal.noted or wanted.takes(letter)

        found = inquiry.ask(hold, describe, self.journal.doubts, takes, self.journal.holding, looked_at)
        self._note(found.verdicts, wanted.in_doubt)
        decided = plan(
            found.gathered.letters,
            takes=wanted.takes,
            was_sent=self.journal.was_sent,
            verdicts=found.verdicts if wanted.in_doubt is WhenInDoubt.LEAVE else {},
            force=wanted.force,
        )
        return Planned(decided, found.gathered)

    def run(
        self,
        hold: Hold,
        decided: Plan,
        report: Report,
        *,
        rate: float,
        stopped: Callable[[], bool] = lambda: False,
        done: Callable[[int], None] = lambda _letters: None,
    ) -> None:
        """Do what was planned, at most `rate` messages a second, until `stopped` says so.

        What was done goes into `report`; `done` is told how many letters each step has dealt with.
        """
        left_over = [one.letter.letter.message_id for one in decided.remove]
        for some in batched(left_over, _AT_ONCE, strict=False):
            self._remove(hold, some, report)
            done(len(some))
        waiting = [one.letter.letter.message_id for one in decided.send]
        kept_at = self.time.clock()
        for request in in_requests(decided.send, lambda one: one.copy):
            if stopped():
                report.stopped = True
                break
            begun = self.time.clock()
            self._send(hold, request, report)
            done(len(request))
            if report.unanswered:
                break
            del waiting[: len(request)]
            if begun - kept_at > _KEEP_EVERY_SECONDS:
                self._note_that_letters_are_held()
                hold.keep(waiting)
                kept_at = begun
            if waiting:
                self.time.sleep(max(0.0, begun + len(request) / rate - self.time.clock()))

    def _send(self, hold: Hold, request: Sequence[Send], report: Report) -> None:
        self._note_that_letters_are_held()
        claimed = hold.claim(one.letter.letter.message_id for one in request)
        ours = [one for one in request if one.letter.letter.message_id in claimed]
        report.let_go += len(request) - len(ours)
        if not ours:
            return
        ids = [one.letter.letter.message_id for one in ours]
        self.journal.note(Step.SENDING, ids)
        try:
            answer = self.queues.main.send([one.copy for one in ours])
        except NoAnswerError as lost:
            report.unanswered = str(lost)
            report.unclear += len(ours)
            return
        sent = [ids[place] for place in sorted(answer.sent)]
        self.journal.note(Step.SENT, sent)
        self.journal.note(Step.NOT_SENT, [ids[place] for place in sorted(answer.refused)])
        report.sent += len(sent)
        report.refused.update(answer.refused.values())
        report.unclear += len(ours) - len(sent) - len(answer.refused)
        self._remove(hold, sent, report)

    def _remove(self, hold: Hold, letter_ids: Sequence[str], report: Report) -> None:
        gone = hold.delete(letter_ids)
        self.journal.note(Step.REMOVED, gone)
        report.removed += len(gone)
        report.not_removed += len(letter_ids) - len(gone)

    def _note_that_letters_are_held(self) -> None:
        """Note it ahead of the time, so that not every claim has to be noted."""
        if self.journal.held_until < self.time.now() + CLAIM_SECONDS:
            self.journal.holding(1.5 * CLAIM_SECONDS)

    def _note(self, known: Mapping[str, Verdict], in_doubt: WhenInDoubt) -> None:
        """Note what is known now, and what a person has decided about the rest."""
        sent = {each for each, verdict in known.items() if isinstance(verdict, Sent)}
        not_sent = {each for each, verdict in known.items() if isinstance(verdict, NotSent)}
        unknown = {each for each, verdict in known.items() if isinstance(verdict, InDoubt)}
        if in_doubt is WhenInDoubt.REMOVE:
            sent |= unknown
        elif in_doubt is WhenInDoubt.SEND:
            not_sent |= unknown
        self.journal.note(Step.SENT, sorted(sent))
        self.journal.note(Step.NOT_SENT, sorted(not_sent))
