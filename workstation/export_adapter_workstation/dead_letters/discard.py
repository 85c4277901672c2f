"""Removes messages from the dead-letter queue; each is on disk in an archive file before it is deleted.

The archive has one JSON object on a line for each message. Files of earlier versions also have lines with a
`step`, which say what became of messages; they are skipped.
"""

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast

from export_adapter.model import Json
from export_adapter.parked_message import Attribute, DeadLetter
from export_adapter_workstation.dead_letters.replay import Report, Selected
from export_adapter_workstation.dead_letters.scan import Scan

_FORMAT: Final = "export-adapter discarded 2"
_FORMAT_OF_ANY_VERSION: Final = b'{"format": "export-adapter discarded'


class ArchiveError(Exception):
    """The archive cannot be written, or an existing one cannot be read. The message says why."""


class Archive:
    """A new file, made when the first message is written. Only its owner may read it.

    Raises:
        ArchiveError: There is such a file already, or it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    @property
    def is_written(self) -> bool:
        """Whether there is a file."""
        return self._descriptor is not None

    def write(self, dead_letters: Iterable[DeadLetter]) -> None:
        """Append messages; file and folder are synced when this returns."""
        rest = "".join(f"{json.dumps(_as_json(dead_letter))}\n" for dead_letter in dead_letters).encode()
        try:
            descriptor = self._opened()
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError as failed:
            raise ArchiveError(f"{self.path} cannot be written: {failed.strerror}.") from failed

    def _opened(self) -> int:
        if self._descriptor is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return self._descriptor


def plan(scan: Scan, selected: Selected, report: Report) -> None:
    """Count what a discard would delete; nothing is deleted."""
    for batch in scan.batches():
        for message in selected(batch):
            report.add(message.facts)


def discard(
    scan: Scan,
    selected: Selected,
    archive: Archive,
    report: Report,
    *,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Archive and delete what is selected, until `stopped` says so. What was done is counted in `report`.

    Raises:
        ArchiveError: The archive cannot be written; what is not in it stays on the queue.
    """
    for batch in scan.batches():
        if stopped():
            report.stopped = True
            return
        messages = list(selected(batch))
        if not messages:
            continue
        archive.write(message.dead_letter for message in messages)
        deleted = scan.delete(message.dead_letter.message_id for message in messages)
        for message in messages:
            if message.dead_letter.message_id in deleted:
                report.add(message.facts)
        report.not_deleted += len(messages) - len(deleted)


def is_archive(path: Path) -> bool:
    """Whether a file was written by `discard`, of this version or an earlier one."""
    with path.open("rb") as file:
        return file.read(len(_FORMAT_OF_ANY_VERSION)) == _FORMAT_OF_ANY_VERSION


def archived(path: Path) -> Iterator[DeadLetter]:
    """Yield the messages of an archive one by one.

    A last line without its end is skipped: its message was not deleted.

    Raises:
        ArchiveError: A line cannot be read.
    """
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            dead_letter = _read(line, f"line {number}")
            if dead_letter:
                yield dead_letter


def _as_json(dead_letter: DeadLetter) -> Json:
    return {
        "format": _FORMAT,
        "messageId": dead_letter.message_id,
        "sentAt": dead_letter.sent_at.isoformat(),
        "movedBySqs": dead_letter.moved_by_sqs,
        "messageGroupId": dead_letter.message_group_id,
        "attributes": {
            name: {
                "dataType": one.data_type,
                "text": one.text,
                "base64": base64.b64encode(one.binary).decode() if one.binary is not None else None,
            }
            for name, one in dead_letter.attributes.items()
        },
        "body": dead_letter.body,
    }


def _read(line: bytes, where: str) -> DeadLetter | None:
    """Return the message of a line; None where it only says what became of others."""
    try:
        raw = cast("dict[str, Json]", json.loads(line))
        if "step" in raw:
            return None
        if raw["format"] != _FORMAT:
            raise ArchiveError(f"{where} is in a format that this version does not know.")
        attributes = cast("dict[str, dict[str, str | None]]", raw["attributes"])
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
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
        raise ArchiveError(f"{where} is not a message that `discard` wrote.") from wrong
