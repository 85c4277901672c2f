"""The runtime interface emulator that comes with SAM CLI: deadlines, and SIGKILL at the timeout."""

import contextlib
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import urllib3

from export_adapter_workstation.local.aws import EmbeddedAws
from export_adapter_workstation.project import ROOT

FUNCTION: Final = ROOT / "functions" / "update_export_items"
LAYER: Final = ROOT / "layers" / "export_adapter"
HOST: Final = "127.0.0.1"
_ARCHITECTURE: Final = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"
_PATH: Final = f"samcli/local/rapid/aws-lambda-rie-{_ARCHITECTURE}"
EMULATOR: Final = next((ROOT / ".tools" / "sam" / "lib").glob(f"python*/site-packages/{_PATH}"), None)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What one invocation answered, and the seconds that it took."""

    answer: object
    seconds: float


@dataclass(frozen=True, slots=True)
class RunningFunction:
    """A function under the emulator."""

    port: int
    log: Path

    def invoke(self, event: object) -> Invocation:
        """Invoke the function and wait for what it returns, or for what the emulator says in its place."""
        begun = time.monotonic()
        with urllib3.PoolManager(retries=False, timeout=120.0) as http:
            url = f"http://{HOST}:{self.port}/2015-03-31/functions/function/invocations"
            response = http.request("POST", url, body=json.dumps(event).encode())
        seconds = time.monotonic() - begun
        try:
            return Invocation(cast("object", response.json()), seconds)
        except ValueError:
            return Invocation(response.data.decode(), seconds)


@contextlib.contextmanager
def running_function(
    directory: Path, handler: str, code: Path, *, timeout: int, environment: Mapping[str, str]
) -> Iterator[RunningFunction]:
    """Run a handler under the emulator, which kills it `timeout` seconds after an invocation has begun."""
    assert EMULATOR is not None
    emulator_port, runtime_port = _free_ports(2)
    log = directory / "runtime-emulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 -- the project's own tools
            [
                EMULATOR,
                *("--runtime-interface-emulator-address", f"{HOST}:{emulator_port}"),
                *("--runtime-api-address", f"{HOST}:{runtime_port}"),
                *(sys.executable, "-m", "awslambdaric", handler),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=code,
            env={
                "PATH": os.defpath,
                "HOME": str(directory),
                "PYTHONPATH": os.pathsep.join([str(code), str(LAYER)]),
                "PYTHONDONTWRITEBYTECODE": "1",
                "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
                **environment,
            },
            start_new_session=True,
        )
    try:
        _wait_until_it_listens(emulator_port, process)
        yield RunningFunction(emulator_port, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def adapter_environment(aws: EmbeddedAws, pleo_url: str, **settings: str) -> dict[str, str]:
    """The environment variables with which the adapter finds the embedded AWS and its Pleo."""
    return {
        **aws.settings,
        "POWERTOOLS_SERVICE_NAME": "export-adapter",
        "PLEO_BASE_URL": pleo_url,
        **settings,
    }


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("the runtime interface emulator does not listen")
