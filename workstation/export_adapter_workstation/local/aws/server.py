"""Starts and ends the embedded AWS: a process on a free port of 127.0.0.1 that writes into one folder."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

import urllib3

from export_adapter_workstation.local.aws.aws import HOST, REGION, EmbeddedAws, EmbeddedAwsError, Say
from export_adapter_workstation.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_PYTHON: Final = ROOT / ".tools" / "embedded-aws" / "bin" / "python"
_GUARDED_SERVER: Final = Path(__file__).with_name("guarded_server.py")
_START_SECONDS: Final = 60.0
_START_ATTEMPTS: Final = 3
_POLL_SECONDS: Final = 0.05


@contextlib.contextmanager
def running(directory: Path, *, say: Say) -> Iterator[EmbeddedAws]:
    """Run an embedded AWS, and end it with every function process that it started.

    Args:
        directory: An existing folder for its log (`embedded-aws.log`) and temporary files.
        say: Told when the start begins.

    Raises:
        EmbeddedAwsError: It is not installed, or does not answer within a minute.
    """
    if not _PYTHON.exists():
        raise EmbeddedAwsError("The embedded AWS is not installed. Run: make setup")
    say("Starting an embedded AWS")
    process, aws = _start(directory)
    try:
        yield aws
    finally:
        _end(process)


def _start(directory: Path) -> tuple[subprocess.Popen[bytes], EmbeddedAws]:
    """Start it on a free port; on another one if another process took it first."""
    log = directory / "embedded-aws.log"
    for _ in range(_START_ATTEMPTS):
        aws = EmbeddedAws(port=_free_port(), directory=directory)
        process = _spawn(aws, log)
        try:
            answers = _answers_in_time(aws, process)
        except BaseException:
            _end(process)
            raise
        if answers:
            return process, aws
        _end(process)
    raise EmbeddedAwsError(f"The embedded AWS does not answer. The end of its log, {log}:\n{last_lines(log)}")


def _spawn(aws: EmbeddedAws, log: Path) -> subprocess.Popen[bytes]:
    temporary = aws.directory / "tmp"
    temporary.mkdir(exist_ok=True)
    environment = {
        "PATH": os.defpath,
        "TMPDIR": str(temporary),
        "GATEWAY_PORT": str(aws.port),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        # These listen on fixed ports, for services that the stack does not use.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 -- both paths are the project's own
            [_PYTHON, "-I", _GUARDED_SERVER],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=aws.directory,
            start_new_session=True,
        )


def _answers_in_time(aws: EmbeddedAws, process: subprocess.Popen[bytes]) -> bool:
    """Tell whether this process answers, and not another one that took the port."""
    deadline = time.monotonic() + _START_SECONDS
    with urllib3.PoolManager(retries=False, timeout=1.0) as http:
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                if http.request("GET", f"{aws.endpoint_url}/_ministack/health").status == HTTPStatus.OK:
                    return process.poll() is None
            time.sleep(_POLL_SECONDS)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process group that `process` leads. Nothing of it needs to be saved."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def last_lines(log: Path, lines: int = 15) -> str:
    """Read the end of a log, for the message of an error."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
