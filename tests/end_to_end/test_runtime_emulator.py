"""A Pleo that hangs ends in records that are returned in time, never in the function's death at its timeout.

The emulator keeps the function's time as Lambda does. The timeout is short here, and what the template keeps
free for settling stays in proportion, so that a test takes seconds.
"""

import contextlib
import json
import platform
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from export_adapter_workstation.local.aws import EmbeddedAws, run_directory, running
from export_adapter_workstation.local.pleo import (
    Credential,
    Fault,
    FaultPlan,
    LocalPleo,
    jobs_for,
    local_pleo,
)
from tests.end_to_end.messages import message, new_id, successful
from tests.end_to_end.runtime_emulator import (
    EMULATOR,
    FUNCTION,
    RunningFunction,
    adapter_environment,
    running_function,
)

pytestmark = [
    pytest.mark.xdist_group("runtime-emulator"),
    pytest.mark.skipif(
        EMULATOR is None or platform.system() != "Linux", reason="SAM CLI brings the emulator for Linux alone"
    ),
]

TIMEOUT = 18
SETTLE_SECONDS = 14
LONGER_THAN_ANY_TEST = 300
RETURNED_WITHIN = TIMEOUT - 2


@dataclass(frozen=True)
class Queues:
    """Two queues and a secret, as the template makes them."""

    aws: EmbeddedAws
    main: str
    dead_letters: str
    secret: str

    def event(self, bodies: list[str], receive_count: int = 1) -> dict[str, object]:
        """Send messages, receive them as Lambda's poller does, and build its event from them."""
        sqs = self.aws.sqs()
        for body in bodies:
            sqs.send_message(QueueUrl=self.main, MessageBody=body)
        records: list[dict[str, object]] = []
        while len(records) < len(bodies):
            received = sqs.receive_message(
                QueueUrl=self.main, MaxNumberOfMessages=10, VisibilityTimeout=LONGER_THAN_ANY_TEST
            )
            records += [
                {
                    "messageId": one["MessageId"],
                    "receiptHandle": one["ReceiptHandle"],
                    "body": one["Body"],
                    "attributes": {"ApproximateReceiveCount": str(receive_count)},
                }
                for one in received.get("Messages", [])
            ]
        return {"Records": records}

    def receivable(self, url: str) -> list[str]:
        """Receive what is visible within a few seconds."""
        sqs = self.aws.sqs()
        found: list[str] = []
        end = time.monotonic() + 4
        while time.monotonic() < end:
            received = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=LONGER_THAN_ANY_TEST
            )
            found += [one["Body"] for one in received.get("Messages", [])]
            time.sleep(0.2)
        return found


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with run_directory() as directory, running(directory, say=lambda _step: None) as embedded_aws:
        yield embedded_aws


@pytest.fixture
def queues(aws: EmbeddedAws) -> Queues:
    name = new_id()
    secret = aws.secrets_manager().create_secret(Name=name, SecretString=json.dumps({"accessToken": "test"}))
    return Queues(
        aws,
        aws.sqs().create_queue(QueueName=f"main-{name}")["QueueUrl"],
        aws.sqs().create_queue(QueueName=f"dead-{name}")["QueueUrl"],
        secret["Name"],
    )


@pytest.fixture
def pleo() -> Iterator[LocalPleo]:
    with local_pleo(Credential("any", "test")) as running_pleo:
        yield running_pleo


@contextlib.contextmanager
def adapter(queues: Queues, pleo_url: str, directory: Path) -> Iterator[RunningFunction]:
    environment = adapter_environment(
        queues.aws,
        pleo_url,
        PLEO_SECRET_ID=queues.secret,
        EXPORT_RESULTS_QUEUE_URL=queues.main,
        DEAD_LETTER_QUEUE_URL=queues.dead_letters,
        SETTLE_SECONDS=str(SETTLE_SECONDS),
        LONGEST_PAUSE_SECONDS="1",
    )
    with running_function(
        directory, "app.lambda_handler", FUNCTION, timeout=TIMEOUT, environment=environment
    ) as function:
        yield function


def every_record_of(event: dict[str, object]) -> dict[str, object]:
    records = event["Records"]
    assert isinstance(records, list)
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in records]}


def hangs_before_it_answers(pleo: LocalPleo) -> None:
    pleo.fail(FaultPlan(faults=(Fault(delay=LONGER_THAN_ANY_TEST),)))


def drips_its_answer(pleo: LocalPleo) -> None:
    pleo.fail(FaultPlan(faults=(Fault(drip=0.5, piece_bytes=1),)))


@pytest.mark.parametrize("jobs", [1, 30])
@pytest.mark.parametrize("hang", [hangs_before_it_answers, drips_its_answer])
def test_records_come_back_in_time_where_pleo(
    hang: Callable[[LocalPleo], None], jobs: int, queues: Queues, pleo: LocalPleo, tmp_path: Path
) -> None:
    bodies = [message(new_id(), successful(new_id())) for _ in range(jobs)]
    for job in jobs_for(bodies):
        pleo.create_job(job)
    hang(pleo)
    event = queues.event(bodies)

    with adapter(queues, pleo.url, tmp_path) as function:
        ended = function.invoke(event)
        pleo.clear_faults()
        afterwards = function.invoke(event)

    assert ended.answer == every_record_of(event)
    assert ended.seconds < RETURNED_WITHIN
    assert afterwards.answer == {"batchItemFailures": []}, "the same environment goes on once Pleo answers"
    assert sorted(queues.receivable(queues.main)) == sorted(bodies)


def test_records_come_back_in_time_where_what_answers_in_pleos_place_sends_headers_without_end(
    queues: Queues, tmp_path: Path
) -> None:
    event = queues.event([message(new_id(), successful(new_id()))])

    with endless_headers() as url, adapter(queues, url, tmp_path) as function:
        ended = function.invoke(event)

    assert ended.answer == every_record_of(event)
    assert ended.seconds < RETURNED_WITHIN


def test_on_the_last_receive_what_a_hanging_pleo_never_answered_is_parked_with_that_reason(
    queues: Queues, pleo: LocalPleo, tmp_path: Path
) -> None:
    body = message(new_id(), successful(new_id()))
    hangs_before_it_answers(pleo)
    event = queues.event([body], receive_count=5)

    with adapter(queues, pleo.url, tmp_path) as function:
        ended = function.invoke(event)

    assert ended.answer == {"batchItemFailures": []}
    assert ended.seconds < RETURNED_WITHIN
    (parked,) = queues.aws.sqs().receive_message(QueueUrl=queues.dead_letters, MessageAttributeNames=["All"])[
        "Messages"
    ]
    assert json.loads(parked["Body"]) == json.loads(body)
    assert parked["MessageAttributes"]["errorType"].get("StringValue") == "retries_exhausted"


def test_a_function_that_ignores_its_deadline_is_killed_so_that_the_tests_above_could_fail(
    tmp_path: Path,
) -> None:
    (tmp_path / "stubborn.py").write_text(
        "import time\n\n\ndef handler(event, context):\n    time.sleep(300)\n", encoding="utf-8"
    )

    with running_function(tmp_path, "stubborn.handler", tmp_path, timeout=2, environment={}) as function:
        ended = function.invoke({})

    assert "timed out after 2" in str(ended.answer)
    assert 2 <= ended.seconds < RETURNED_WITHIN


@contextlib.contextmanager
def endless_headers() -> Iterator[str]:
    """Serve an HTTP answer whose headers arrive byte by byte, and never end."""
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not over.wait(0.3):
                connection.sendall(b"a")

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=drip, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
