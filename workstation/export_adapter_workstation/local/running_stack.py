"""The file by which the other commands find the stack that `export-adapter up` runs, one at a time."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, cast

from export_adapter_workstation.local.adapter import LocalAdapter
from export_adapter_workstation.local.aws import EmbeddedAws, StackOutputs
from export_adapter_workstation.project import ROOT

NOTE: Final = ROOT / ".run" / "up.json"


class NothingRunningError(Exception):
    """No `make up` runs in this project."""


class AlreadyRunningError(Exception):
    """Another `make up` runs in this project."""


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A stack on an embedded AWS that another process keeps running."""

    aws: EmbeddedAws
    outputs: StackOutputs
    pleo_url: str


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Let no other process run `make up` in this project during the block.

    Raises:
        AlreadyRunningError: Another one does.
    """
    NOTE.parent.mkdir(exist_ok=True)
    # The system releases the lock when the process ends, however it ends.
    with NOTE.with_suffix(".lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as locked:
            raise AlreadyRunningError(
                "`make up` is running already in this project. Use that one, or end it first: Ctrl-C there."
            ) from locked
        yield


@contextlib.contextmanager
def noted(adapter: LocalAdapter) -> Iterator[None]:
    """Keep the file during the block."""
    note = {
        "process": os.getpid(),
        "port": adapter.stack.aws.port,
        "directory": str(adapter.stack.aws.directory),
        "outputs": asdict(adapter.stack.outputs),
        "pleoUrl": adapter.pleo.url,
    }
    NOTE.write_text(json.dumps(note, indent=2), encoding="utf-8")
    try:
        yield
    finally:
        NOTE.unlink(missing_ok=True)


def running_stack() -> RunningStack:
    """Find the stack that `make up` keeps running.

    Raises:
        NothingRunningError: There is none.
    """
    try:
        note = json.loads(NOTE.read_text(encoding="utf-8"))
        os.kill(note["process"], 0)
    except (OSError, ValueError) as missing:
        raise NothingRunningError("Nothing is running. Start it in another terminal: make up") from missing
    return RunningStack(
        aws=EmbeddedAws(port=note["port"], directory=Path(note["directory"])),
        outputs=StackOutputs(**cast("dict[str, str]", note["outputs"])),
        pleo_url=note["pleoUrl"],
    )
