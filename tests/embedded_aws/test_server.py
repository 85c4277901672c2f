import errno
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from export_adapter_workstation.local.aws import EmbeddedAws

pytestmark = pytest.mark.xdist_group("embedded_aws")

STARTER = """
import pathlib, sys
from export_adapter_workstation.local.aws import running

with running(pathlib.Path(sys.argv[1]), say=lambda step: None) as aws:
    print(aws.port, flush=True)
    sys.stdin.read()
"""


def starter(directory: object) -> subprocess.Popen[str]:
    """A process that starts an embedded AWS of its own, prints its port and waits."""
    return subprocess.Popen(  # noqa: S603 -- this very interpreter
        [sys.executable, "-c", STARTER, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def refuses(port: int) -> bool:
    """Whether nobody listens any more. The kernel closes a dying process's sockets one after another."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as late:
            if late.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED:
                return True
    return False


def test_it_answers_the_same_clients_whatever_the_users_aws_settings_are(
    embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a-profile-that-does-not-exist")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/a/file/that/does/not/exist")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_REGION", "us-gov-east-1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    sqs = embedded_aws.sqs()

    url = sqs.create_queue(QueueName="any")["QueueUrl"]

    assert url.startswith(embedded_aws.endpoint_url)
    sqs.delete_queue(QueueUrl=url)


def test_it_listens_on_this_machine_alone(embedded_aws: EmbeddedAws) -> None:
    # Another loopback address: a listener on all addresses would answer there too.
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex(("127.0.0.2", embedded_aws.port)) != 0


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda way: way.name)
def test_nothing_of_it_is_left_when_its_starter_is_ended(way: signal.Signals, tmp_path: object) -> None:
    with starter(tmp_path) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=30) as held:
            os.kill(process.pid, way)
            try:
                end = held.recv(1)
            except ConnectionResetError:
                end = b""
        assert end == b""
        assert refuses(port)


def test_it_ends_when_its_starter_is_done_with_it(tmp_path: object) -> None:
    with starter(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        port = int(process.stdout.readline())
        process.stdin.close()
        assert process.wait(timeout=30) == 0
    assert refuses(port)
