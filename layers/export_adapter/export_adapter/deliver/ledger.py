"""The outcomes of the items of one job while they are being delivered, and the requests made for them."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from export_adapter.item import Item
from export_adapter.model import Bug, Outcome


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to Pleo, for metrics. `status` is None where there was no answer.

    `attempt` counts from 1; `seconds` is what the request took. `went_wrong` is for what lies with Pleo, the
    network or a setting: neither with an item, as a 422 does, nor with one company's credentials.
    """

    method: str
    items: int
    status: int | None
    seconds: float
    attempt: int = 1
    went_wrong: bool = False


class Ledger:
    """What happens while one job is delivered: outcomes of its items, requests and bugs.

    A thread that is still busy when the invocation ends writes while another reads; so both take the lock.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._bugs: list[Bug] = []

    def enter(self, items: Iterable[Item], outcome: Outcome) -> None:
        """Set what became of items. What is set first stays: an outcome is final."""
        with self._lock:
            for item in items:
                item.finish(outcome)

    def unsettled(self, items: Iterable[Item]) -> tuple[Item, ...]:
        """Return the items that have no outcome yet."""
        with self._lock:
            return tuple(item for item in items if not item.has_outcome)

    def count(self, exchange: Exchange) -> None:
        """Write down a request."""
        with self._lock:
            self._exchanges.append(exchange)

    def note(self, bug: Bug) -> None:
        """Write down a bug."""
        with self._lock:
            self._bugs.append(bug)

    def exchanges(self) -> tuple[Exchange, ...]:
        """Return the requests made so far."""
        with self._lock:
            return tuple(self._exchanges)

    def bugs(self) -> tuple[Bug, ...]:
        """Return the bugs met so far."""
        with self._lock:
            return tuple(self._bugs)
