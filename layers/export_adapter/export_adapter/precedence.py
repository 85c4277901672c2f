"""Which of several results of one accounting entry counts.

There is one order, and it holds wherever two results of an entry meet: inside an event, against what this
environment has sent, and against what Pleo stores. So it does not matter which results arrive together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from typing import Final, NamedTuple

from export_adapter.item import Item
from export_adapter.model import ExportResult, ItemStatus, JobKey, Message, ReadRecord, Record

MOST_AHEAD: Final = timedelta(minutes=5)
"""How far an `exportedAt` may lie after the sending of its own message: clocks differ a little.

A date further ahead cannot be true, and would outrank every later result.
"""

_RANKS: Final = {
    status: rank
    for rank, status in enumerate(
        (
            ItemStatus.PENDING,
            ItemStatus.IN_PROGRESS,
            ItemStatus.ABANDONED,
            ItemStatus.FAILED,
            ItemStatus.SUCCESSFUL,
        )
    )
}


class Precedence(NamedTuple):
    """What a result is worth against others of its entry: the greater counts, of equal ones either.

    A final status counts more than any other, then the later time, in seconds since 1970. At equal times a
    success wins: an entry that is shown as failed although it was booked is booked a second time.
    """

    is_final: bool
    time: float
    rank: int


SOME_FINAL: Final = Precedence(is_final=True, time=-inf, rank=-1)
"""A final status of which nothing else is known. No other final status is worth less."""

NOT_FINAL: Final = Precedence(is_final=False, time=-inf, rank=-1)
"""A status that anything may follow."""


def precedence(status: ItemStatus, exported_at: datetime | None, sent_at: int = 0) -> Precedence:
    """Return what a result is worth.

    Its time is `exported_at` in whole seconds, for Pleo stores no fraction; without one it is `sent_at`, when
    its message was sent, in milliseconds since 1970. Where that is 0, not known, a success is taken for newer
    than everything, and anything else for older.
    """
    if exported_at is not None:
        time = float(exported_at.timestamp() // 1)
    elif sent_at:
        time = sent_at / 1000
    else:
        time = inf if status is ItemStatus.SUCCESSFUL else -inf
    return Precedence(status.is_terminal, time, _RANKS[status])


def precedence_of(item: Item) -> Precedence:
    """Return what an item is worth."""
    return precedence(item.result.status, item.result.exported_at, item.sent_at)


def plausible(exported_at: datetime | None, latest: float) -> datetime | None:
    """Return a date unless it lies more than MOST_AHEAD after `latest`, in seconds since 1970."""
    if exported_at is None or exported_at.timestamp() <= latest + MOST_AHEAD.total_seconds():
        return exported_at
    return None


@dataclass(frozen=True, slots=True)
class StoredItem:
    """What Pleo stores of an entry: a status in its own spelling and, where it has one, a plausible date."""

    status: str
    exported_at: datetime | None = None

    def supersedes(self, item: Item) -> bool:
        """Whether an item must not be sent, because what Pleo stores counts more.

        Pleo stores no sending time, so the time of an item without a date is not known. Nor is that of an
        `abandoned`: Pleo sets that itself when a job ends before its items do, whatever date they have.
        """
        if self.status == item.result.status and self.exported_at is None:
            return False  # perhaps it is this very result
        return precedence_of(item) < self._precedence()

    def _precedence(self) -> Precedence:
        if self.status not in ItemStatus or not ItemStatus(self.status).is_terminal:
            return NOT_FINAL
        if self.status == ItemStatus.ABANDONED:
            return SOME_FINAL
        return precedence(ItemStatus(self.status), self.exported_at)


def items_of(read: Sequence[ReadRecord], *, one_secret: bool = False) -> list[tuple[Item, ...]]:
    """Return an item for each valid result, by record.

    With `one_secret` for all companies a message that names none joins those that name the only company of
    its job: the company decides nothing there, and an exporter that begins to name it would make two jobs of
    one.
    """
    companies = _only_companies(read) if one_secret else {}
    return [_items(one, companies) if isinstance(one, Message) else () for one in read]


def _items(message: Message, companies: dict[str, JobKey]) -> tuple[Item, ...]:
    job = message.job if message.job.company_id else companies.get(message.job.export_job_id, message.job)
    return tuple(
        Item(job, message, _with_plausible_date(result, message.record))
        for result in message.results
        if isinstance(result, ExportResult)
    )


def choose(items: Iterable[Item]) -> list[Item]:
    """Choose of all results of each entry the one that counts, in the order in which entries first came.

    The chosen item knows those that it supersedes. Results of one entry belong together where job and company
    are the same.
    """
    rivals: dict[tuple[JobKey, str], list[Item]] = {}
    for item in items:
        rivals.setdefault((item.job, item.result.accounting_entry_id), []).append(item)
    return [_best(each) for each in rivals.values()]


def _with_plausible_date(result: ExportResult, record: Record) -> ExportResult:
    """Leave out a date that cannot be true, so that Pleo does not store it: it would outrank the truth.

    A message without a sending time was not sent through SQS; its dates are taken as they are.
    """
    if not record.sent_at or plausible(result.exported_at, record.sent_at / 1000) is result.exported_at:
        return result
    return replace(result, exported_at=None)


def _best(rivals: list[Item]) -> Item:
    """Return the one that counts; of equal ones that of the newest message, and of its results the last."""
    best = rivals[0]
    if len(rivals) > 1:
        best = max(reversed(rivals), key=_rank)
        best.superseded = tuple(item for item in rivals if item is not best)
    return best


def _rank(item: Item) -> tuple[Precedence, int]:
    return precedence_of(item), item.message.record.sent_at


def _only_companies(read: Iterable[ReadRecord]) -> dict[str, JobKey]:
    """Return for each job of which messages name exactly one company that job of that company."""
    named: dict[str, set[JobKey]] = {}
    for message in read:
        if isinstance(message, Message) and message.job.company_id:
            named.setdefault(message.job.export_job_id, set()).add(message.job)
    return {job: min(jobs) for job, jobs in named.items() if len(jobs) == 1}
