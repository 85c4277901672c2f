"""How much of the invocation is left: nothing may be started that could not be settled in time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

type Clock = Callable[[], float]
"""Seconds that only ever grow, such as time.monotonic."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point on `clock` at which work must be over."""

    clock: Clock
    at: float

    def remaining(self) -> float:
        """Seconds left; negative once the deadline has passed."""
        return self.at - self.clock()

    def earlier(self, seconds: float) -> "Deadline":
        """Return the deadline that leaves `seconds` for what comes after."""
        return Deadline(self.clock, self.at - seconds)

    def within(self, seconds: float) -> "Deadline":
        """Return the deadline that is at most `seconds` from now."""
        return Deadline(self.clock, min(self.at, self.clock() + seconds))


ENDLESS: Final = Deadline(lambda: 0.0, 1.0)
"""A deadline that never comes."""
