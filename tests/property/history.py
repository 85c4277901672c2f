"""A history of the two queues, of Pleo and of the function's environments, with its reconciliation."""

import json
from collections import deque
from collections.abc import Callable, Sequence

from export_adapter.model import ApiVersion, Json
from export_adapter.settle.visibility import LONGEST_SECONDS
from tests.fakes.adapter import MAX_RECEIVE_COUNT, FakeAdapter
from tests.fakes.messages import NOON_MS, raw_record
from tests.property.expectations import Key, Piece, QueuedMessage, Reconciliation, tag_of
from tests.property.faults import ANSWERS, COMPANY_OF, ENTRIES
from tests.property.invocation import Invocation


class KilledError(BaseException):
    """Lambda ends the function where it stands: no handler of ours may catch it."""


def nothing_happens() -> None:
    """What a call to a queue does besides, where nothing is scripted."""


class History:
    """What can happen, one step at a time; each step enters what it sees in the reconciliation."""

    def __init__(self, version: ApiVersion) -> None:
        self.adapter = FakeAdapter(version)
        for job, company in COMPANY_OF.items():
            self.adapter.pleo.hold(job, *ENTRIES, company=company)
        self.queue: list[QueuedMessage] = []
        self.moved_by_sqs: list[QueuedMessage] = []
        self.acknowledged: list[QueuedMessage] = []
        self.pieces: dict[str, Piece] = {}
        self.bodies: dict[str, tuple[Piece, ...]] = {}
        self.reconciliation = Reconciliation()
        self._terminal_sent: frozenset[Key] = frozenset()
        self._numbers = iter(range(1, 1_000_000))

    def number(self) -> int:
        """A number that was not used before."""
        return next(self._numbers)

    def put(self, body: str, pieces: tuple[Piece, ...], message_id: str | None = None) -> None:
        """Put a message on the main queue."""
        self.reconciliation.sent.update(piece.tag for piece in pieces)
        self._enqueue(body, pieces, message_id)

    def _enqueue(self, body: str, pieces: tuple[Piece, ...], message_id: str | None = None) -> None:
        self.pieces |= {piece.tag: piece for piece in pieces}
        self.bodies[body] = pieces
        number = self.number()
        self.queue.append(QueuedMessage(message_id or f"m-{number}", body, pieces, NOON_MS + number % 3))

    def move_back(self, which: int) -> None:
        """Move one of the dead letters to the main queue, where it is a new message."""
        parked = self.adapter.dead_letters.messages
        which %= len(parked) + len(self.moved_by_sqs)
        if which < len(parked):
            body = parked.pop(which).body
            self._enqueue(body, self.pieces_in(body))
        else:
            message = self.moved_by_sqs.pop(which - len(parked))
            self._enqueue(message.body, message.pieces)

    def pieces_in(self, body: str) -> tuple[Piece, ...]:
        """The pieces in a body that was parked, perhaps just as it was sent."""
        if body in self.bodies:
            return self.bodies[body]
        return tuple(self.pieces[tag_of(one)] for one in json.loads(body)["results"])

    def new_environment(self) -> None:
        """Lambda starts the function anew."""
        self.adapter.restart()
        self._terminal_sent = frozenset()

    def script(
        self,
        answers: Sequence[str | None] = (),
        refused: Sequence[bool] = (),
        unconfirmed: Sequence[bool] = (),
        on_request: Callable[[], None] = nothing_happens,
    ) -> None:
        """Say what the next requests to Pleo, and the next dead letters, will meet."""
        refusals, losses = iter(refused), iter(unconfirmed)
        dead_letters, visibility = self.adapter.dead_letters, self.adapter.visibility
        self.adapter.pleo.faults = deque(ANSWERS[each] if each else None for each in answers)
        dead_letters.refuses = lambda _: next(refusals, False)
        dead_letters.keeps_but_does_not_confirm = lambda _: next(losses, False)
        dead_letters.on_request = visibility.on_request = on_request

    def invoke(
        self, event: Sequence[QueuedMessage], seconds: float, answers: Sequence[str | None] = ()
    ) -> tuple[str, ...]:
        """Hand over messages, some of them twice, and see what becomes of them; return SQS's problems."""
        for message in event:
            message.receive_count += 1
        raw = [_raw(message) for message in event]
        scripted = frozenset(each for each in answers if each)
        invocation = Invocation(self.adapter, event, self._terminal_sent, scripted, has_time=seconds >= 60)
        self.adapter.visibility.seconds.clear()
        begun = self.adapter.clock.now
        try:
            report = self.adapter.run(*raw, *raw[: len(raw) // 2], seconds=seconds)
        except KilledError:
            self._conclude(invocation, {message.message_id for message in event}, is_sqs_to_blame=True)
            raise
        assert self.adapter.clock.now <= begun + seconds, "the function ran out of its time"
        failures = report.settlement.batch_item_failures
        assert len(failures) == len(set(failures))
        assert self.adapter.visibility.seconds.keys() <= {f"handle of {each}" for each in failures}
        assert all(1 <= each <= LONGEST_SECONDS for each in self.adapter.visibility.seconds.values())
        self._conclude(invocation, set(failures), is_sqs_to_blame=bool(report.settlement.problems))
        return report.settlement.problems

    def _conclude(self, invocation: Invocation, returned: set[str], *, is_sqs_to_blame: bool) -> None:
        """Enter each message of an invocation in the reconciliation; every piece must be where it may be."""
        invocation.end()
        self._terminal_sent |= invocation.terminal_puts()
        assert returned <= {message.message_id for message in invocation.event}
        for message in invocation.event:
            parked = invocation.parked(message)
            for piece in message.pieces:
                if piece.tag in parked:
                    assert invocation.may_park(piece, parked[piece.tag], message), (piece, parked[piece.tag])
                elif message.message_id not in returned:
                    assert invocation.is_delivered(piece), f"lost: {piece}"
                    self.reconciliation.delivered[piece.tag] += 1
            if message.message_id in returned:
                assert is_sqs_to_blame or not parked, "parked and returned at once"
                self.reconciliation.doubled.update(parked.keys())
                self._return(message, is_sqs_to_blame=is_sqs_to_blame)
            else:
                self.queue.remove(message)
                self.acknowledged.append(message)

    def _return(self, message: QueuedMessage, *, is_sqs_to_blame: bool) -> None:
        """SQS itself moves what was received too often; nothing says why, so that must be the exception."""
        if message.receive_count >= MAX_RECEIVE_COUNT:
            assert is_sqs_to_blame
            self.queue.remove(message)
            self.moved_by_sqs.append(message)

    def check(self) -> None:
        """Check what holds at any time."""
        assert self.adapter.pleo.violations == []
        assert self.adapter.dead_letters.illegal == []
        assert self.adapter.visibility.illegal == []
        queued = [piece.tag for message in self.queue + self.moved_by_sqs for piece in message.pieces]
        parked = [
            piece.tag for one in self.adapter.dead_letters.messages for piece in self.pieces_in(one.body)
        ]
        assert self.reconciliation.imbalance(queued + parked) == {}

    def drain(self) -> None:
        """Invoke the function until the queue is empty, which it must be after the last receive."""
        self.script()
        for _ in range(MAX_RECEIVE_COUNT):
            if self.queue:
                self.invoke(list(self.queue), 60.0)
        assert self.queue == []
        self.check()


def _raw(message: QueuedMessage) -> Json:
    return raw_record(message.body, message.message_id, message.receive_count, message.sent_at)
