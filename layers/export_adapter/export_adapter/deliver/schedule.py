"""Runs the deliveries of many jobs at once, on few threads, so that none delays the others."""

import heapq
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from export_adapter.deadline import Deadline
from export_adapter.deliver.job import Steps

_NOW: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class Task:
    """One job's delivery: its steps, and what is called with an exception that they raise.

    Companies share the threads evenly.
    """

    company_id: str | None
    steps: Steps[None]
    on_bug: Callable[[Exception], None]


@dataclass(frozen=True, slots=True, order=True)
class _Turn:
    """When a task may be carried on. Those that have not begun come before those that paused."""

    due: float
    order: int
    task: Task = field(compare=False)


class Schedule:
    """Tasks that wait for their turn, shared by the threads that carry them on."""

    def __init__(self, tasks: Iterable[Task], deadline: Deadline) -> None:
        self._deadline = deadline
        self._waiting: dict[str | None, list[_Turn]] = defaultdict(list)
        for order, task in enumerate(tasks):
            self._waiting[task.company_id].append(_Turn(_NOW, order, task))
        self._busy: Counter[str | None] = Counter()
        self._unfinished = sum(len(turns) for turns in self._waiting.values())
        self._changed = threading.Condition()

    def run(self, threads: int, sleep: Callable[[float], None]) -> None:
        """Carry on all tasks until each has ended or the deadline has passed.

        With `threads` at 1 nothing runs beside the caller, and pauses go through `sleep`. With more, a thread
        that is stuck at the deadline is left behind: it starts no further request.
        """
        if threads <= 1:
            self._work(sleep)
            return
        for number in range(min(threads, self._unfinished)):
            threading.Thread(
                target=self._work, args=(self._pause,), name=f"deliver-{number}", daemon=True
            ).start()
        with self._changed:
            while self._unfinished and self._deadline.remaining() > 0:
                self._changed.wait(self._deadline.remaining())

    def _work(self, pause: Callable[[float], None]) -> None:
        while (turn := self._next(pause)) is not None:
            try:
                wanted = next(turn.task.steps)
            except StopIteration:
                self._end(turn)
            except Exception as bug:  # noqa: BLE001 -- a bug met by one job must not take the other jobs with it
                turn.task.on_bug(bug)
                self._end(turn)
            else:
                self._reschedule(turn, wanted)

    def _next(self, pause: Callable[[float], None]) -> _Turn | None:
        """Take the task whose turn it is; None once there is nothing left to do or no time to do it."""
        with self._changed:
            while self._unfinished and self._deadline.remaining() > 0:
                now = self._deadline.clock()
                first = [turns[0] for turns in self._waiting.values() if turns]
                if due := [turn for turn in first if turn.due <= now]:
                    return self._take(min(due, key=self._precedence))
                wanted = min([self._deadline.remaining(), *(turn.due - now for turn in first)])
                pause(max(0.0, wanted))  # the deadline may have passed since the loop looked
            return None

    def _precedence(self, turn: _Turn) -> tuple[int, _Turn]:
        """Prefer the company with the fewest threads: one whose requests hang cannot take them all."""
        return self._busy[turn.task.company_id], turn

    def _take(self, turn: _Turn) -> _Turn:
        self._busy[turn.task.company_id] += 1
        return heapq.heappop(self._waiting[turn.task.company_id])

    def _pause(self, seconds: float) -> None:
        self._changed.wait(seconds)

    def _reschedule(self, turn: _Turn, wanted: float) -> None:
        with self._changed:
            self._busy[turn.task.company_id] -= 1
            later = _Turn(self._deadline.clock() + wanted, turn.order, turn.task)
            heapq.heappush(self._waiting[turn.task.company_id], later)
            self._changed.notify_all()

    def _end(self, turn: _Turn) -> None:
        with self._changed:
            self._busy[turn.task.company_id] -= 1
            self._unfinished -= 1
            self._changed.notify_all()
