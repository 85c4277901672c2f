"""Run the local Pleo as a process of its own, and start such a process."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from types import FrameType, TracebackType
from typing import Self

from export_adapter_workstation.local.pleo.client import LocalPleoClient, LocalPleoError
from export_adapter_workstation.local.pleo.local_pleo import LocalPleo

MODULE = "export_adapter_workstation.local.pleo"
_SECONDS_TO_START = 20.0
_SECONDS_TO_END = 5.0


def serve_until_told(port: int, *, until_stdin_closes: bool) -> None:
    """Serve, and print {"url": ...} as one line; return at SIGTERM or SIGINT.

    With until_stdin_closes return also at the end of standard input. A parent that dies closes the pipe that
    it held, so nothing is left behind. Raises OSError where the port is taken.
    """
    ended = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with LocalPleo(port=port) as pleo:
        print(json.dumps({"url": pleo.url}), flush=True)  # noqa: T201 - the line that the starter waits for
        if until_stdin_closes:
            threading.Thread(target=_set_at_end_of_stdin, args=(ended,), daemon=True).start()
        ended.wait()


class LocalPleoProcess:
    """A local Pleo in another process, as a context manager; it ends with the block, or with this process."""

    def __init__(self, *, port: int = 0, python: str = sys.executable) -> None:
        self._command = [python, "-m", MODULE, "--port", str(port), "--until-stdin-closes"]
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base URL, once it is started."""
        return self._url

    @property
    def client(self) -> LocalPleoClient:
        """A client for this server."""
        return LocalPleoClient(self._url)

    def start(self) -> None:
        """Start the process and wait until it serves. Raises LocalPleoError where it does not."""
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - own command
        line = _first_line(self._process)
        try:
            self._url = json.loads(line)["url"]
        except (ValueError, KeyError) as error:
            self.stop()
            raise LocalPleoError("The local Pleo did not start; see its messages above.") from error

    def stop(self) -> None:
        """End the process and wait for it."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.terminate()
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    if process.stdout is None:
        return b""
    ready, _, _ = select.select([process.stdout], [], [], _SECONDS_TO_START)
    return process.stdout.readline() if ready else b""


def _set_at_end_of_stdin(ended: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    ended.set()
