"""A world of two queues, a function and a log, in which a run can be killed at every single step."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count

from export_adapter.model import Json
from export_adapter_workstation.dead_letters.hold import Hold
from export_adapter_workstation.dead_letters.inquiry import Queues, Time
from export_adapter_workstation.dead_letters.journal import Journal
from export_adapter_workstation.dead_letters.letter import Attribute, DeadLetter, Described, described
from export_adapter_workstation.dead_letters.outgoing import Outgoing
from export_adapter_workstation.dead_letters.queues import (
    Counts,
    EndedCopies,
    NoAnswerError,
    Received,
    SeenCopies,
    SendAnswer,
)
from export_adapter_workstation.dead_letters.replay import Planned, Replay, Report, Wanted
from tests.fakes.messages import entry, message, result

START = 1_772_366_400.0
AWS_CLOCK_IS_BEHIND = 600.0


class Killed(BaseException):
    """The process is gone: no handler may catch this, and nothing of it runs any more."""


class Moment(StrEnum):
    """When a run dies, as seen from one of its steps."""

    BEFORE = "before it took effect"
    AFTER = "after it took effect"


@dataclass
class Steps:
    """Counts every call that leaves the process, and kills it at one of them, by its number or its name."""

    kill_at: int | str | None = None
    moment: Moment = Moment.BEFORE
    taken: int = 0
    is_dead: bool = False

    def take[T](self, name: str, effect: Callable[[], T]) -> T:
        if self.is_dead:
            raise Killed
        here = self.kill_at in {self.taken, name}
        self.taken += 1
        if here and self.moment is Moment.BEFORE:
            self.is_dead = True
            raise Killed
        outcome = effect()
        if here:
            self.is_dead = True
            raise Killed
        return outcome


@dataclass
class Fate:
    """What the function makes of copies: which results it parks again; the rest is delivered."""

    parks: Callable[[str], bool] = lambda _entry: False


@dataclass
class World:
    """The queues as they are, whoever looks. Time moves only when somebody sleeps."""

    fate: Fate = field(default_factory=Fate)
    consumes_at_once: bool = False
    log_tells: bool = True
    refuses: Callable[[Outgoing], bool] = lambda _copy: False
    loses_answer_to: Callable[[int], bool] = lambda _request: False
    refuses_to_delete: bool = False
    redrives_to: str | None = None
    steps: Steps = field(default_factory=Steps)
    now: float = START
    letters: dict[str, DeadLetter] = field(default_factory=dict[str, DeadLetter])
    hidden_until: dict[str, float] = field(default_factory=dict[str, float])
    handles: dict[str, str] = field(default_factory=dict[str, str])
    main: dict[str, Outgoing] = field(default_factory=dict[str, Outgoing])
    sent: Counter[str] = field(default_factory=Counter[str])
    requests: list[tuple[Outgoing, ...]] = field(default_factory=list[tuple[Outgoing, ...]])
    delivered: Counter[str] = field(default_factory=Counter[str])
    ended: dict[str, float] = field(default_factory=dict[str, float])
    journal: list[str] = field(default_factory=list[str])
    said: list[str] = field(default_factory=list[str])
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def park(self, *entries: str, **attributes: str) -> str:
        """Put a letter about some entries on the dead-letter queue; return its id."""
        results: list[Json] = [{"accountingEntryId": each, "status": "successful"} for each in entries]
        return self.park_body(json.dumps(message(*results)), **{"errorType": "item_rejected", **attributes})

    def park_body(self, body: str, **attributes: str) -> str:
        letter_id = f"letter-{next(self._ids)}"
        self.letters[letter_id] = DeadLetter(
            letter_id,
            body,
            datetime.fromtimestamp(self.now, UTC),
            {name: Attribute("String", value) for name, value in attributes.items()},
        )
        return letter_id

    def sleep(self, seconds: float) -> None:
        if self.steps.is_dead:
            raise Killed
        self.now += max(0.0, seconds)

    def consume(self) -> None:
        """Let the function handle everything on the main queue."""
        for copy_id, copy in list(self.main.items()):
            del self.main[copy_id]
            entries = [each["accountingEntryId"] for each in json.loads(copy.body)["results"]]
            parked = [each for each in entries if self.fate.parks(each)]
            self.delivered.update(each for each in entries if each not in parked)
            replay_id = copy.attributes["replayId"].text or ""
            self.ended[replay_id] = self.now - AWS_CLOCK_IS_BEHIND
            if parked:
                self.park(*parked, replayId=replay_id, replayCount=copy.attributes["replayCount"].text or "")

    def entries_parked(self) -> Counter[str]:
        return _entries(letter.body for letter in self.letters.values())

    def entries_waiting(self) -> Counter[str]:
        return _entries(copy.body for copy in self.main.values())


def _entries(bodies: Iterable[str]) -> Counter[str]:
    return Counter(
        each["accountingEntryId"] for body in bodies for each in json.loads(body).get("results", ())
    )


@dataclass
class FakeDeadLetterQueue:
    world: World

    def receive(self, hidden_seconds: int) -> Sequence[Received]:
        return self.world.steps.take("receive", lambda: self._receive(hidden_seconds))

    def _receive(self, hidden_seconds: int) -> Sequence[Received]:
        world = self.world
        visible = [
            letter for each, letter in world.letters.items() if world.hidden_until.get(each, 0.0) <= world.now
        ]
        received = []
        for letter in visible[:10]:
            handle = f"handle-{next(world._ids)} of {letter.message_id}"  # noqa: SLF001 -- a part of the world
            world.hidden_until[letter.message_id] = world.now + hidden_seconds
            world.handles[letter.message_id] = handle
            received.append(Received(letter, handle))
        if not received:
            world.now += 1
        return received

    def hide(self, receipt_handles: Sequence[str], seconds: int) -> frozenset[str]:
        return self.world.steps.take("hide", lambda: self._hide(receipt_handles, seconds))

    def _hide(self, receipt_handles: Sequence[str], seconds: int) -> frozenset[str]:
        assert 1 <= len(receipt_handles) <= 10
        world = self.world
        working = {handle: each for each, handle in world.handles.items() if each in world.letters}
        changed = [handle for handle in receipt_handles if handle in working]
        for handle in changed:
            world.hidden_until[working[handle]] = world.now + seconds
        return frozenset(changed)

    def delete(self, receipt_handles: Sequence[str]) -> frozenset[str]:
        return self.world.steps.take("delete", lambda: self._delete(receipt_handles))

    def _delete(self, receipt_handles: Sequence[str]) -> frozenset[str]:
        assert 1 <= len(receipt_handles) <= 10
        if self.world.refuses_to_delete:
            return frozenset()
        for handle in receipt_handles:
            for each, known in self.world.handles.items():
                if known == handle:
                    self.world.letters.pop(each, None)
        return frozenset(receipt_handles)

    def counts(self) -> Counts:
        return self.world.steps.take("counts", self._counts)

    def _counts(self) -> Counts:
        world = self.world
        hidden = sum(world.hidden_until.get(each, 0.0) > world.now for each in world.letters)
        return Counts(len(world.letters) - hidden, hidden, redrives_to=world.redrives_to)


@dataclass
class FakeMainQueue:
    world: World

    def send(self, messages: Sequence[Outgoing]) -> SendAnswer:
        return self.world.steps.take("send", lambda: self._send(messages))

    def _send(self, messages: Sequence[Outgoing]) -> SendAnswer:
        world = self.world
        assert 1 <= len(messages) <= 10
        assert sum(each.size for each in messages) <= 1_048_576
        assert all(len(each.attributes) <= 10 for each in messages)
        world.requests.append(tuple(messages))
        refused = {place: "InternalError" for place, each in enumerate(messages) if world.refuses(each)}
        for place, each in enumerate(messages):
            if place not in refused:
                world.main[f"copy-{next(world._ids)}"] = each  # noqa: SLF001 -- a part of the world
                world.sent[each.attributes["replayId"].text or ""] += 1
        if world.consumes_at_once:
            world.consume()
        if world.loses_answer_to(len(world.requests)):
            raise NoAnswerError("SQS did not answer (ReadTimeoutError)")
        return SendAnswer(frozenset(range(len(messages))) - refused.keys(), refused)

    def copies(self, replay_ids: Collection[str]) -> SeenCopies:
        return self.world.steps.take("copies", lambda: self._copies(replay_ids))

    def _copies(self, replay_ids: Collection[str]) -> SeenCopies:
        waiting = {copy.attributes["replayId"].text or "" for copy in self.world.main.values()}
        return SeenCopies(frozenset(waiting.intersection(replay_ids)), all_seen=True)

    def counts(self) -> Counts:
        return self.world.steps.take("counts", lambda: Counts(len(self.world.main), 0))


@dataclass
class FakeFunctionLog:
    world: World

    def ended(self, replay_ids: Collection[str], since: datetime) -> EndedCopies:
        return self.world.steps.take("ended", lambda: self._ended(replay_ids, since.timestamp()))

    def _ended(self, replay_ids: Collection[str], since: float) -> EndedCopies:
        known = {each for each, at in self.world.ended.items() if self.world.log_tells and at >= since}
        return EndedCopies(frozenset(known.intersection(replay_ids)), self.world.log_tells)


@dataclass
class FakeJournalFile:
    """A line is there whole or not at all: test_journal.py shows that a real file keeps to that."""

    world: World

    def lines(self) -> list[str]:
        return list(self.world.journal)

    def append(self, line: str) -> None:
        self.world.steps.take(f"note {json.loads(line)['step']}", lambda: self.world.journal.append(line))

    def replace(self, lines: Iterable[str]) -> None:
        self.world.steps.take("replace", lambda: self.world.journal.__setitem__(slice(None), list(lines)))


@dataclass(frozen=True)
class Outcome:
    planned: Planned
    report: Report


def replay(
    world: World,
    wanted: Wanted | None = None,
    *,
    rate: float = 1_000.0,
    stopped: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Run `replay --apply` once, to its end or to its death."""
    dead_letters = FakeDeadLetterQueue(world)
    journal = Journal(FakeJournalFile(world), lambda: world.now)
    queues = Queues(dead_letters, FakeMainQueue(world), FakeFunctionLog(world))
    time = Time(lambda: world.now, lambda: world.now, world.sleep)
    run = Replay(queues, journal, time, world.said.append)
    report = Report()
    with Hold(dead_letters, time.clock) as hold:
        planned = run.prepare(hold, describe, wanted or Wanted(lambda _letter: True))
        run.run(hold, planned.plan, report, rate=rate, stopped=stopped)
    journal.holding(0)
    return Outcome(planned, report)


def describe(letter: DeadLetter) -> Described:
    return described(letter, str.lower)


def entries(number: int) -> list[str]:
    return [entry(each) for each in range(1, number + 1)]


def a_message(number: int = 1) -> str:
    return json.dumps(message(result(number)))
