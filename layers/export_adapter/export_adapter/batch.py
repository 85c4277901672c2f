"""Results become batches: grouped by company and export job, one update per accounting entry."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched
from typing import Final

from export_adapter.model import NEVER, Batch, Item, ItemUpdate, JobKey, ResultRef

MAX_ITEMS: Final = 100
"""What Pleo takes in one PUT, in every version (docs/delivery.md)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A result that wants to be sent; `sent_at` and `came_back` as in Item."""

    ref: ResultRef
    job: JobKey
    update: ItemUpdate
    sent_at: int
    came_back: bool = False


def batches(candidates: Iterable[Candidate], limit: int = MAX_ITEMS) -> Iterator[Batch]:
    """Make the batches of one invocation, jobs and items in the order in which they first came.

    Of several results for one entry one is sent; the others share its outcome, for an item carries the
    places of all of them.
    """
    for job, entries in _by_job(candidates).items():
        items = (_item(job, rivals) for rivals in entries.values())
        for chunk in batched(items, limit, strict=False):
            yield Batch(job, chunk)


def with_companies(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Where one secret serves all, let messages of a job that name no company join those that name one.

    The company decides nothing there; without this, an exporter that begins to name it would make two jobs of
    one, whose results know nothing of each other.
    """
    named: dict[str, set[str]] = {}
    for candidate in candidates:
        if company := candidate.job.company_id:
            named.setdefault(candidate.job.export_job_id, set()).add(company)
    only = {job: min(companies) for job, companies in named.items() if len(companies) == 1}
    return [
        candidate
        if candidate.job.company_id
        else replace(
            candidate, job=JobKey(candidate.job.export_job_id, only.get(candidate.job.export_job_id))
        )
        for candidate in candidates
    ]


def _by_job(candidates: Iterable[Candidate]) -> dict[JobKey, dict[str, list[Candidate]]]:
    jobs: dict[JobKey, dict[str, list[Candidate]]] = {}
    for candidate in candidates:
        entries = jobs.setdefault(candidate.job, {})
        entries.setdefault(candidate.update.accounting_entry_id, []).append(candidate)
    return jobs


def _item(job: JobKey, rivals: list[Candidate]) -> Item:
    winner = max(rivals, key=_precedence)
    superseded = (rival.ref for rival in rivals if rival is not winner)
    return Item(job, winner.update, (winner.ref, *superseded), winner.sent_at, winner.came_back)


def _precedence(candidate: Candidate) -> tuple[bool, datetime, int, int, int]:
    """Rank rivals: terminal first, then the newest export, the newest message, the later place."""
    update = candidate.update
    return (
        update.status.is_terminal,
        update.exported_at or NEVER,
        candidate.sent_at,
        candidate.ref.record,
        candidate.ref.result,
    )
