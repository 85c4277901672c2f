"""Pleo's rules: which jobs there are, and what an item update does to them and answers. No I/O.

The local Pleo's server and the tests' in-memory Pleo both use this store.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import RLock

from export_adapter_workstation.local.pleo.faults import Fault
from export_adapter_workstation.local.pleo.jobs import ExportItem, ExportJob, JobStatus, NewJob
from export_adapter_workstation.local.pleo.specification import canonical_uuid


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer: the HTTP status, and the `type` and `message` of Pleo's ExceptionInfo."""

    status: int
    type: str
    message: str


NO_SUCH_JOB = Refusal(404, "EXPORT_NOT_FOUND", "Export job does not exist.")
JOB_IS_FINISHED = Refusal(422, "EXPORT_JOB_STATUS_UNPROCESSABLE", "Export job is finished.")


@dataclass(frozen=True, slots=True)
class EntryRefusal:
    """How Pleo refuses one accounting entry.

    status 200 reports the entry alone in `errors`; 400 or 422 refuses the whole request that contains it.
    times is how often the entry is reported; None is until it is accepted.
    """

    type: str = "EXPORT_ENTRY_STATUS_UPDATE_FAILED"
    message: str = "Export entry status update failed."
    status: int = 200
    times: int | None = None

    def __post_init__(self) -> None:
        """Refuse a status that means something else."""
        if self.status not in {200, 400, 422}:
            raise ValueError(f"status: {self.status} is not one of 200, 400, 422")


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """The answer to an item update: `data`, and `errors` under Pleo's names."""

    data: tuple[ExportItem, ...]
    errors: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What becomes of one item of an update: what Pleo stores, shows in `data`, or shows in `errors`."""

    stored: ExportItem | None = None
    shown: ExportItem | None = None
    error: Mapping[str, str] | None = None


class Store:
    """All jobs behind one lock.

    clock returns an aware datetime. Pleo does not document whether an item update counts as an update of the
    job and so renews its hour; here it does.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.refusals: dict[str, EntryRefusal] = {}
        self._clock = clock
        self._ahead = timedelta()
        self._lock = RLock()
        self._jobs: dict[str, ExportJob] = {}

    def now(self) -> datetime:
        """Return the time in this Pleo: the clock's, plus what it was moved forward."""
        return self._clock() + self._ahead

    def move_clock(self, by: timedelta) -> None:
        """Let time pass, so that jobs expire."""
        with self._lock:
            self._ahead += by

    def create_job(self, new: NewJob) -> ExportJob:
        """Store a new job and return it.

        Raises ValueError if an id is not a UUID, or if the job exists already.
        """
        job_id = canonical_uuid(new.job_id)
        items = {one: ExportItem(one) for one in map(canonical_uuid, new.accounting_entry_ids)}
        with self._lock:
            if job_id in self._jobs:
                raise ValueError(f"jobId: {job_id} exists already")
            job = ExportJob(job_id, canonical_uuid(new.company_id), new.status, self.now(), items)
            return self._put(job)

    def set_status(self, job_id: str, status: JobStatus) -> None:
        """Set a job's status, whatever it was. Raises KeyError if there is no such job."""
        with self._lock:
            self._put(replace(self._jobs[job_id], status=status))

    def remove_job(self, job_id: str) -> None:
        """Forget a job; an unknown id is not an error."""
        with self._lock:
            self._jobs.pop(job_id, None)

    def job(self, job_id: str) -> ExportJob | None:
        """Return a job as it is now, or None if there is none."""
        with self._lock:
            job = self._jobs.get(job_id.lower())
            return None if job is None else self._put(job.at(self.now()))

    def jobs(self) -> tuple[ExportJob, ...]:
        """Return all jobs as they are now, oldest first."""
        with self._lock:
            return tuple(self._put(job.at(self.now())) for job in tuple(self._jobs.values()))

    def update_items(
        self, job_id: str, updates: Sequence[Mapping[str, str]], faults: Sequence[Fault] = ()
    ) -> UpdateResult | Refusal:
        """Apply valid updates to the items of a job, and return what Pleo answers about each.

        Each update names another entry. faults strike single items.
        """
        with self._lock:
            job = self.job(job_id)
            if job is None:
                return NO_SUCH_JOB
            if job.status.is_final:
                return JOB_IS_FINISHED
            for refusal in (self._refusal_of(update["accountingEntryId"]) for update in updates):
                if refusal is not None and refusal.status != HTTPStatus.OK:
                    return Refusal(refusal.status, refusal.type, refusal.message)
            outcomes = [
                self._outcome(job, update, _fault_of(faults, position, update, len(updates)))
                for position, update in enumerate(updates)
            ]
            stored = {
                one.stored.accounting_entry_id: one.stored for one in outcomes if one.stored is not None
            }
            self._put(replace(job, items={**job.items, **stored}, updated_at=self.now()))
            return UpdateResult(
                data=tuple(one.shown for one in outcomes if one.shown is not None),
                errors=tuple(one.error for one in outcomes if one.error is not None),
            )

    def refuse_entry(self, entry_id: str, refusal: EntryRefusal) -> None:
        """Refuse an accounting entry from now on. Raises ValueError if the id is not a UUID."""
        with self._lock:
            self.refusals[canonical_uuid(entry_id)] = refusal

    def accept_entry(self, entry_id: str | None) -> None:
        """Stop refusing an accounting entry, or any. Raises ValueError if the id is not a UUID."""
        with self._lock:
            if entry_id is None:
                self.refusals.clear()
            else:
                self.refusals.pop(canonical_uuid(entry_id), None)

    def _put(self, job: ExportJob) -> ExportJob:
        self._jobs[job.job_id] = job
        return job

    def _refusal_of(self, entry_id: str) -> EntryRefusal | None:
        refusal = self.refusals.get(entry_id)
        return None if refusal is None or refusal.times == 0 else refusal

    def _outcome(self, job: ExportJob, update: Mapping[str, str], fault: Fault | None) -> _Outcome:
        entry_id = update["accountingEntryId"]
        item, refusal = job.items.get(entry_id), self._refusal_of(entry_id)
        if item is None:
            message = "Accounting entry does not exist."
            return _Outcome(error=_item_error(entry_id, "ACCOUNTING_ENTRY_DOES_NOT_EXIST", message))
        if refusal is not None:
            if refusal.times is not None:
                self.refusals[entry_id] = replace(refusal, times=refusal.times - 1)
            return _Outcome(error=_item_error(entry_id, refusal.type, refusal.message))
        wanted = item.after(update)
        return _Outcome(wanted, wanted) if fault is None else _struck(item, wanted, fault)


def _fault_of(faults: Sequence[Fault], position: int, update: Mapping[str, str], count: int) -> Fault | None:
    entry_id = update["accountingEntryId"]
    return next((fault for fault in faults if fault.strikes(position, entry_id, count)), None)


def _struck(item: ExportItem, wanted: ExportItem, fault: Fault) -> _Outcome:
    stored = wanted if fault.applied else None
    match fault.item:
        case "error":
            return _Outcome(
                stored, error=_item_error(item.accounting_entry_id, fault.error_type, fault.message)
            )
        case "status":
            return _Outcome(stored, replace(wanted, status=fault.item_status or item.status))
        case _:
            return _Outcome(stored)


def _item_error(entry_id: str, kind: str, message: str) -> Mapping[str, str]:
    return {"accountingEntryId": entry_id, "message": message, "type": kind}
