"""The delivery of one job: its batches in order, each until every item of it has an outcome.

Nothing here waits. A delivery is a generator that yields how many seconds it wants to pause, so that
whoever runs it can get on with other jobs meanwhile.
"""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from export_adapter.batch import Batch
from export_adapter.deadline import Deadline
from export_adapter.deliver.answers import (
    BadItems,
    CredentialsRefused,
    ItemsAnswered,
    NeverAccepted,
    NotNow,
    Refusal,
    TooManyItems,
    TryAgain,
)
from export_adapter.deliver.credentials import CompanyAccess, Credentials, NoCredentials
from export_adapter.deliver.ledger import Exchange, Ledger
from export_adapter.deliver.pleo import Page, Pleo
from export_adapter.deliver.retry import Backoff
from export_adapter.deliver.terminal_memory import TerminalMemory
from export_adapter.item import Item
from export_adapter.model import Delivered, ErrorType, JobKey, Outcome, Rejected, Superseded, Undelivered
from export_adapter.precedence import StoredItem

SHORTEST_REQUEST: Final = 1.0
"""Seconds that must be left for a request to be worth starting."""

_MOST_PAGES: Final = 50
_PAGES_FIRST: Final = 10
_PAGES_FOR_WHAT_IS_NOT_FINAL: Final = 3
_CANNOT_BE_ASKED: Final = frozenset(
    {"forbidden", "unexpected_answer", "redirected", "unsupported_api_version"}
)
_ACCEPTED: Final = Delivered("accepted")
_STORED: Final = Superseded("Pleo stores a result of the entry that counts more")
_SENT: Final = Superseded("a result of the entry that counts more was sent before")

type Steps[T] = Generator[float, None, T]
"""Yields pauses in seconds, returns T."""


class SizeLimit:
    """How many items Pleo takes at once, as far as this environment has learnt from its 413s."""

    def __init__(self, items: int) -> None:
        self._most = items
        self._items = items
        self._lock = threading.Lock()

    @property
    def items(self) -> int:
        """The present limit."""
        return self._items

    def lower(self, items: int) -> None:
        """Keep a smaller limit."""
        with self._lock:
            self._items = max(1, min(self._items, items))

    def forget(self) -> None:
        """Go back to the first limit: a single item was too large, so the number of items did not matter."""
        with self._lock:
            self._items = self._most


@dataclass(frozen=True, slots=True)
class _Found:
    """What a look-up found. `ended` says why it could not be carried through, where it could not."""

    stored: Mapping[str, StoredItem]
    ended: Undelivered | None = None

    def has_its_status(self, item: Item) -> bool:
        stored = self.stored.get(item.result.accounting_entry_id)
        return stored is not None and stored.status == item.result.status

    def supersedes(self, item: Item) -> bool:
        stored = self.stored.get(item.result.accounting_entry_id)
        return stored is not None and stored.supersedes(item)


@dataclass(frozen=True, slots=True)
class JobDelivery:
    """Delivers one job; what becomes of its items is written into the ledger."""

    job: JobKey
    pleo: Pleo
    access: CompanyAccess
    ledger: Ledger
    limit: SizeLimit
    memory: TerminalMemory
    backoff: Backoff
    deadline: Deadline

    def steps(self, batches: Sequence[Batch]) -> Steps[None]:
        """Deliver the batches in order, then follow up the items that Pleo left unconfirmed.

        An outcome that one batch meets for the whole job holds for the rest of it.
        """
        unconfirmed: dict[Item, Rejected] = {}
        ended: Outcome | None = None
        yield from self._ask_first([item for batch in batches for item in batch])
        for batch in batches:
            if ended is None:
                ended = yield from self._deliver(batch, unconfirmed)
            if ended is not None:
                self.ledger.enter((item for item in batch if item not in unconfirmed), ended)
        if unconfirmed and not isinstance(ended, Undelivered):
            ended = yield from self._follow_up(tuple(unconfirmed))
        if ended is not None:
            self.ledger.enter(unconfirmed, ended)

    def _deliver(self, items: tuple[Item, ...], unconfirmed: dict[Item, Rejected]) -> Steps[Outcome | None]:
        """Send items in as few requests as it takes; return an outcome that holds for the rest of the job.

        Unconfirmed items get no outcome yet: they are added to `unconfirmed`, with what Pleo said of them.
        """
        wanted = self._without_superseded(items)
        chunks = deque([wanted] if wanted else [])
        while chunks:
            chunk = chunks.popleft()
            most = self.limit.items  # read once: another job's 413 may lower it at any time
            if len(chunk) > most:
                chunks.extendleft((chunk[most:], chunk[:most]))
                continue
            answered = yield from self._exchange(partial(self._put, chunk), self.deadline)
            match answered:
                case ItemsAnswered():
                    unconfirmed |= self._enter_answered(chunk, answered)
                case BadItems() | TooManyItems():
                    chunks.extendleft(self._halves(chunk, answered))
                case _:
                    return answered
        return None

    def _put(
        self, chunk: tuple[Item, ...], credentials: Credentials, seconds: float
    ) -> tuple[ItemsAnswered | Refusal, Exchange]:
        self.memory.note(chunk)
        return self.pleo.put_items(self.job, chunk, credentials, seconds)

    def _halves(
        self, chunk: tuple[Item, ...], answered: BadItems | TooManyItems
    ) -> tuple[tuple[Item, ...], ...]:
        """Split a refused chunk, second half first; a single item is rejected."""
        if len(chunk) == 1:
            if isinstance(answered, TooManyItems):
                self.limit.forget()  # or one bad item would leave the whole environment with a PUT for each
            self.ledger.enter(chunk, Rejected(ErrorType.REQUEST_REJECTED, answered.reason, answered.status))
            return ()
        half = (len(chunk) + 1) // 2
        if isinstance(answered, TooManyItems):
            self.limit.lower(half)
        return chunk[half:], chunk[:half]

    def _ask_first(self, items: Iterable[Item]) -> Steps[None]:
        """Look up what Pleo stores of items that came back or are not final, before they are sent.

        Another environment may have sent something that counts more, so this one's memory is not enough. It
        takes a third of the time at most: what was not found by then is sent all the same, or a job that Pleo
        cannot list in time would never be delivered.
        """
        asked_for = self._without_superseded(
            item for item in items if item.message.record.came_back or not item.result.status.is_terminal
        )
        if not asked_for:
            return
        some_came_back = any(item.message.record.came_back for item in asked_for)
        pages = _PAGES_FIRST if some_came_back else _PAGES_FOR_WHAT_IS_NOT_FINAL
        third = self.deadline.earlier(self.deadline.remaining() * 2 / 3)
        found = yield from self._look_up(asked_for, pages, third)
        self.ledger.enter((item for item in asked_for if found.supersedes(item)), _STORED)
        if found.ended is not None and found.ended.retry_after:
            self.ledger.enter(asked_for, found.ended)

    def _without_superseded(self, items: Iterable[Item]) -> tuple[Item, ...]:
        """Leave out what is superseded by what was sent before, or is settled already."""
        unsettled = self.ledger.unsettled(items)
        self.ledger.enter(self.memory.superseded(unsettled), _SENT)
        return self.ledger.unsettled(unsettled)

    def _enter_answered(self, chunk: tuple[Item, ...], answered: ItemsAnswered) -> dict[Item, Rejected]:
        """Write down what became of each item; return the unconfirmed ones, with what Pleo said of them."""
        accepted = [item for item in chunk if item.result.accounting_entry_id in answered.accepted]
        self.memory.confirm(accepted)
        self.ledger.enter(accepted, _ACCEPTED)
        unconfirmed: dict[Item, Rejected] = {}
        for item in chunk if len(accepted) < len(chunk) else ():
            entry = item.result.accounting_entry_id
            if entry in answered.unknown:
                self.ledger.enter([item], _item_rejected(answered.unknown[entry], answered.status))
            elif entry in answered.unconfirmed:
                unconfirmed[item] = _item_rejected(answered.unconfirmed[entry], answered.status)
        return unconfirmed

    def _follow_up(self, items: tuple[Item, ...]) -> Steps[Outcome | None]:
        """Ask what Pleo stores, and send once more what that does not settle; a second refusal is final."""
        found = yield from self._look_up(items, _MOST_PAGES, self.deadline)
        if found.ended is not None:
            return found.ended
        refused: dict[Item, Rejected] = {}
        for item in items:
            self._settle_by(item, found)
        ended = yield from self._deliver(items, refused)
        for item, rejected in refused.items():
            self.ledger.enter([item], rejected)
        return ended

    def _settle_by(self, item: Item, found: _Found) -> None:
        """Write down the outcome of an item that is settled by what Pleo stores of it."""
        if found.has_its_status(item):
            self.memory.confirm([item])
            self.ledger.enter([item], Delivered("Pleo stored the status already"))
        elif found.supersedes(item):
            self.ledger.enter([item], _STORED)

    def _look_up(self, items: tuple[Item, ...], most_pages: int, deadline: Deadline) -> Steps[_Found]:
        """Ask what Pleo stores of some items. Where it cannot be asked (no read scope), nothing is found."""
        wanted = frozenset(item.result.accounting_entry_id for item in items)
        stored: dict[str, StoredItem] = {}
        after: str | None = None
        for _ in range(most_pages):
            page = yield from self._exchange(partial(self.pleo.get_items, self.job, wanted, after), deadline)
            if isinstance(page, Undelivered):
                return _Found(stored, None if page.cause in _CANNOT_BE_ASKED else page)
            if not isinstance(page, Page):
                break
            stored |= page.stored
            after = page.after
            if after is None or stored.keys() == wanted:
                break
        return _Found(stored)

    def _exchange[T: (ItemsAnswered, Page)](  # noqa: PLR0911 -- one way out for each kind of answer
        self, send: Callable[[Credentials, float], tuple[T | Refusal, Exchange]], deadline: Deadline
    ) -> Steps[T | BadItems | TooManyItems | Rejected | Undelivered]:
        """Send until there is an answer that sending the same again would not change, or no time is left."""
        attempt = 0
        last = Undelivered("out_of_time", "the invocation had no time left to send the item")
        while deadline.remaining() >= SHORTEST_REQUEST:
            credentials = self.access.current()
            if isinstance(credentials, NoCredentials):
                return Undelivered(credentials.cause, credentials.reason)
            seconds = deadline.remaining()
            if seconds < SHORTEST_REQUEST:  # reading the secret took what was left
                break
            answer, exchange = send(credentials, seconds)
            self.ledger.count(replace(exchange, attempt=attempt + 1, went_wrong=_went_wrong(answer)))
            match answer:
                case CredentialsRefused():
                    renewed = self.access.after_refusal(credentials)
                    if isinstance(renewed, NoCredentials):
                        return Undelivered(renewed.cause, renewed.reason, answer.status)
                case TryAgain():
                    attempt += 1
                    last = Undelivered(answer.cause, answer.reason, answer.status, answer.wait)
                    pause = answer.wait or self.backoff.wait(attempt)
                    if pause > deadline.remaining() - SHORTEST_REQUEST:
                        return last
                    yield pause
                case NeverAccepted():
                    return Rejected(answer.error_type, answer.reason, answer.status)
                case NotNow():
                    return Undelivered(answer.cause, answer.reason, answer.status)
                case _:
                    return answer
        return last


def _went_wrong(answer: object) -> bool:
    return isinstance(answer, TryAgain) or (isinstance(answer, NotNow) and answer.cause != "forbidden")


def _item_rejected(reason: str, status: int) -> Rejected:
    return Rejected(ErrorType.ITEM_REJECTED, reason, status)
