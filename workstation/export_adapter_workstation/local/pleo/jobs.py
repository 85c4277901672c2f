"""Export jobs and their items as Pleo holds them, and the rules by which they change.

Everything here is a value or a function from values to a value; the lock and the clock are elsewhere.
Sources: developers.pleo.io/reference/export-api-workflow (moves of a job) and
developers.pleo.io/reference/multi-currency-configuration (a job expires one hour after its last update).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

EXPIRES_IN = timedelta(hours=1)
TERMINAL_ITEM_STATUSES = frozenset({"failed", "successful", "abandoned"})


class JobStatus(StrEnum):
    """Where an export job stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    FAILED = "failed"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"

    @property
    def is_final(self) -> bool:
        """Whether no further item can be updated."""
        return self not in {JobStatus.PENDING, JobStatus.IN_PROGRESS}


class JobEvent(StrEnum):
    """What an integration reports about a job as a whole."""

    STARTED = "started"
    FAILED = "failed"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"


LEGAL_MOVES: Mapping[tuple[JobStatus, JobEvent], JobStatus] = MappingProxyType(
    {
        (JobStatus.PENDING, JobEvent.STARTED): JobStatus.IN_PROGRESS,
        (JobStatus.IN_PROGRESS, JobEvent.FAILED): JobStatus.FAILED,
        (JobStatus.IN_PROGRESS, JobEvent.COMPLETED): JobStatus.COMPLETED,
        (JobStatus.IN_PROGRESS, JobEvent.COMPLETED_WITH_ERRORS): JobStatus.COMPLETED_WITH_ERRORS,
    }
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is an error: the HTTP status, and the `type` and `message` of Pleo's ExceptionInfo."""

    status: int
    type: str
    message: str


@dataclass(frozen=True, slots=True)
class EntryRefusal:
    """How Pleo refuses one accounting entry until it is told to accept it.

    status 200 reports the entry alone in `errors`; 400 or 422 refuses the whole request that holds it.
    """

    type: str = "EXPORT_ENTRY_STATUS_UPDATE_FAILED"
    message: str = "Export entry status update failed."
    status: int = 200

    def __post_init__(self) -> None:
        """Refuse a status that means something else."""
        if self.status not in {200, 400, 422}:
            message = f"status: {self.status} is not one of 200, 400, 422"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class ExportItem:
    """One accounting entry within an export job.

    history holds every status that a request has set, oldest first, so that a test can see a terminal status
    overwritten.
    """

    accounting_entry_id: str
    status: str = "pending"
    exported_at: str | None = None
    external_id: str | None = None
    external_url: str | None = None
    failure_reason: str | None = None
    failure_reason_type: str | None = None
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewJob:
    """An export job to be created; ids are UUIDs.

    The usual status is in_progress: results come once the exporter has started the job.
    """

    job_id: str
    company_id: str
    accounting_entry_ids: tuple[str, ...]
    status: JobStatus = JobStatus.IN_PROGRESS


@dataclass(frozen=True, slots=True)
class ExportJob:
    """An export job with its items by accounting entry id, in the order in which they were created."""

    job_id: str
    company_id: str
    status: JobStatus
    created_at: datetime
    last_updated_at: datetime
    items: Mapping[str, ExportItem] = field(default_factory=dict)
    started_at: datetime | None = None
    completed_at: datetime | None = None
    expired_at: datetime | None = None
    failure_reason: str | None = None
    failure_reason_type: str | None = None


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """The body of a job event."""

    event: JobEvent
    job_id: str
    failure_reason: str | None = None
    failure_reason_type: str | None = None


def created(new: NewJob, now: datetime) -> ExportJob:
    """Return the job that Pleo holds once a bookkeeper has clicked Export."""
    return ExportJob(
        job_id=new.job_id,
        company_id=new.company_id,
        status=new.status,
        created_at=now,
        last_updated_at=now,
        started_at=None if new.status is JobStatus.PENDING else now,
        completed_at=now if new.status.is_final else None,
        items={entry_id: ExportItem(entry_id) for entry_id in new.accounting_entry_ids},
    )


def expired(job: ExportJob, now: datetime) -> ExportJob:
    """Return the job as it is at `now`: failed, with its open items abandoned, where its hour has passed."""
    deadline = job.last_updated_at + EXPIRES_IN
    if job.status.is_final or now <= deadline:
        return job
    return replace(
        job,
        status=JobStatus.FAILED,
        expired_at=deadline,
        failure_reason="Job not updated within expiry time limit",
        failure_reason_type="job_expired",
        items=_open_items_abandoned(job.items),
    )


def after_event(job: ExportJob, reported: ReportedEvent, now: datetime) -> ExportJob | Refusal:
    """Return the job moved on by the event, or 422 where the move is not legal."""
    target = LEGAL_MOVES.get((job.status, reported.event))
    if target is None:
        return Refusal(
            422,
            "INVALID_EXPORT_JOB_STATUS_CHANGE",
            f"A job that is {job.status} cannot take the event {reported.event}.",
        )
    return replace(
        job,
        status=target,
        last_updated_at=now,
        started_at=now if target is JobStatus.IN_PROGRESS else job.started_at,
        completed_at=now if target.is_final else None,
        failure_reason=reported.failure_reason,
        failure_reason_type=reported.failure_reason_type,
        items=_open_items_abandoned(job.items) if target is JobStatus.FAILED else job.items,
    )


def set_state(item: ExportItem, update: Mapping[str, str]) -> ExportItem:
    """Return the item in exactly the state that the update describes: what it leaves out is cleared."""
    return ExportItem(
        accounting_entry_id=item.accounting_entry_id,
        status=update["status"],
        exported_at=update.get("exportedAt"),
        external_id=update.get("externalId"),
        external_url=update.get("externalUrl"),
        failure_reason=update.get("failureReason"),
        failure_reason_type=update.get("failureReasonType"),
        history=(*item.history, update["status"]),
    )


def _open_items_abandoned(items: Mapping[str, ExportItem]) -> dict[str, ExportItem]:
    return {
        entry_id: item if item.status in TERMINAL_ITEM_STATUSES else replace(item, status="abandoned")
        for entry_id, item in items.items()
    }
