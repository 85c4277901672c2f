"""The delivery step: batches go in, and each of their items gets its outcome."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, zip_longest
from typing import Final

from export_adapter.batch import Batch
from export_adapter.deadline import Deadline
from export_adapter.deliver.credentials import CompanyAccess, CredentialStore
from export_adapter.deliver.job import JobDelivery, SizeLimit
from export_adapter.deliver.ledger import Exchange, Ledger
from export_adapter.deliver.pleo import Pleo
from export_adapter.deliver.retry import Backoff
from export_adapter.deliver.schedule import Schedule, Task
from export_adapter.deliver.terminal_memory import TerminalMemory
from export_adapter.model import Bug, JobKey, Undelivered

_NOT_IN_TIME: Final = Undelivered("out_of_time", "the invocation ended before the answer came")


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """The requests that a delivery took, and the bugs that it met."""

    exchanges: tuple[Exchange, ...] = ()
    bugs: tuple[Bug, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivers to Pleo. One per environment: pool, credentials, learnt limits outlive an invocation."""

    pleo: Pleo
    store: CredentialStore
    limit: SizeLimit
    memory: TerminalMemory
    backoff: Backoff
    threads: int
    sleep: Callable[[float], None]

    def deliver(self, jobs: Mapping[JobKey, Sequence[Batch]], deadline: Deadline) -> DeliveryReport:
        """Deliver the batches of each job until `deadline`.

        Every item then has its outcome; an item about which nothing is known by then is undelivered.
        """
        ledgers = {job: Ledger() for job in jobs}
        companies = {job.company_id: CompanyAccess(job.company_id, self.store) for job in jobs}
        tasks = [
            Task(
                job.company_id,
                self._job(job, companies[job.company_id], ledgers[job], deadline).steps(jobs[job]),
                partial(_note_bug, job, jobs[job], ledgers[job]),
            )
            for job in _companies_in_turn(jobs)
        ]
        Schedule(tasks, deadline).run(self.threads, self.sleep)
        for job, batches in jobs.items():
            ledgers[job].enter(chain.from_iterable(batches), _NOT_IN_TIME)
        return DeliveryReport(
            exchanges=tuple(chain.from_iterable(ledger.exchanges() for ledger in ledgers.values())),
            bugs=tuple(chain.from_iterable(ledger.bugs() for ledger in ledgers.values())),
        )

    def _job(self, job: JobKey, access: CompanyAccess, ledger: Ledger, deadline: Deadline) -> JobDelivery:
        return JobDelivery(
            job=job,
            pleo=self.pleo,
            access=access,
            ledger=ledger,
            limit=self.limit,
            memory=self.memory,
            backoff=self.backoff,
            deadline=deadline,
        )


def _companies_in_turn(jobs: Iterable[JobKey]) -> list[JobKey]:
    """Order jobs so that each company's first comes before any company's second: a slow one waits alone."""
    companies: dict[str | None, list[JobKey]] = defaultdict(list)
    for job in jobs:
        companies[job.company_id].append(job)
    return [job for turn in zip_longest(*companies.values()) for job in turn if job is not None]


def _note_bug(job: JobKey, batches: Sequence[Batch], ledger: Ledger, error: Exception) -> None:
    items = tuple(chain.from_iterable(batches))
    bug = Bug(error, job, tuple(item.result.accounting_entry_id for item in items))
    ledger.note(bug)
    ledger.enter(items, bug.outcome)
