"""What the local Pleo holds in memory: jobs, their items, and the entries that it refuses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import RLock

from export_adapter_workstation.local.pleo.faults import ItemFault
from export_adapter_workstation.local.pleo.jobs import (
    EntryRefusal,
    ExportJob,
    NewJob,
    Refusal,
    ReportedEvent,
    after_event,
    created,
    expired,
)
from export_adapter_workstation.local.pleo.specification import canonical_uuid
from export_adapter_workstation.local.pleo.updating import UpdateResult, update_items

NO_SUCH_JOB = Refusal(404, "EXPORT_NOT_FOUND", "Export job does not exist.")
JOB_IS_FINISHED = Refusal(422, "EXPORT_JOB_STATUS_UNPROCESSABLE", "Export job is finished.")


class Books:
    """All jobs behind one lock. Every look at a job lets it expire first, by the clock that was passed in.

    clock returns an aware datetime. Whether an item update counts as an update of the job, and so renews its
    hour, is not documented by Pleo; item_updates_renew_the_hour chooses.
    """

    def __init__(self, clock: Callable[[], datetime], *, item_updates_renew_the_hour: bool = True) -> None:
        self._clock = clock
        self._ahead = timedelta()
        self._renew = item_updates_renew_the_hour
        self._lock = RLock()
        self._jobs: dict[str, ExportJob] = {}
        self._refusals: dict[str, EntryRefusal] = {}

    def now(self) -> datetime:
        """Return the time in the local Pleo: the clock's, and what it was put forward."""
        return self._clock() + self._ahead

    def put_clock_forward(self, by: timedelta) -> None:
        """Let time pass, for jobs that should expire."""
        with self._lock:
            self._ahead += by

    def create_job(self, new: NewJob) -> ExportJob:
        """Hold a new job and return it.

        Raises ValueError for an id that is no UUID, or a job that exists already.
        """
        new = NewJob(
            job_id=canonical_uuid(new.job_id),
            company_id=canonical_uuid(new.company_id),
            accounting_entry_ids=tuple(canonical_uuid(entry_id) for entry_id in new.accounting_entry_ids),
            status=new.status,
        )
        with self._lock:
            if new.job_id in self._jobs:
                raise ValueError(f"job_id: {new.job_id} exists already")
            return self._keep(created(new, self.now()))

    def job(self, job_id: str) -> ExportJob | None:
        """Return a job as it is now, or None where there is none."""
        with self._lock:
            job = self._jobs.get(job_id.lower())
            return None if job is None else self._keep(expired(job, self.now()))

    def jobs(self) -> tuple[ExportJob, ...]:
        """Return all jobs as they are now, oldest first."""
        with self._lock:
            return tuple(self._keep(expired(job, self.now())) for job in tuple(self._jobs.values()))

    def update_items(
        self, job_id: str, updates: Sequence[Mapping[str, str]], faults: Sequence[ItemFault] = ()
    ) -> UpdateResult | Refusal:
        """Set the items of a job to what legal updates say, and return what Pleo answers about each."""
        with self._lock:
            job = self.job(job_id)
            if job is None:
                return NO_SUCH_JOB
            if job.status.is_final:
                return JOB_IS_FINISHED
            result = update_items(job.items, updates, self._refusals, faults)
            if isinstance(result, UpdateResult):
                updated = self.now() if self._renew else job.last_updated_at
                self._keep(replace(job, items=result.items, last_updated_at=updated))
            return result

    def report(self, reported: ReportedEvent) -> ExportJob | Refusal:
        """Move a job on, and return it or the refusal."""
        with self._lock:
            job = self.job(reported.job_id)
            if job is None:
                return NO_SUCH_JOB
            moved = after_event(job, reported, self.now())
            return self._keep(moved) if isinstance(moved, ExportJob) else moved

    def refuse_entry(self, entry_id: str, refusal: EntryRefusal) -> None:
        """Refuse an accounting entry from now on. Raises ValueError where the id is no UUID."""
        with self._lock:
            self._refusals[canonical_uuid(entry_id)] = refusal

    def accept_entry(self, entry_id: str) -> None:
        """Refuse an accounting entry no longer. Raises ValueError where the id is no UUID."""
        with self._lock:
            self._refusals.pop(canonical_uuid(entry_id), None)

    def _keep(self, job: ExportJob) -> ExportJob:
        self._jobs[job.job_id] = job
        return job
