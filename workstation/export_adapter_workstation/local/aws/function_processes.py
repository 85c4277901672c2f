"""The processes in which an embedded AWS runs functions; killing one simulates a crash on Lambda."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from export_adapter_workstation.local.aws.aws import EmbeddedAws

_PROCESSES: Final = Path("/proc")
"""Where Linux lists processes; other systems have only `ps`."""


def function_processes(aws: EmbeddedAws) -> tuple[int, ...]:
    """Return the process ids of this embedded AWS's functions, and of nothing else.

    Each runs a script below the folder that this one AWS writes its temporary files to.
    """
    scripts = f"{aws.directory / 'tmp'}{os.sep}ministack-lambda-"
    return tuple(process for process, command in _commands() if scripts in command)


def kill(process: int) -> bool:
    """End a process at once, as Lambda does at the timeout; return whether it was still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
        return True
    return False


def _commands() -> Iterator[tuple[int, str]]:
    """Yield every process of this machine that can be seen, with its command line."""
    if not (_PROCESSES / "self" / "cmdline").exists():
        yield from _commands_from_ps()
        return
    for entry in _PROCESSES.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                yield (
                    int(entry.name),
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"),
                )


def _commands_from_ps() -> Iterator[tuple[int, str]]:
    listed = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    )
    for line in listed.stdout.splitlines():
        process, _, command = line.strip().partition(" ")
        yield int(process), command
