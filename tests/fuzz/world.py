"""The adapter as wiring.py puts it together, over edges in memory, in the time of Lambda's 0.29 of a core."""

import gc
import io
import json
import os
import random
import signal
import time
import tracemalloc
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from botocore.exceptions import ClientError
from hypothesis.vendor.pretty import RepresentationPrinter

from export_adapter import wiring
from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter.read.reader import NotSqsRecordsError
from tests.fakes.messages import NOON_MS, company, entry, job
from tests.fakes.pleo import FakePleo, Fault
from tests.fuzz.queues import FakeSqs

SHARE_OF_A_CORE: Final = 0.29
"""What a function with 512 MB gets."""

LONGEST_SECONDS: Final = 60.0
"""The function's timeout. Lambda ends it where it stands."""

JOBS: Final = {job(1): None, job(2): company(1), job(3): company(2)}
"""The jobs that Pleo holds, and whose they are."""

SHARED_ENTRIES: Final = range(1, 4)
"""Entries that several hostile messages may speak of; all others are spoken of once."""

_OUTPUT: Final = io.StringIO()


class KilledError(BaseException):
    """Lambda ends the function: nothing in it may catch that."""


@dataclass(frozen=True)
class Case:
    """One event, and what lies beside it. All of it is JSON, so that a file can hold it.

    Args:
        records: The event's.
        entries: How many entries each job has at Pleo.
        delivered: Places of job and entry that must be at Pleo in the end, if nothing is broken but messages.
        owned: The entries whose reason must be that of the good rule document.
        secrets: The tokens that must come out nowhere, with the words that they stand behind.
        documents: Own rules by file name.
        pleo: What the requests meet, one after the other: status, body, Retry-After, seconds, and whether
            Pleo acted all the same. A status of 0 is no answer. None lets a request through.
        sqs: What the calls to SQS meet; see FakeSqs.
        missing: Companies whose secret is not there.
    """

    records: list[Any]
    entries: int = 0
    delivered: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    owned: list[int] = field(default_factory=list[int])
    secrets: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    documents: dict[str, str] = field(default_factory=dict[str, str])
    pleo: list[Any] = field(default_factory=list[Any])
    sqs: list[str] = field(default_factory=list[str])
    missing: bool = False
    seconds: float = LONGEST_SECONDS
    version: str = "v3"

    @property
    def size(self) -> int:
        """Characters of the bodies."""
        return sum(len(str(each.get("body"))) for each in self.records if isinstance(each, dict))

    @property
    def is_calm(self) -> bool:
        """Whether only messages and own rules are hostile."""
        return not (any(self.pleo) or any(self.sqs) or self.missing) and self.seconds >= LONGEST_SECONDS

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:  # noqa: ARG002, FBT001 -- as IPython's protocol has it
        """Be short where hypothesis prints a case: a whole one may have megabytes."""
        printer.text(f"Case of {len(self.records)} records with {self.size} characters")

    def save(self, path: Path) -> None:
        """Write the case, for `python -m tests.fuzz.run FILE`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Case":
        """Read a case that was saved."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


@dataclass
class Outcome:
    """What came of a case. `seconds` are those on Lambda, `killed_at` is where it stood after too many."""

    pleo: FakePleo
    sqs: FakeSqs
    response: Any = None
    raised: BaseException | None = None
    killed_at: str = ""
    output: str = ""
    seconds: float = 0.0
    peak: int = 0


class Clock:
    """Moves on when something sleeps, and with the CPU time that the adapter uses, and with nothing else."""

    def __init__(self) -> None:
        self.slept = 0.0
        self.not_counted = time.process_time()

    def cpu(self) -> float:
        """The adapter's own CPU seconds so far."""
        return time.process_time() - self.not_counted

    def __call__(self) -> float:
        return 1_000.0 + self.slept + self.cpu() / SHARE_OF_A_CORE

    def sleep(self, seconds: float) -> None:
        self.slept += max(0.0, seconds)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """What the fakes do in the block takes no time."""
        begun = time.process_time()
        try:
            yield
        finally:
            self.not_counted += time.process_time() - begun


def run(case: Case, longest_cpu: float, *, measure_memory: bool = False) -> Outcome:
    """Let a new environment handle the event; it is killed after so many seconds of CPU time."""
    clock = Clock()
    pleo = FakePleo(lambda of: f"Bearer test-{of or 'default'}", on_seconds=clock.sleep)
    pleo.faults = deque(_fault(each) for each in case.pleo)
    entries = [entry(number) for number in range(1, case.entries + 1)]
    for each, of in JOBS.items():
        pleo.hold(each, *entries, company=of)
    sqs = FakeSqs(case.sqs, clock.sleep)
    outcome = Outcome(pleo, sqs)
    _OUTPUT.seek(0)
    _OUTPUT.truncate()
    with redirect_stdout(_OUTPUT):
        adapter = _adapter(case, clock, pleo, sqs)
        gc.collect()
        gc.freeze()  # the environment of a test has more objects than Lambda's
        if measure_memory:
            tracemalloc.start()
        clock.not_counted = time.process_time()
        begun = clock()
        try:
            with _killed_after(longest_cpu):
                outcome.response = adapter.handle({"Records": case.records}, int(case.seconds * 1000), "fuzz")
        except KilledError as killed:
            outcome.killed_at = where(killed)
        except (NotSqsRecordsError, Exception) as raised:  # noqa: BLE001 -- which may be raised is for the oracle
            outcome.raised = raised
        finally:
            outcome.seconds = clock() - begun
            outcome.peak = tracemalloc.get_traced_memory()[1] if measure_memory else 0
            tracemalloc.stop()
            gc.unfreeze()
    outcome.output = _OUTPUT.getvalue()
    return outcome


def where(error: BaseException) -> str:
    """The innermost place of the adapter's that an exception passed."""
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "export_adapter" in code.co_filename and "tests" not in Path(code.co_filename).parts:
            places.append(f"{Path(code.co_filename).name} {code.co_name}")
        trace = trace.tb_next
    return places[-1] if places else "outside the adapter"


def _adapter(case: Case, clock: Clock, pleo: FakePleo, sqs: FakeSqs) -> wiring.Adapter:
    def http(
        method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Answer | NoAnswer:
        with clock.stopped():
            return pleo(method, url, headers, body, timeout)

    documents = tuple(_Document(name, text) for name, text in case.documents.items())

    def get_secret_value(SecretId: str) -> dict[str, str]:  # noqa: N803 -- as in boto3
        of = SecretId.removeprefix("company/")
        if case.missing or of not in {"default", *JOBS.values()}:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no"}}, "any")
        return {"SecretString": json.dumps({"accessToken": f"test-{of}"})}

    clients = {
        "sqs": sqs.within(clock.stopped),
        "secretsmanager": SimpleNamespace(get_secret_value=get_secret_value),
    }
    timing = {"monotonic": clock, "sleep": clock.sleep, "time": lambda: NOON_MS / 1000 + clock()}
    edges: dict[str, Any] = {
        "boto3": SimpleNamespace(client=lambda name, **_: clients[name]),
        "time": SimpleNamespace(**{**vars(time), **timing}),
        "random": random.Random(1),  # noqa: S311 -- for pauses
        "PooledHttp": lambda *_: http,
        "rule_documents": lambda *_: lambda: documents,
    }
    environment = {
        "PLEO_BASE_URL": "https://pleo.test",
        "PLEO_API_VERSION": case.version,
        "PLEO_SECRET_ID": "company/{companyId}",
        "PLEO_DEFAULT_SECRET_ID": "company/default",
        "EXPORT_RESULTS_QUEUE_URL": "https://sqs.test/results",
        "DEAD_LETTER_QUEUE_URL": "https://sqs.test/dead-letters",
        "DELIVERY_THREADS": "1",
    }
    # A name of its own, because Powertools keeps the stream that a logger of the same name had first.
    logging = {"POWERTOOLS_SERVICE_NAME": "fuzz", "POWERTOOLS_LOG_LEVEL": "DEBUG"}
    with patch.multiple(wiring, **edges), patch.dict(os.environ, logging):
        return wiring.adapter(environment)


class _Document(NamedTuple):
    """A rule document; the adapter's own class for it depends on where it is read from."""

    name: str
    text: str


def _fault(planned: Any) -> Fault | None:  # noqa: ANN401 -- see Case.pleo
    if planned is None:
        return None
    status, body, retry_after, seconds, acted = planned
    if not status:
        return Fault(NoAnswer("timeout", "no answer"), acted=acted, seconds=seconds)
    headers = {"retry-after": retry_after} if retry_after is not None else {}
    return Fault(Answer(status, headers, body.encode("latin-1", errors="replace")), acted, seconds)


@contextmanager
def _killed_after(cpu_seconds: float) -> Iterator[None]:
    """Raise KilledError in the block once the process has used so much CPU time."""

    def kill(*_: object) -> None:
        raise KilledError

    before = signal.signal(signal.SIGPROF, kill)
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
