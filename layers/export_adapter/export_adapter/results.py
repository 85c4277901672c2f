"""The values that pass between the rooms. All are frozen: a room makes new ones, it changes none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from export_adapter.terms import ErrorType, FailureReasonType, ItemStatus, Stage

NEVER: Final = datetime.min.replace(tzinfo=UTC)
"""When a result that does not say was exported: before all that do."""

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None


@dataclass(frozen=True, slots=True, order=True)
class JobKey:
    """One company's export job. Two companies never share one, so no PUT can mix them."""

    export_job_id: str
    company_id: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """What the accounting system or the exporter said when an entry failed, as it was sent.

    Nothing in it is trusted: `body` is any JSON value of up to 1 MiB, a string may hold anything.
    Header names are lower case.
    """

    stage: Stage | None = None
    http_status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Json = None
    code: str | None = None
    message: str | None = None
    exception: str | None = None


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What became of one accounting entry; `original` is the JSON object it was read from, for parking."""

    accounting_entry_id: str
    status: ItemStatus
    original: Mapping[str, Json]
    exported_at: datetime | None = None
    external_id: str | None = None
    external_url: str | None = None
    failure: Failure | None = None
    failure_reason_type: str | None = None
    failure_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One SQS message as the event carries it. Its times are in milliseconds since 1970, 0 where not known.

    `replay_id` is the id of the dead letter that a replayed message is a copy of: with it the dead-letter
    tool finds out what became of a copy, should it be interrupted while it sends one.
    """

    message_id: str
    receipt_handle: str
    body: str
    receive_count: int = 1
    sent_at: int = 0
    first_received_at: int = 0
    message_group_id: str | None = None
    replay_count: int = 0
    replay_id: str | None = None
    was_parked: bool = False

    @property
    def came_back(self) -> bool:
        """Whether it was received before, or was on the dead-letter queue."""
        return self.receive_count > 1 or self.was_parked


@dataclass(frozen=True, slots=True)
class InvalidResult:
    """One element of `results` that breaks the contract; its neighbours go on without it."""

    original: Json
    reason: str


@dataclass(frozen=True, slots=True)
class InvalidMessage:
    """A record whose body is no message; it is parked whole, its body unchanged."""

    record: Record
    reason: str


@dataclass(frozen=True, slots=True)
class Message:
    """A record that was read. `envelope` is the message without its results, for parked bodies."""

    record: Record
    job: JobKey
    system: str
    envelope: Mapping[str, Json]
    results: tuple[ExportResult | InvalidResult, ...]


@dataclass(frozen=True, slots=True)
class UnreadMessage:
    """A record that there was no time to read."""

    record: Record


type ReadRecord = Message | InvalidMessage | UnreadMessage


@dataclass(frozen=True, slots=True)
class ResultRef:
    """Where a result stands: the record's position in the event, and its own within that record.

    Positions, not message ids: SQS may hand out one message twice in one event.
    """

    record: int
    result: int


@dataclass(frozen=True, slots=True)
class ItemUpdate:
    """One element of the PUT's array. What is None is left out of the request, never sent as null."""

    accounting_entry_id: str
    status: ItemStatus
    exported_at: datetime | None = None
    external_id: str | None = None
    external_url: str | None = None
    failure_reason_type: FailureReasonType | None = None
    failure_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """An update on its way to Pleo, and the results it stands for: its own, then those it superseded.

    `sent_at` is when its message was put on the queue, in milliseconds since 1970, and 0 where that says
    nothing of its age. One that `came_back` was received or parked before: meanwhile Pleo may have been told
    something newer.
    """

    job: JobKey
    update: ItemUpdate
    origins: tuple[ResultRef, ...]
    sent_at: int = 0
    came_back: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """At most 100 items of one export job: one PUT."""

    job: JobKey
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """Pleo holds the item with the status that was sent. `reason` says how that is known."""

    reason: str


@dataclass(frozen=True, slots=True)
class Superseded:
    """The item was not sent, for it would have overwritten something better; `reason` says what."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Pleo will not take the item however often it is sent: it goes to the dead-letter queue."""

    error_type: ErrorType
    reason: str
    pleo_status: int | None = None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The item may still be delivered later: its record goes back to the queue.

    `cause` is a short, stable word for metrics; `retry_after` is in seconds, where Pleo named a time.
    """

    cause: str
    reason: str
    pleo_status: int | None = None
    retry_after: float | None = None


NO_TIME: Final = Undelivered("out_of_time", "the invocation had no time left to read the item")

type Outcome = Delivered | Superseded | Rejected | Undelivered


@dataclass(frozen=True, slots=True)
class Bug:
    """A fault of the adapter's own, and the entries that it befell: for the log."""

    error: Exception
    job: JobKey
    accounting_entry_ids: tuple[str, ...]
