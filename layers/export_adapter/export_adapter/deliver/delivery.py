"""The delivery step: batches go in, an outcome for every result comes out."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, zip_longest
from typing import Final

from export_adapter.deadline import Deadline
from export_adapter.deliver.credentials import CompanyAccess, CredentialStore
from export_adapter.deliver.job import JobDelivery, SizeLimit
from export_adapter.deliver.ledger import Exchange, Ledger
from export_adapter.deliver.pleo import Pleo
from export_adapter.deliver.retry import Backoff
from export_adapter.deliver.schedule import Schedule, Task
from export_adapter.deliver.terminal_memory import TerminalMemory
from export_adapter.model import Batch, Bug, Delivered, JobKey, Outcome, ResultRef, Superseded, Undelivered

_NOT_IN_TIME: Final = Undelivered("out_of_time", "the invocation ended before the answer came")
_IN_THIS_EVENT: Final = Superseded("a result of the entry that counts more came in the same event")


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of every result, and the requests that it took."""

    outcomes: Mapping[ResultRef, Outcome]
    exchanges: tuple[Exchange, ...]
    bugs: tuple[Bug, ...] = ()


def merged(reports: Iterable[DeliveryReport]) -> DeliveryReport:
    """Make one report of several, each on results of its own."""
    reports = tuple(reports)
    return DeliveryReport(
        outcomes=dict(chain.from_iterable(each.outcomes.items() for each in reports)),
        exchanges=tuple(chain.from_iterable(each.exchanges for each in reports)),
        bugs=tuple(chain.from_iterable(each.bugs for each in reports)),
    )


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

    def deliver(self, batches: Iterable[Batch], deadline: Deadline) -> DeliveryReport:
        """Deliver batches until `deadline`; what is not known by then is reported as undelivered."""
        jobs: dict[JobKey, list[Batch]] = defaultdict(list)
        for batch in batches:
            jobs[batch.job].append(batch)
        ledgers = {job: Ledger() for job in jobs}
        companies = {job.company_id: CompanyAccess(job.company_id, self.store) for job in jobs}
        bugs: list[Bug] = []
        tasks = [
            Task(
                job.company_id,
                self._job(job, companies[job.company_id], ledgers[job], deadline).steps(jobs[job]),
                partial(_note_bug, bugs, ledgers[job], jobs[job]),
            )
            for job in _companies_in_turn(jobs)
        ]
        Schedule(tasks, deadline).run(self.threads, self.sleep)
        return DeliveryReport(
            outcomes=dict(chain.from_iterable(_by_result(jobs[job], ledgers[job]) for job in jobs)),
            exchanges=tuple(chain.from_iterable(ledger.exchanges() for ledger in ledgers.values())),
            bugs=tuple(bugs),
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


def _by_result(batches: Iterable[Batch], ledger: Ledger) -> Iterable[tuple[ResultRef, Outcome]]:
    outcomes = ledger.outcomes()
    for batch in batches:
        for item in batch.items:
            outcome = outcomes.get(item.update.accounting_entry_id, _NOT_IN_TIME)
            own, *superseded = item.origins
            yield own, outcome
            for ref in superseded:
                yield ref, _outcome_of_superseded(outcome)


def _outcome_of_superseded(outcome: Outcome) -> Outcome:
    """Return what becomes of a result that another one supersedes, by what became of that one.

    Where that one is parked or goes back, so does this: nothing is settled until Pleo was told.
    """
    return _IN_THIS_EVENT if isinstance(outcome, Delivered) else outcome


def _note_bug(bugs: list[Bug], ledger: Ledger, batches: Sequence[Batch], error: Exception) -> None:
    items = [item for batch in batches for item in batch.items]
    bug = Bug(error, batches[0].job, tuple(item.update.accounting_entry_id for item in items))
    bugs.append(bug)
    ledger.enter(items, bug.outcome)
