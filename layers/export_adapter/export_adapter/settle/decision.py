"""What happens to a record, once what became of all its items is known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from export_adapter.results import (
    InvalidMessage,
    InvalidResult,
    Json,
    Message,
    Outcome,
    Rejected,
    ResultRef,
    Undelivered,
)
from export_adapter.terms import ErrorType


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Every item was delivered: the record may be deleted."""


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Some item may still be delivered: the record goes back, none of its items is parked this time.

    `retry_after` is the longest time that Pleo asked to wait, in seconds.
    """

    cause: str
    reason: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """Results of one record that are parked for one and the same reason, as the exporter wrote them."""

    why: Rejected
    results: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Park:
    """The record is acknowledged as soon as all of its parcels are safe on the dead-letter queue."""

    parcels: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True)
class ParkWhole:
    """The record's body is no message: it is parked as it is."""

    why: Rejected


type Decision = Acknowledge | GiveBack | Park | ParkWhole


def decide(
    read: Message | InvalidMessage,
    position: int,
    outcomes: Mapping[ResultRef, Outcome],
    max_receive_count: int,
) -> Decision:
    """Decide on the record at `position` of the event.

    On its last receive nothing goes back: SQS would move the record to the dead-letter queue without
    saying why.
    """
    if isinstance(read, InvalidMessage):
        return ParkWhole(Rejected(ErrorType.INVALID_MESSAGE, read.reason))
    known = list(_outcomes(read, position, outcomes))
    waiting = [outcome for _, outcome in known if isinstance(outcome, Undelivered)]
    if waiting and read.record.receive_count < max_receive_count:
        waits = [outcome.retry_after for outcome in waiting if outcome.retry_after is not None]
        return GiveBack(waiting[0].cause, waiting[0].reason, max(waits, default=None))
    parcels: dict[Rejected, list[Json]] = {}
    for original, outcome in known:
        match outcome:
            case Rejected():
                parcels.setdefault(outcome, []).append(original)
            case Undelivered():
                parcels.setdefault(_exhausted(outcome, read.record.receive_count), []).append(original)
            case _:
                pass
    if not parcels:
        return Acknowledge()
    return Park(tuple(Parcel(why, tuple(results)) for why, results in parcels.items()))


def _outcomes(
    message: Message, position: int, outcomes: Mapping[ResultRef, Outcome]
) -> Iterator[tuple[Json, Outcome]]:
    """Pair every result, as it was written, with what became of it."""
    for place, result in enumerate(message.results):
        if isinstance(result, InvalidResult):
            yield result.original, Rejected(ErrorType.INVALID_RESULT, result.reason)
        else:
            yield dict(result.original), outcomes[ResultRef(position, place)]


def _exhausted(outcome: Undelivered, receives: int) -> Rejected:
    error_type = (
        ErrorType.NO_CREDENTIALS if outcome.cause == "no_credentials" else ErrorType.RETRIES_EXHAUSTED
    )
    return Rejected(error_type, f"given up after {receives} receives: {outcome.reason}", outcome.pleo_status)
