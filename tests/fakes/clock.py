"""Time that moves only when a test moves it."""

from export_adapter.deadline import Deadline


class FakeClock:
    """A monotonic clock; sleeping on it takes no time."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += max(0.0, seconds)

    def deadline(self, seconds: float) -> Deadline:
        """A deadline so many seconds from now."""
        return Deadline(self, self.now + seconds)
