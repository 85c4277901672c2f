"""Items become batches: one job of one company in each, and no more items than Pleo takes at once."""

from collections.abc import Iterable
from itertools import batched
from typing import Final

from export_adapter.item import Item
from export_adapter.model import JobKey

MAX_ITEMS: Final = 100
"""What Pleo takes in one PUT, in every version (docs/delivery.md)."""

type Batch = tuple[Item, ...]
"""What goes to Pleo in one PUT."""


def batches(items: Iterable[Item], limit: int = MAX_ITEMS) -> dict[JobKey, list[Batch]]:
    """Return the batches of each job, jobs and items in the order in which they first came."""
    jobs: dict[JobKey, list[Item]] = {}
    for item in items:
        jobs.setdefault(item.job, []).append(item)
    return {job: list(batched(wanted, limit, strict=False)) for job, wanted in jobs.items()}
