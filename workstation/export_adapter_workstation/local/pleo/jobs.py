"""Export jobs and their items as Pleo stores them, and how updates and time change them.

Source: developers.pleo.io/reference/multi-currency-configuration (a job expires one hour after its last
update; an integration can do nothing with it then).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

EXPIRES_IN: Final = timedelta(hours=1)
FINAL_ITEM_STATUSES: Final = frozenset({"failed", "successful", "abandoned"})


class JobStatus(StrEnum):
    """The status of an export job."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    FAILED = "failed"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"

    @property
    def is_final(self) -> bool:
        """Whether Pleo refuses further updates of the job's items."""
        return self not in {JobStatus.PENDING, JobStatus.IN_PROGRESS}


@dataclass(frozen=True, slots=True)
class ExportItem:
    """One accounting entry within an export job.

    sent is the last update of it, under Pleo's names; history has every status that an update has set,
    oldest first.
    """

    accounting_entry_id: str
    status: str = "pending"
    sent: Mapping[str, str] = field(default_factory=dict)
    history: tuple[str, ...] = ()

    def after(self, update: Mapping[str, str]) -> "ExportItem":
        """Return the item in exactly the state that an update describes: a field that it omits is cleared."""
        return replace(self, status=update["status"], sent=update, history=(*self.history, update["status"]))


@dataclass(frozen=True, slots=True)
class NewJob:
    """An export job to be created; ids are UUIDs.

    The default status is in_progress: results arrive after the exporter has started the job.
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
    updated_at: datetime
    items: Mapping[str, ExportItem]

    def at(self, now: datetime) -> "ExportJob":
        """Return the job as it is at `now`: failed, its open items abandoned, if its hour has passed."""
        if self.status.is_final or now <= self.updated_at + EXPIRES_IN:
            return self
        items = {
            entry_id: item if item.status in FINAL_ITEM_STATUSES else replace(item, status="abandoned")
            for entry_id, item in self.items.items()
        }
        return replace(self, status=JobStatus.FAILED, items=items)
