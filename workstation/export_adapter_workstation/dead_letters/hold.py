"""Looking at the dead-letter queue without taking anything off it."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from types import TracebackType
from typing import Final, Self

from botocore.exceptions import BotoCoreError, ClientError

from export_adapter_workstation.dead_letters.letter import DeadLetter, Described
from export_adapter_workstation.dead_letters.queues import DeadLetterQueue, Received

MOST_LETTERS: Final = 100_000
"""Looked at in one go: SQS hides no more than 120,000 messages of a queue at a time."""

MOST_BYTES: Final = 256 * 1024 * 1024
"""Of bodies kept in one go."""

CLAIM_SECONDS: Final = 30
"""How long letters stay hidden that are about to be sent."""

_AT_ONCE: Final = 10
_LEAST_SECONDS: Final = 30
_MOST_SECONDS: Final = 3600
_LETTERS_A_SECOND: Final = 20
_EMPTY_RECEIVES: Final = 3
"""After so many in a row there is nothing more to see, although SQS counted more."""


class RedrivingError(Exception):
    """Looking would move messages on: the dead-letter queue has a redrive policy of its own."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a look at the queue found.

    `looked_at` counts all messages, the wanted ones and the others. `is_all` is False where a bound ended
    the look. `hidden` are those that somebody else held when it began.
    """

    letters: tuple[Described, ...]
    looked_at: int
    is_all: bool
    hidden: int


@dataclass(frozen=True, slots=True)
class _Held:
    receipt_handle: str
    until: float


class Hold:
    """Hides letters from others while they are looked at, and shows them again at the end.

    Received letters are hidden for half a minute, longer where there are hundreds; whatever ends this
    process, they come back after that by themselves. The dead-letter queue has no redrive of its own, so
    its receive counts mean nothing. `clock` is monotonic, in seconds.
    """

    def __init__(self, queue: DeadLetterQueue, clock: Callable[[], float]) -> None:
        self._queue = queue
        self._clock = clock
        self._held: dict[str, _Held] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.put_back(list(self._held))

    def gather(
        self,
        describe: Callable[[DeadLetter], Described],
        wanted: Callable[[Described], bool],
        looked_at: Callable[[int, int], None] = lambda _done, _total: None,
        enough: int = MOST_LETTERS,
    ) -> Gathered:
        """Look at every message, hold on to the wanted ones, and show the others again.

        Args:
            describe: Reads a letter.
            wanted: Whether a letter is to be held.
            looked_at: Told how many of about how many it has looked at.
            enough: Ends the look early, once so many wanted ones are held.

        Raises:
            RedrivingError: The queue would move what is received too often to another one.
        """
        counts = self._queue.counts()
        if counts.redrives_to:
            raise RedrivingError(
                f"The dead-letter queue has a redrive policy of its own, to {counts.redrives_to}. "
                "Looking at messages would drive them there. Remove the policy first; doctor says how."
            )
        seconds = hidden_seconds(counts.visible)
        letters: dict[str, Described] = {}
        seen: set[str] = set()
        size = empty = 0
        received: Sequence[Received] = ()
        while len(seen) < MOST_LETTERS and len(letters) < enough and size < MOST_BYTES:
            asked_at = self._clock()
            received = self._queue.receive(seconds)
            new = [one for one in received if one.letter.message_id not in seen]
            for one in received:
                # The latest handle is the one that works.
                self._held[one.letter.message_id] = _Held(one.receipt_handle, asked_at + seconds)
            for one in new:
                found = describe(one.letter)
                seen.add(one.letter.message_id)
                if wanted(found):
                    letters[one.letter.message_id] = found
                    size += len(one.letter.body)
            empty = 0 if new else empty + 1
            looked_at(len(seen), max(counts.visible, len(seen)))
            if empty == (1 if len(seen) >= counts.visible else _EMPTY_RECEIVES):
                break
        self.put_back(seen - set(letters))
        # What only comes round again says nothing about what else there is.
        is_all = len(seen) >= counts.visible if received else empty > 0
        hidden = max(0, counts.total - len(seen)) if is_all else 0
        return Gathered(tuple(letters.values()), len(seen), is_all, min(hidden, counts.in_flight))

    @property
    def longest(self) -> float:
        """Seconds until the last held letter would come back by itself."""
        return max((held.until - self._clock() for held in self._held.values()), default=0.0)

    def claim(self, letter_ids: Iterable[str]) -> frozenset[str]:
        """Hide held letters for another half minute; return those that were not let go of in between."""
        now = self._clock()
        ours = [each for each in letter_ids if each in self._held and self._held[each].until > now]
        claimed: set[str] = set()
        for some in batched(ours, _AT_ONCE, strict=False):
            handles = {self._held[each].receipt_handle: each for each in some}
            for handle in self._queue.hide(list(handles), CLAIM_SECONDS):
                held = self._held[handles[handle]]
                self._held[handles[handle]] = replace(held, until=now + CLAIM_SECONDS)
                claimed.add(handles[handle])
        return frozenset(claimed)

    def keep(self, letter_ids: Collection[str]) -> None:
        """Claim those of some letters that would come back soon."""
        soon = self._clock() + CLAIM_SECONDS / 2
        self.claim(each for each in letter_ids if each in self._held and self._held[each].until < soon)

    def delete(self, letter_ids: Iterable[str]) -> frozenset[str]:
        """Remove held letters from the queue; return those that are gone."""
        gone: set[str] = set()
        ours = [each for each in letter_ids if each in self._held]
        for some in batched(ours, _AT_ONCE, strict=False):
            handles = {self._held[each].receipt_handle: each for each in some}
            gone.update(handles[handle] for handle in self._queue.delete(list(handles)))
        for each in gone:
            del self._held[each]
        return frozenset(gone)

    def put_back(self, letter_ids: Iterable[str]) -> None:
        """Show held letters again. Where that fails they come back by themselves."""
        ours = [each for each in letter_ids if each in self._held]
        for some in batched(ours, _AT_ONCE, strict=False):
            with contextlib.suppress(ClientError, BotoCoreError):
                self._queue.hide([self._held[each].receipt_handle for each in some], 0)
        for each in ours:
            del self._held[each]


def hidden_seconds(letters: int) -> int:
    """Return for how long received letters are hidden: about as long as it takes to look at them all."""
    return min(_LEAST_SECONDS + letters // _LETTERS_A_SECOND, _MOST_SECONDS)
