"""What must not be overwritten by what: Pleo is left with the best that is known of an entry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from export_adapter.model import Item, ItemStatus

_TERMINAL: Final = frozenset(status.value for status in ItemStatus if status.is_terminal)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an entry: what Pleo says that it holds, or what it has taken from this environment.

    `exported_at` is None where there is none. `sent_at` is when the message was put on the queue, in
    milliseconds since 1970, and 0 where that is not known, as of all that Pleo holds.
    """

    status: str
    exported_at: datetime | None = None
    sent_at: int = 0

    @classmethod
    def taken(cls, item: Item) -> "Known":
        """What is known once Pleo has taken an item."""
        return cls(item.update.status.value, item.update.exported_at, item.sent_at)


def must_give_way(item: Item, known: Known) -> bool:
    """Whether an item must not be sent, because it would overwrite something better.

    A terminal status is worth more than one that is not. Of two, the newer counts, as far as that is known:
    by the exports' dates, else by the messages' ages. Where it is not, a success stays: an entry that is
    shown as failed although it was booked is booked a second time; the other way round somebody notices.
    """
    if known.status not in _TERMINAL:
        return False
    if not item.update.status.is_terminal:
        return True
    if known.status == ItemStatus.ABANDONED and not known.sent_at:
        return False  # Pleo itself sets that, when a job ends before its items do
    mine, theirs = _whole_seconds(item.update.exported_at), _whole_seconds(known.exported_at)
    if mine and theirs and mine != theirs:
        return theirs > mine
    if item.sent_at and known.sent_at and bool(mine) == bool(theirs):
        return known.sent_at > item.sent_at
    return known.status == ItemStatus.SUCCESSFUL and item.update.status is not ItemStatus.SUCCESSFUL


def _whole_seconds(moment: datetime | None) -> datetime | None:
    """Leave out the fraction, as Pleo does."""
    return moment.replace(microsecond=0) if moment else None
