"""The terminal statuses that this environment has sent: nothing that counts less may follow them."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from export_adapter.item import Item
from export_adapter.model import JobKey
from export_adapter.precedence import SOME_FINAL, Precedence, precedence_of

MOST_ENTRIES: Final = 50_000
"""Some 20 MiB; the oldest are forgotten first."""


class TerminalMemory:
    """A bounded set of entries that outlives an invocation and is safe to share between threads.

    Where companies have secrets of their own, what one of them sends for another's job says nothing of that
    job: `by_company` keeps them apart. Where one secret serves all, a job is the same whoever names it.
    """

    def __init__(self, most: int = MOST_ENTRIES, *, by_company: bool = True) -> None:
        self._most = most
        self._by_company = by_company
        self._sent: OrderedDict[tuple[JobKey, str], Precedence] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, items: Iterable[Item]) -> None:
        """Remember those of the items that carry a terminal status.

        To be called before they are sent: whether a request without an answer was acted on is not known.
        """
        with self._lock:
            for item in items:
                if item.result.status.is_terminal:
                    key = self._key(item)
                    self._sent.setdefault(key, SOME_FINAL)
                    self._sent.move_to_end(key)
            while len(self._sent) > self._most:
                self._sent.popitem(last=False)

    def confirm(self, items: Iterable[Item]) -> None:
        """Remember that Pleo took items.

        Only then is an older terminal status superseded: the newer one may yet be refused and parked, and if
        the older one were gone by then, Pleo would be told neither.
        """
        with self._lock:
            for item in items:
                if item.result.status.is_terminal and (key := self._key(item)) in self._sent:
                    self._sent[key] = precedence_of(item)

    def superseded(self, items: Iterable[Item]) -> list[Item]:
        """Return those of the items that must not be sent, because what was sent before counts more."""
        with self._lock:
            sent = [(item, self._sent.get(self._key(item))) for item in items]
        return [item for item, before in sent if before is not None and precedence_of(item) < before]

    def _key(self, item: Item) -> tuple[JobKey, str]:
        job = item.job if self._by_company else JobKey(item.job.export_job_id)
        return job, item.result.accounting_entry_id
