"""Handling events with one job of 300 entries at Pleo, and looking at what came of them."""

import json

from export_adapter.model import Json
from tests.fakes.adapter import FakeAdapter
from tests.fakes.messages import entry, job


def with_a_job(adapter: FakeAdapter) -> FakeAdapter:
    adapter.pleo.hold(job(), *(entry(number) for number in range(300)))
    return adapter


def held(adapter: FakeAdapter, number: int = 1) -> dict[str, str]:
    return adapter.pleo.jobs[job()].held[entry(number)]


def run(adapter: FakeAdapter, *records: Json, seconds: float = 60.0) -> list[str]:
    """Handle an event; return what goes back to the queue."""
    report = adapter.run(*records, seconds=seconds)
    assert adapter.pleo.violations == []
    assert adapter.dead_letters.illegal == []
    return report.settlement.batch_item_failures


def parked(adapter: FakeAdapter) -> list[tuple[str, list[Json]]]:
    """What is on the dead-letter queue: why, and which results."""
    return [
        (one.attributes["errorType"], json.loads(one.body)["results"])
        for one in adapter.dead_letters.messages
    ]
