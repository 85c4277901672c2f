import json
import signal
import subprocess
import sys

import pytest

from export_adapter_workstation.local.pleo import LocalPleo, LocalPleoProcess, NewJob
from export_adapter_workstation.local.pleo.client import LocalPleoError
from tests.unit.local_pleo.calling import COMPANY, JOB, entry

COMMAND = [sys.executable, "-m", "export_adapter_workstation.local.pleo"]


def test_a_process_serves_until_its_block_ends() -> None:
    with LocalPleoProcess() as process:
        client = process.client
        client.create_job(NewJob(JOB, COMPANY, (entry(1),)))
        assert [job.job_id for job in client.jobs()] == [JOB]
    with pytest.raises(LocalPleoError, match="does not answer"):
        client.jobs()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_process_prints_its_url_and_ends_well_at_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:  # noqa: S603 - own program
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["url"].startswith("http://127.0.0.1:")
        process.send_signal(number)
        assert process.wait(10) == 0


def test_a_process_ends_when_its_standard_input_is_closed() -> None:
    command = [*COMMAND, "--until-stdin-closes"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:  # noqa: S603 - own program
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_process_ends_with_the_process_that_started_it() -> None:
    starter = (
        "from export_adapter_workstation.local.pleo import LocalPleoProcess\n"
        "import os\n"
        "process = LocalPleoProcess()\n"
        "process.start()\n"
        "print(process.url, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", starter]
    # This returns once the server, too, has let go of standard error.
    started = subprocess.run(command, capture_output=True, check=False, timeout=30)  # noqa: S603 - own program
    assert started.returncode == -signal.SIGKILL
    assert started.stdout.startswith(b"http://127.0.0.1:")


def test_a_taken_port_is_reported_with_what_to_do() -> None:
    with LocalPleo() as pleo:
        port = pleo.url.rsplit(":", 1)[1]
        command = [*COMMAND, "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - own program
        with pytest.raises(LocalPleoError, match="did not start"):
            LocalPleoProcess(port=int(port)).start()
    assert ended.returncode == 1
    assert ended.stderr == f"Port {port} cannot be used: Address already in use. Take --port 0.\n"
