"""What happens to a record, once all of its items have their outcomes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from export_adapter.item import Item
from export_adapter.model import (
    NO_TIME,
    ErrorType,
    ExportResult,
    InvalidMessage,
    InvalidResult,
    Message,
    Outcome,
    ReadRecord,
    Rejected,
    Undelivered,
    UnreadMessage,
)

MOST_REASONS: Final = 20
"""How many reasons of one record get a dead letter each.

Were there thousands, parking them would take longer than an invocation lasts: the record would come back, and
what was parked of it be parked again.
"""


type Result = ExportResult | InvalidResult


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Every item was delivered: the record may be deleted."""


@dataclass(frozen=True, slots=True)
class ReturnToQueue:
    """Some item may still be delivered: the record goes back, none of its items is parked this time.

    `retry_after` is the longest time that Pleo asked to wait, in seconds.
    """

    cause: str
    reason: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """Results of one record that are parked for one and the same reason."""

    why: Rejected
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Park:
    """The record is acknowledged as soon as all of its parcels are safe on the dead-letter queue."""

    parcels: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True)
class ParkWhole:
    """The record's body is not a message, or there was never time to read it: it is parked as it is."""

    why: Rejected


type Decision = Acknowledge | ReturnToQueue | Park | ParkWhole


def decide(read: ReadRecord, items: Sequence[Item], *, is_last: bool) -> Decision:
    """Decide on a record, by what became of the items that its valid results are, in their order.

    On its last receive nothing goes back: SQS would move the record to the dead-letter queue without
    saying why.
    """
    if isinstance(read, InvalidMessage):
        return ParkWhole(Rejected(ErrorType.INVALID_MESSAGE, read.reason))
    if isinstance(read, UnreadMessage):
        exhausted = _exhausted(NO_TIME, read.record.receive_count)
        return ParkWhole(exhausted) if is_last else ReturnToQueue(NO_TIME.cause, NO_TIME.reason)
    outcomes = list(_outcomes(read, items))
    waiting = [outcome for _, outcome in outcomes if isinstance(outcome, Undelivered)]
    if waiting and not is_last:
        waits = [outcome.retry_after for outcome in waiting if outcome.retry_after is not None]
        return ReturnToQueue(waiting[0].cause, waiting[0].reason, max(waits, default=None))
    by_reason: dict[Rejected, list[Result]] = {}
    for result, outcome in outcomes:
        match outcome:
            case Rejected():
                by_reason.setdefault(outcome, []).append(result)
            case Undelivered():
                by_reason.setdefault(_exhausted(outcome, read.record.receive_count), []).append(result)
    parcels = tuple(Parcel(why, tuple(results)) for why, results in by_reason.items())
    return Park((*parcels[:MOST_REASONS], *_merged(parcels[MOST_REASONS:]))) if parcels else Acknowledge()


def _merged(parcels: Iterable[Parcel]) -> Iterator[Parcel]:
    """Make one parcel of those with one error type; their reasons stand one after the other."""
    by_type: dict[ErrorType, list[Parcel]] = {}
    for parcel in parcels:
        by_type.setdefault(parcel.why.error_type, []).append(parcel)
    for error_type, alike in by_type.items():
        reasons = "; ".join(parcel.why.reason for parcel in alike[:MOST_REASONS])
        reason = f"{len(alike)} reasons: {reasons}" if len(alike) > 1 else reasons
        results = chain.from_iterable(parcel.results for parcel in alike)
        yield Parcel(Rejected(error_type, reason, alike[0].why.pleo_status), tuple(results))


def _outcomes(message: Message, items: Sequence[Item]) -> Iterator[tuple[Result, Outcome]]:
    """Pair every result with what became of it."""
    valid = iter(items)
    for result in message.results:
        if isinstance(result, InvalidResult):
            yield result, Rejected(ErrorType.INVALID_RESULT, result.reason)
        else:
            yield result, next(valid).outcome


def _exhausted(outcome: Undelivered, receives: int) -> Rejected:
    error_type = (
        ErrorType.NO_CREDENTIALS if outcome.cause == "no_credentials" else ErrorType.RETRIES_EXHAUSTED
    )
    return Rejected(error_type, f"given up after {receives} receives: {outcome.reason}", outcome.pleo_status)
