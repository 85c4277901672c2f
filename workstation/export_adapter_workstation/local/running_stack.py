"""The note that `export-adapter up` leaves for the other commands while it runs."""

import contextlib
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


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A stack on an embedded AWS that another process keeps running."""

    aws: EmbeddedAws
    outputs: StackOutputs
    pleo_url: str


@contextlib.contextmanager
def noted(adapter: LocalAdapter) -> Iterator[None]:
    """Leave the note for as long as the block runs."""
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
