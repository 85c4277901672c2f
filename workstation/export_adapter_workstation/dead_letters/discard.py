"""Removes dead letters for good, but keeps them in a file first."""

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Final, cast

from export_adapter.results import Json
from export_adapter_workstation.dead_letters.hold import Hold
from export_adapter_workstation.dead_letters.letter import Attribute, DeadLetter, Described
from export_adapter_workstation.dead_letters.outgoing import Outgoing

_AT_ONCE: Final = 10
_FORMAT: Final = "export-adapter discarded 1"


class KeptFileError(Exception):
    """The file for what is removed cannot be written, or one that was cannot be read; nothing was removed."""


@dataclass(slots=True)
class DiscardReport:
    """What was removed; counted as it happens."""

    removed: int = 0
    not_removed: int = 0
    stopped: bool = False


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
            file.writelines(f"{json.dumps(_as_json(letter))}\n" for letter in letters)
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as failed:
        raise KeptFileError(f"{path} cannot be written: {failed.strerror}. Nothing was removed.") from failed


def kept(path: Path) -> Iterator[Outgoing]:
    """Yield what a file of removed letters holds, as messages for the main queue.

    Raises:
        KeptFileError: It is no such file.
    """
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                yield _outgoing(line, f"{path} line {number}")
    except (OSError, UnicodeDecodeError) as failed:
        raise KeptFileError(f"{path} cannot be read: {failed}") from failed


def discard(
    hold: Hold,
    letters: Sequence[Described],
    report: DiscardReport,
    *,
    stopped: Callable[[], bool] = lambda: False,
    done: Callable[[int], None] = lambda _letters: None,
) -> None:
    """Remove letters from the queue, until `stopped` says so. What was done goes into `report`."""
    for some in batched(letters, _AT_ONCE, strict=False):
        if stopped():
            report.stopped = True
            return
        ids = [one.letter.message_id for one in some]
        gone = hold.delete(hold.claim(ids))
        report.removed += len(gone)
        report.not_removed += len(ids) - len(gone)
        done(len(some))


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


def _outgoing(line: str, where: str) -> Outgoing:
    try:
        raw = cast("dict[str, Json]", json.loads(line))
        attributes = cast("dict[str, dict[str, str | None]]", raw["attributes"])
        if raw["format"] != _FORMAT:
            raise KeptFileError(f"{where} is in a format that this version does not know.")
        return Outgoing(
            body=str(raw["body"]),
            attributes={
                name: Attribute(
                    str(one["dataType"]),
                    one["text"],
                    base64.b64decode(one["base64"]) if one["base64"] is not None else None,
                )
                for name, one in attributes.items()
            },
            message_group_id=cast("str | None", raw["messageGroupId"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise KeptFileError(f"{where} is no line of a file of removed dead letters.") from wrong
