"""Puts what was discarded back on the main queue, so that whatever interrupts it loses and doubles nothing.

A letter goes back if it was removed and no copy of it was sent: by this file, by another one that an
interrupted discard left, or by a replay. The file (kept.py) notes what becomes of each letter, and so does
the journal of the queue, which a replay and other such files go by too.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from export_adapter_workstation.dead_letters.doubts import InDoubt, Sent, Verdict
from export_adapter_workstation.dead_letters.hold import Hold
from export_adapter_workstation.dead_letters.inquiry import Found, Inquiry, Queues, Time
from export_adapter_workstation.dead_letters.journal import Journal, Step
from export_adapter_workstation.dead_letters.kept import Kept
from export_adapter_workstation.dead_letters.letter import DeadLetter, Described
from export_adapter_workstation.dead_letters.outgoing import DoesNotFit, Outgoing, copy_of, in_requests
from export_adapter_workstation.dead_letters.queues import NoAnswerError
from export_adapter_workstation.dead_letters.sending import Problem, SendReport

_OPEN: Final = (Step.DISCARDING, Step.SENDING)


@dataclass(frozen=True, slots=True)
class Copy:
    """What goes to the main queue for a letter."""

    letter_id: str
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class PutBackPlan:
    """What happens to the letters of a file. `stayed` were never removed from the dead-letter queue."""

    total: int
    send: tuple[Copy, ...] = ()
    sent_before: int = 0
    stayed: int = 0
    in_doubt: Mapping[str, str] = field(default_factory=dict[str, str])
    unfit: tuple[Problem, ...] = ()


def plan_of(kept: Kept, in_doubt: Mapping[str, str]) -> PutBackPlan:
    """Say what happens to each letter by what the file says; `in_doubt` are those of which it does not."""
    send: list[Copy] = []
    unfit: list[Problem] = []
    for each in sorted(kept.marks.at(Step.DISCARDED, Step.NOT_SENT).keys() & kept.letters.keys() - in_doubt):
        copy = copy_of(kept.letters[each])
        if isinstance(copy, DoesNotFit):
            unfit.append(Problem(each, copy.reason))
        else:
            send.append(Copy(each, copy))
    sent = len(kept.marks.at(Step.SENT).keys() & kept.letters.keys() - in_doubt)
    stayed = len(kept.letters) - len(send) - len(unfit) - sent - len(in_doubt)
    return PutBackPlan(len(kept.letters), tuple(send), sent, stayed, in_doubt, tuple(unfit))


def plan_by_the_file(kept: Kept) -> PutBackPlan:
    """Say what happens to each letter, as far as the file alone can tell."""
    unknown = "a run was interrupted; without --check it is found out"
    return plan_of(kept, dict.fromkeys(kept.marks.at(*_OPEN).keys() & kept.letters.keys(), unknown))


@dataclass(slots=True)
class PutBack:
    """One run of `send --discarded`. `journal` is the queue's; `say` is told what is waited for."""

    queues: Queues
    kept: Kept
    journal: Journal
    time: Time
    say: Callable[[str], None] = lambda _sentence: None

    def prepare(
        self, hold: Hold, describe: Callable[[DeadLetter], Described], *, send_in_doubt: bool = False
    ) -> PutBackPlan:
        """Find out what became of letters in doubt, and decide on every letter."""
        self._learn_from_each_other()
        doubts = self._doubts()
        if not doubts:
            return plan_of(self.kept, {})
        inquiry = Inquiry(self.queues, self.time, self.say)
        inquiry.wait_until(max(self.kept.marks.held_until, self.journal.held_until))
        found = inquiry.ask(hold, describe, doubts, lambda _letter: False, self.journal.holding)
        return plan_of(self.kept, self._settle(found, send_in_doubt=send_in_doubt))

    def run(
        self,
        plan: PutBackPlan,
        report: SendReport,
        *,
        stopped: Callable[[], bool] = lambda: False,
        done: Callable[[int], None] = lambda _letters: None,
    ) -> None:
        """Send what was planned, until `stopped` says so. What was done goes into `report`."""
        for request in in_requests(plan.send, lambda one: one.outgoing):
            if stopped():
                report.problems.append(Problem("the rest", "was not sent: you stopped it"))
                return
            ids = [one.letter_id for one in request]
            self._note(Step.SENDING, ids)
            try:
                answer = self.queues.main.send([one.outgoing for one in request])
            except NoAnswerError as lost:
                reason = f"{lost}: {len(ids)} messages may or may not be on the queue; the next run finds out"
                report.problems.append(Problem("the rest", reason))
                return
            self._note(Step.SENT, [ids[place] for place in sorted(answer.sent)])
            self._note(Step.NOT_SENT, [ids[place] for place in sorted(answer.refused)])
            report.sent += len(answer.sent)
            report.problems += [
                Problem(f"{count} messages", f"the queue refused them: {code}")
                for code, count in Counter(answer.refused.values()).items()
            ]
            done(len(request))

    def _learn_from_each_other(self) -> None:
        """Let file and journal know what the other one knows was sent: a run may have died in between."""
        known = self.kept.marks.at(Step.SENT)
        elsewhere = [each for each in self.kept.letters if self.journal.was_sent(each) and each not in known]
        self.kept.marks.note(Step.SENT, elsewhere)
        self.journal.note(Step.SENT, [each for each in known if not self.journal.was_sent(each)])

    def _doubts(self) -> dict[str, float]:
        """Return which of the letters were being removed or sent, by file or journal, when a run ended."""
        marks = self.kept.marks
        removed = marks.at(Step.DISCARDING, Step.DISCARDED, Step.SENDING, Step.NOT_SENT).keys()
        doubts = self.journal.doubts | marks.at(*_OPEN)
        return {each: at for each, at in doubts.items() if each in removed & self.kept.letters.keys()}

    def _settle(self, found: Found, *, send_in_doubt: bool) -> dict[str, str]:
        """Note what is known now; return what still is not, with the reason."""
        unknown: dict[str, str] = {}
        known: dict[Step, list[str]] = {step: [] for step in Step}
        for each, verdict in found.verdicts.items():
            outcome = self._outcome(each, verdict, found)
            if isinstance(outcome, Step):
                known[outcome].append(each)
            elif send_in_doubt:
                known[Step.NOT_SENT].append(each)
            else:
                unknown[each] = outcome
        for step in (Step.SENT, Step.NOT_SENT):
            self._note(step, known[step])
        self.kept.marks.note(Step.DISCARDED, known[Step.DISCARDED])
        self.kept.marks.note(Step.STAYED, known[Step.STAYED])
        copied = [each for each in known[Step.STAYED] if isinstance(found.verdicts[each], Sent)]
        self.journal.note(Step.SENT, copied)
        return unknown

    def _outcome(self, letter_id: str, verdict: Verdict, found: Found) -> Step | str:
        """Return how far a letter in doubt came, or why that is not known."""
        in_removal = letter_id in self.kept.marks.at(Step.DISCARDING)
        if letter_id in {one.letter.message_id for one in found.gathered.letters}:
            return Step.STAYED
        if isinstance(verdict, Sent):
            return Step.SENT
        if isinstance(verdict, InDoubt):
            return verdict.reason
        if in_removal and (found.gathered.hidden or not found.gathered.is_all):
            return "it may be among the messages of the dead-letter queue that could not be seen"
        return Step.DISCARDED if in_removal else Step.NOT_SENT

    def _note(self, step: Step, letter_ids: Iterable[str]) -> None:
        """Note a step in the file and in the journal; the file first, which travels with the letters."""
        ids = list(letter_ids)
        self.kept.marks.note(step, ids)
        self.journal.note(step, ids)
