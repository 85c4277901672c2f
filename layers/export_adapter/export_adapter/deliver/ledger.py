"""The outcomes of the items of one job while they are being delivered, and the requests made for them."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from export_adapter.model import Item, Outcome


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
    """The outcomes of one job's items, by entry. One thread writes, another may read at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outcomes: dict[str, Outcome] = {}
        self._exchanges: list[Exchange] = []

    def enter(self, items: Iterable[Item], outcome: Outcome) -> None:
        """Write down what became of items. What is written first stays: an outcome is final."""
        with self._lock:
            for item in items:
                self._outcomes.setdefault(item.update.accounting_entry_id, outcome)

    def unsettled(self, items: Iterable[Item]) -> tuple[Item, ...]:
        """Return the items that have no outcome yet."""
        with self._lock:
            return tuple(item for item in items if item.update.accounting_entry_id not in self._outcomes)

    def count(self, exchange: Exchange) -> None:
        """Write down a request."""
        with self._lock:
            self._exchanges.append(exchange)

    def outcomes(self) -> Mapping[str, Outcome]:
        """Return the outcomes so far, by accounting entry."""
        with self._lock:
            return dict(self._outcomes)

    def exchanges(self) -> tuple[Exchange, ...]:
        """Return the requests made so far."""
        with self._lock:
            return tuple(self._exchanges)
