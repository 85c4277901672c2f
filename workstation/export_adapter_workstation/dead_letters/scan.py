"""One pass over the dead-letter queue: each message is received once, and visible again at the end."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from types import TracebackType
from typing import Final, Self

from botocore.exceptions import BotoCoreError, ClientError

from export_adapter.parked_message import MAX_ENTRIES, DeadLetter
from export_adapter_workstation.dead_letters.queue import SqsQueue

MOST_MESSAGES: Final = 100_000
"""Received in one pass: SQS allows 120,000 messages of a queue in flight."""

_LEAST_SECONDS: Final = 30
_MOST_SECONDS: Final = 3600
_MESSAGES_A_SECOND: Final = 20
_EMPTY_RECEIVES: Final = 3
"""After so many in a row the pass ends, although SQS counted more messages."""


class RedrivingError(Exception):
    """The dead-letter queue has a redrive policy: receiving its messages would move them on."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the queue a pass saw.

    `seen` counts all messages, selected or not. `is_all` is False where the pass ended early. `in_flight` are
    those that another consumer had received, and this pass did not see.
    """

    seen: int
    is_all: bool
    in_flight: int

    @property
    def is_whole(self) -> bool:
        """Whether every message of the queue was seen."""
        return self.is_all and not self.in_flight


class Scan:
    """Receives every message of the queue once. Only ids and receipt handles are kept in memory.

    A received message is hidden from other consumers for a lease of half a minute, longer where there are
    hundreds. At the end of the block those that were not deleted are made visible; if the process is killed,
    they become visible when the lease ends. The dead-letter queue has no redrive policy, so receive counts
    have no effect.

    Args:
        queue: The dead-letter queue.
        rate: Messages a second that the caller will act on, which makes the lease longer.
        progress: Called with how many messages were seen, of about how many.
    """

    def __init__(
        self,
        queue: SqsQueue,
        rate: float | None = None,
        progress: Callable[[int, int], object] = lambda _seen, _total: None,
    ) -> None:
        self._queue = queue
        self._rate = rate
        self._progress = progress
        self._handles: dict[str, str] = {}
        self._seen: set[str] = set()
        self.coverage = Coverage(0, is_all=False, in_flight=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Where this fails, the lease ends by itself.
        for handles in batched(self._handles.values(), MAX_ENTRIES, strict=False):
            with contextlib.suppress(ClientError, BotoCoreError):
                self._queue.make_visible(handles)

    def batches(self) -> Iterator[Sequence[DeadLetter]]:
        """Yield the messages of the queue, up to ten at a time, none of them twice.

        Raises:
            RedrivingError: The queue would move what is received too often to another one.
        """
        counts = self._queue.counts()
        if counts.redrives_to:
            raise RedrivingError(
                f"The dead-letter queue has a redrive policy, to {counts.redrives_to}: looking at its "
                "messages would move them there. Remove the policy first; `export-adapter doctor` says how."
            )
        seconds = lease_seconds(counts.visible, self._rate)
        empty = again = 0
        received: Mapping[str, DeadLetter] = {}
        # A message whose lease ended is received again. Once as many came again as were seen, none is new.
        while len(self._seen) < MOST_MESSAGES and again <= len(self._seen):
            received = self._queue.receive(seconds)
            # The handle of the latest receive is the valid one.
            self._handles |= {one.message_id: handle for handle, one in received.items()}
            new = {one.message_id: one for one in received.values() if one.message_id not in self._seen}
            self._seen |= new.keys()
            again = 0 if new else again + len(received)
            self.coverage = Coverage(len(self._seen), is_all=False, in_flight=0)
            self._progress(len(self._seen), max(counts.visible, len(self._seen)))
            if new:
                empty = 0
                yield tuple(new.values())
            elif not received:
                empty += 1
                if empty == (1 if len(self._seen) >= counts.visible else _EMPTY_RECEIVES):
                    break
        is_all = len(self._seen) >= counts.visible if received else empty > 0
        missing = max(0, counts.total - len(self._seen)) if is_all else 0
        self.coverage = Coverage(len(self._seen), is_all, min(missing, counts.in_flight))

    def delete(self, message_ids: Iterable[str]) -> frozenset[str]:
        """Delete messages that this pass received; return the ids of those that SQS confirms."""
        deleted: set[str] = set()
        for some in batched(message_ids, MAX_ENTRIES, strict=False):
            ids = {self._handles[each]: each for each in some}
            deleted.update(ids[handle] for handle in self._queue.delete(list(ids)))
        for each in deleted:
            del self._handles[each]
        return frozenset(deleted)


def lease_seconds(messages: int, rate: float | None = None) -> int:
    """Return how long received messages stay hidden: about as long as a pass over all of them takes."""
    acting = messages / rate if rate else 0
    return int(min(_LEAST_SECONDS + messages // _MESSAGES_A_SECOND + acting, _MOST_SECONDS))
