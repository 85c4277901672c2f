"""What the tool needs of the two queues and of the function's log. Nothing here knows SQS."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from export_adapter_workstation.dead_letters.letter import DeadLetter
from export_adapter_workstation.dead_letters.outgoing import Outgoing


class NoAnswerError(Exception):
    """Nobody knows whether a request took effect: there was no answer, or a server's error."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages a queue holds, about; SQS is right only after a minute of rest.

    `redrives_to` is the ARN of the queue that messages are moved to after some receives, if any.
    """

    visible: int
    in_flight: int
    delayed: int = 0
    redrives_to: str | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return self.visible + self.in_flight + self.delayed


@dataclass(frozen=True, slots=True)
class Received:
    """A dead letter, with the handle by which it is hidden, shown again or removed."""

    letter: DeadLetter
    receipt_handle: str


@dataclass(frozen=True, slots=True)
class SendAnswer:
    """Which messages the queue took, by their place, and why it refused the others, by its code."""

    sent: frozenset[int] = frozenset()
    refused: Mapping[int, str] = field(default_factory=dict[int, str])


@dataclass(frozen=True, slots=True)
class SeenCopies:
    """Replay ids that were seen on the main queue. `all_seen`: nothing on it was out of sight."""

    found: frozenset[str]
    all_seen: bool


@dataclass(frozen=True, slots=True)
class EndedCopies:
    """Replay ids whose copies were delivered or parked, by the function's log.

    `complete`: the log would tell of every one that was.
    """

    ended: frozenset[str]
    complete: bool


class DeadLetterQueue(Protocol):
    """The dead-letter queue. At most ten handles at a time."""

    def receive(self, hidden_seconds: int) -> Sequence[Received]:
        """Receive up to ten messages, hidden from others for so long; none where none was found."""
        ...

    def hide(self, receipt_handles: Sequence[str], seconds: int) -> frozenset[str]:
        """Hide messages for so long from now, or show them again (0); return those that it worked for."""
        ...

    def delete(self, receipt_handles: Sequence[str]) -> frozenset[str]:
        """Remove messages; return those that are gone."""
        ...

    def counts(self) -> Counts:
        """Count what is on the queue."""
        ...


class MainQueue(Protocol):
    """The queue that the function consumes."""

    def send(self, messages: Sequence[Outgoing]) -> SendAnswer:
        """Send messages that fit in one request; never twice.

        Raises:
            NoAnswerError: They may or may not be on the queue.
        """
        ...

    def copies(self, replay_ids: Collection[str]) -> SeenCopies:
        """Look for copies among the messages that wait. Costs each message seen one receive of its five."""
        ...

    def counts(self) -> Counts:
        """Count what is on the queue."""
        ...


class FunctionLog(Protocol):
    """What the function logged."""

    def ended(self, replay_ids: Collection[str], since: datetime) -> EndedCopies:
        """Look for copies that came to their end."""
        ...
