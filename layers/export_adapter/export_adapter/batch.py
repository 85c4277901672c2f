"""Items become batches: one job of one company in each, and no more items than Pleo takes at once."""

from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Final

from export_adapter.model import Batch, Item, JobKey

MAX_ITEMS: Final = 100
"""What Pleo takes in one PUT, in every version (docs/delivery.md)."""


def batches(items: Iterable[Item], limit: int = MAX_ITEMS) -> Iterator[Batch]:
    """Make the batches of one invocation, jobs and items in the order in which they first came."""
    jobs: dict[JobKey, list[Item]] = {}
    for item in items:
        jobs.setdefault(item.job, []).append(item)
    for job, wanted in jobs.items():
        for chunk in batched(wanted, limit, strict=False):
            yield Batch(job, chunk)
