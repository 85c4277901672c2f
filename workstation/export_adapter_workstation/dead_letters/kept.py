"""The file of what `discard` removes: the letters as they are, then line by line what became of each.

Only what the file itself says was removed is ever sent from it. The letters are all written before the
first one is removed, so of themselves they say nothing; a run that dies may have removed none of them.
"""

import base64
import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, cast

from export_adapter.model import Json
from export_adapter_workstation.dead_letters.journal import (
    DurableFile,
    Journal,
    JournalAsItIs,
    JournalError,
    JournalFile,
)
from export_adapter_workstation.dead_letters.letter import Attribute, DeadLetter

_FORMAT: Final = "export-adapter discarded 2"


class KeptFileError(Exception):
    """The file for what is removed cannot be written, or one that was cannot be read."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The letters of a file by their id, and what became of each."""

    letters: Mapping[str, DeadLetter]
    marks: Journal


def keep(letters: Iterable[DeadLetter], path: Path) -> None:
    """Write letters to a new file, one on each line; they are on disk when this returns.

    The file holds the messages as they are, with whatever is private in them: nobody else may read it.

    Raises:
        KeptFileError: There is such a file already, or it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines_of(letters))
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as failed:
        raise KeptFileError(f"{path} cannot be written: {failed.strerror}. Nothing was removed.") from failed


def lines_of(letters: Iterable[DeadLetter]) -> Iterator[str]:
    """Return the lines that keep letters."""
    return (json.dumps(_as_json(letter)) for letter in letters)


@contextlib.contextmanager
def kept_file(path: Path, now: Callable[[], float]) -> Iterator[Kept]:
    """Open a file of discarded letters, to note in it what becomes of them.

    Raises:
        KeptFileError: It is no such file, or it cannot be written.
    """
    # Opened for writing it would be made where it is not there.
    kept_as_it_is(path, now)
    try:
        file = DurableFile(path)
    except OSError as failed:
        raise KeptFileError(f"{path} cannot be written: {failed.strerror}.") from failed
    try:
        yield kept_in(file, now, str(path))
    finally:
        file.close()


def kept_as_it_is(path: Path, now: Callable[[], float]) -> Kept:
    """Read a file of discarded letters, and leave it as it is.

    Raises:
        KeptFileError: It is no such file.
    """
    if not path.is_file():
        raise KeptFileError(f"{path} is no file.")
    try:
        return kept_in(JournalAsItIs(path), now, str(path))
    except JournalError as failed:
        raise KeptFileError(f"{path} cannot be read: {failed}") from failed


def kept_in(file: JournalFile, now: Callable[[], float], name: str) -> Kept:
    """Read what a file holds.

    Raises:
        KeptFileError: It is no file of discarded letters.
    """
    letters: dict[str, DeadLetter] = {}
    marks: list[str] = []
    for number, line in enumerate(file.lines(), 1):
        found = _read(line, f"{name} line {number}")
        if isinstance(found, DeadLetter):
            letters[found.message_id] = found
        else:
            marks.append(found)
    try:
        return Kept(letters, Journal(_Marks(file, marks), now, kept_seconds=None))
    except JournalError as broken:
        raise KeptFileError(f"{name} does not say in full what became of its messages.") from broken


@dataclass(frozen=True, slots=True)
class _Marks:
    """The lines of the file that are no letters."""

    file: JournalFile
    marks: list[str]

    def lines(self) -> list[str]:
        return self.marks

    def append(self, line: str) -> None:
        self.file.append(line)

    def replace(self, lines: Iterable[str]) -> None:
        raise AssertionError(lines)


def _as_json(letter: DeadLetter) -> Json:
    return {
        "format": _FORMAT,
        "messageId": letter.message_id,
        "sentAt": letter.sent_at.isoformat(),
        "movedBySqs": letter.moved_by_sqs,
        "messageGroupId": letter.message_group_id,
        "attributes": {
            name: {
                "dataType": one.data_type,
                "text": one.text,
                "base64": base64.b64encode(one.binary).decode() if one.binary is not None else None,
            }
            for name, one in letter.attributes.items()
        },
        "body": letter.body,
    }


def _read(line: str, where: str) -> DeadLetter | str:
    """Return the letter of a line, or the line itself where it says what became of letters."""
    try:
        raw = cast("dict[str, Json]", json.loads(line))
        if "step" in raw:
            return line
        attributes = cast("dict[str, dict[str, str | None]]", raw["attributes"])
        if raw["format"] != _FORMAT:
            raise KeptFileError(f"{where} is in a format that this version does not know.")
        return DeadLetter(
            message_id=str(raw["messageId"]),
            body=str(raw["body"]),
            sent_at=datetime.fromisoformat(str(raw["sentAt"])),
            attributes={
                name: Attribute(
                    str(one["dataType"]),
                    one["text"],
                    base64.b64decode(one["base64"]) if one["base64"] is not None else None,
                )
                for name, one in attributes.items()
            },
            message_group_id=cast("str | None", raw["messageGroupId"]),
            moved_by_sqs=raw["movedBySqs"] is True,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise KeptFileError(f"{where} is no line of a file of removed dead letters.") from wrong
