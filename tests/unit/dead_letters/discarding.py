"""`discard --apply` and `send --discarded` in the world, each of which can be killed at every step."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from export_adapter_workstation.dead_letters.discard import DiscardReport, discard
from export_adapter_workstation.dead_letters.hold import Hold
from export_adapter_workstation.dead_letters.inquiry import Queues, Time
from export_adapter_workstation.dead_letters.journal import Journal
from export_adapter_workstation.dead_letters.kept import kept_in, lines_of
from export_adapter_workstation.dead_letters.letter import DeadLetter
from export_adapter_workstation.dead_letters.put_back import PutBack, PutBackPlan
from export_adapter_workstation.dead_letters.sending import SendReport
from tests.unit.dead_letters.world import (
    FakeDeadLetterQueue,
    FakeFunctionLog,
    FakeJournalFile,
    FakeMainQueue,
    World,
    describe,
)


@dataclass
class FakeKeptFile:
    """The file of one discard: what is on disk stays there, however its writer ends."""

    world: World
    on_disk: list[str] = field(default_factory=list[str])

    def keep(self, letters: Iterable[DeadLetter]) -> None:
        self.world.steps.take("keep", lambda: self.on_disk.extend(lines_of(letters)))

    def lines(self) -> list[str]:
        return list(self.on_disk)

    def append(self, line: str) -> None:
        self.world.steps.take(f"mark {json.loads(line)['step']}", lambda: self.on_disk.append(line))

    def replace(self, lines: Iterable[str]) -> None:
        raise AssertionError(lines)


@dataclass(frozen=True)
class Outcome:
    plan: PutBackPlan
    report: SendReport


def discard_all(world: World, file: FakeKeptFile, *, stopped: Callable[[], bool] = lambda: False) -> None:
    """Run `discard --apply` once, to its end or to its death."""
    with Hold(FakeDeadLetterQueue(world), lambda: world.now) as hold:
        gathered = hold.gather(describe, lambda _letter: True)
        file.keep(each.letter for each in gathered.letters)
        marks = kept_in(file, lambda: world.now, "kept").marks
        discard(hold, gathered.letters, marks, DiscardReport(), stopped=stopped)
    marks.holding(0)


def put_back(world: World, file: FakeKeptFile, *, send_in_doubt: bool = False) -> Outcome:
    """Run `send --discarded` once, to its end or to its death."""
    queues = Queues(FakeDeadLetterQueue(world), FakeMainQueue(world), FakeFunctionLog(world))
    journal = Journal(FakeJournalFile(world), lambda: world.now)
    time = Time(lambda: world.now, lambda: world.now, world.sleep)
    run = PutBack(queues, kept_in(file, lambda: world.now, "kept"), journal, time, world.said.append)
    report = SendReport()
    with Hold(queues.dead_letters, time.clock) as hold:
        plan = run.prepare(hold, describe, send_in_doubt=send_in_doubt)
    journal.holding(0)
    run.run(plan, report)
    return Outcome(plan, report)
