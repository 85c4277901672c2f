"""Runs the deliveries of many jobs at once, on few threads, so that none holds up the others."""

import heapq
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from export_adapter.deadline import Deadline
from export_adapter.deliver.job import Steps

_NOW: Final = float("-inf")


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """One job's delivery under way. Runs that have not begun come before those that paused."""

    due: float
    order: int
    steps: Steps[None] = field(compare=False)
    on_bug: Callable[[Exception], None] = field(compare=False)


class Schedule:
    """Runs that wait for their turn, shared by the threads that carry them on."""

    def __init__(
        self, jobs: Iterable[tuple[Steps[None], Callable[[Exception], None]]], deadline: Deadline
    ) -> None:
        self._deadline = deadline
        self._waiting = [Run(_NOW, order, steps, on_bug) for order, (steps, on_bug) in enumerate(jobs)]
        self._unfinished = len(self._waiting)
        self._changed = threading.Condition()

    def run(self, threads: int, sleep: Callable[[float], None]) -> None:
        """Carry on all runs until each has ended or the deadline has passed.

        With one thread nothing runs beside the caller, and pauses go through `sleep`. With more, a thread
        that is stuck at the deadline is left behind: it starts no further request.
        """
        threads = min(threads, self._unfinished)
        if threads <= 1:
            self._work(sleep)
            return
        for number in range(threads):
            threading.Thread(
                target=self._work, args=(self._pause,), name=f"deliver-{number}", daemon=True
            ).start()
        with self._changed:
            while self._unfinished and self._deadline.remaining() > 0:
                self._changed.wait(self._deadline.remaining())

    def _work(self, pause: Callable[[float], None]) -> None:
        while (run := self._next(pause)) is not None:
            try:
                wanted = next(run.steps)
            except StopIteration:
                self._end()
            except Exception as bug:  # noqa: BLE001 -- a bug met by one job must not take the other jobs with it
                run.on_bug(bug)
                self._end()
            else:
                self._put_back(run, wanted)

    def _next(self, pause: Callable[[float], None]) -> Run | None:
        """Take the run whose turn it is; None once there is nothing left to do or no time to do it."""
        with self._changed:
            while self._unfinished and self._deadline.remaining() > 0:
                now = self._deadline.clock()
                if self._waiting and self._waiting[0].due <= now:
                    return heapq.heappop(self._waiting)
                seconds = self._deadline.remaining()
                if self._waiting:
                    seconds = min(seconds, self._waiting[0].due - now)
                pause(seconds)
            return None

    def _pause(self, seconds: float) -> None:
        self._changed.wait(seconds)

    def _put_back(self, run: Run, wanted: float) -> None:
        with self._changed:
            later = Run(self._deadline.clock() + wanted, run.order, run.steps, run.on_bug)
            heapq.heappush(self._waiting, later)
            self._changed.notify()

    def _end(self) -> None:
        with self._changed:
            self._unfinished -= 1
            self._changed.notify_all()
