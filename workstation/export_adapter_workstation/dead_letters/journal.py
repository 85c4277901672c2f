"""The write-ahead journal of `replay`: what was about to be sent, what was sent, what was removed.

A line is on disk before the step that it announces, and after the step that it confirms. So whenever a
run ends, what it was about to send but did not confirm is known by name: those letters are in doubt.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol, cast

_KEPT_SECONDS: Final = 15 * 24 * 3600
"""Longer than the dead-letter queue keeps a message, so that none that was sent is ever sent twice."""


class JournalError(Exception):
    """The journal cannot be used; the message says why, and what to do."""


class Step(StrEnum):
    """How far a letter came. The last three stand in the file of what was discarded only (kept.py)."""

    SENDING = "sending"
    SENT = "sent"
    NOT_SENT = "not sent"
    REMOVED = "removed"
    DISCARDING = "discarding"
    DISCARDED = "discarded"
    STAYED = "stayed"


_HOLDING: Final = "holding"


@dataclass(frozen=True, slots=True)
class Noted:
    """The last step that was noted of a letter; `at` is in seconds since 1970."""

    step: Step
    at: float


class JournalFile(Protocol):
    """A file that keeps whole lines, however its writer ends."""

    def lines(self) -> list[str]:
        """Return the lines that were written whole."""
        ...

    def append(self, line: str) -> None:
        """Add a line; it is on disk when this returns."""
        ...

    def replace(self, lines: Iterable[str]) -> None:
        """Write all lines anew, all at once."""
        ...


class Journal:
    """What became of letters, by their message id.

    `now` returns seconds since 1970. What is older than `kept_seconds` is forgotten; None forgets nothing.
    """

    def __init__(
        self, file: JournalFile, now: Callable[[], float], *, kept_seconds: float | None = _KEPT_SECONDS
    ) -> None:
        self._file = file
        self._now = now
        self._kept_seconds = kept_seconds
        self._noted: dict[str, Noted] = {}
        self.held_until = 0.0
        """Until when an earlier run, should it have been killed, hides letters from this one."""
        lines = file.lines()
        for number, line in enumerate(lines, 1):
            self._read(line, number)
        self._forget_what_is_old(len(lines))

    @property
    def noted(self) -> Mapping[str, Noted]:
        """The last step of every letter."""
        return MappingProxyType(self._noted)

    @property
    def doubts(self) -> dict[str, float]:
        """The letters that were being sent when a run ended, with the time."""
        return self.at(Step.SENDING)

    def at(self, *steps: Step) -> dict[str, float]:
        """The letters whose last step is one of these, with the time of it."""
        return {each: noted.at for each, noted in self._noted.items() if noted.step in steps}

    def was_sent(self, letter_id: str) -> bool:
        """Whether a letter's copy is known to have been on the main queue."""
        noted = self._noted.get(letter_id)
        return noted is not None and noted.step in {Step.SENT, Step.REMOVED}

    def note(self, step: Step, letter_ids: Iterable[str]) -> None:
        """Note a step of some letters; nothing is written where there are none."""
        ids = list(letter_ids)
        if ids:
            self._append({"step": step, "ids": ids, "at": self._now()})

    def holding(self, seconds: float) -> None:
        """Note for how long from now letters are hidden; 0 once they are shown again."""
        self._append({"step": _HOLDING, "until": self._now() + seconds if seconds else 0})

    def _append(self, entry: dict[str, object]) -> None:
        line = json.dumps(entry)
        self._file.append(line)
        self._read(line, 0)

    def _read(self, line: str, number: int) -> None:
        try:
            entry = cast("dict[str, object]", json.loads(line))
            if entry["step"] == _HOLDING:
                self.held_until = float(str(entry["until"]))
                return
            noted = Noted(Step(str(entry["step"])), float(str(entry["at"])))
            self._noted |= dict.fromkeys((str(each) for each in cast("list[str]", entry["ids"])), noted)
        except (ValueError, KeyError, TypeError) as broken:
            raise JournalError(
                f"line {number} of the journal cannot be read. Without it a message could be sent twice. "
                "If nothing was interrupted in the last two weeks, move the file away and run this again."
            ) from broken

    def _forget_what_is_old(self, lines: int) -> None:
        if self._kept_seconds is None:
            return
        oldest = self._now() - self._kept_seconds
        kept = {
            each: noted
            for each, noted in self._noted.items()
            if noted.at >= oldest and noted.step is not Step.NOT_SENT
        }
        if lines > 1 and len(kept) < len(self._noted):
            self._noted = kept
            self._file.replace(_lines(kept))


def _lines(noted: Mapping[str, Noted]) -> Iterator[str]:
    for each, one in noted.items():
        yield json.dumps({"step": one.step, "ids": [each], "at": one.at})


def journal_path(folder: Path, queue_url: str) -> Path:
    """Return where the journal of a queue is kept, if nothing else is said."""
    name = queue_url.rpartition("/")[2][:60]
    return folder / f"replay-{name}-{hashlib.sha256(queue_url.encode()).hexdigest()[:8]}.jsonl"


@contextlib.contextmanager
def journal_file(path: Path) -> Iterator["DurableFile"]:
    """Open a journal for this process alone; it is made where it is not there.

    Raises:
        JournalError: Another process has it open, or it cannot be written.
    """
    with contextlib.ExitStack() as opened:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Not on the journal itself, which another file takes the place of when it is written anew.
            lock = opened.enter_context(path.with_name(f"{path.name}.lock").open("w", encoding="utf-8"))
            file = DurableFile(path)
            opened.callback(file.close)
        except OSError as failed:
            raise JournalError(f"it cannot be written: {failed.strerror}.") from failed
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            raise JournalError(
                "another replay, discard or send --discarded works with this journal. Wait until it ends."
            ) from taken
        yield file


@dataclass(frozen=True, slots=True)
class JournalAsItIs:
    """A JournalFile that is only read, for a plan: also while another process writes it."""

    path: Path

    def lines(self) -> list[str]:
        """Return the lines that are whole by now; none where there is no journal yet."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as failed:
            raise JournalError(f"it cannot be read: {failed.strerror}.") from failed
        return whole_lines(content)

    def append(self, line: str) -> None:
        """Nothing is noted of a plan."""

    def replace(self, lines: Iterable[str]) -> None:
        """Nothing is noted of a plan."""

    @property
    def is_in_use(self) -> bool:
        """Whether another process works with it at this moment."""
        try:
            with self.path.with_name(f"{self.path.name}.lock").open(encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False


def whole_lines(content: bytes) -> list[str]:
    """Return the lines of a file up to the last line's end; what follows was never written whole."""
    return content[: content.rfind(b"\n") + 1].decode("utf-8", "replace").splitlines()


class DurableFile:
    """A JournalFile on disk. A last line that was not written whole is cut off: its step never began."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = _opened(path)

    def lines(self) -> list[str]:
        """Return the lines; see JournalFile."""
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.ftruncate(self._descriptor, whole)
            os.fsync(self._descriptor)
        return whole_lines(content)

    def append(self, line: str) -> None:
        """Add a line; see JournalFile."""
        _write(self._descriptor, line)

    def replace(self, lines: Iterable[str]) -> None:
        """Write all lines anew; see JournalFile."""
        beside = self._path.with_name(f"{self._path.name}.new")
        beside.unlink(missing_ok=True)
        descriptor = _opened(beside)
        _write(descriptor, *lines)
        beside.replace(self._path)
        _sync_folder(self._path)
        os.close(self._descriptor)
        self._descriptor = descriptor

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def _opened(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    _sync_folder(path)
    return descriptor


def _write(descriptor: int, *lines: str) -> None:
    rest = "".join(f"{line}\n" for line in lines).encode()
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
