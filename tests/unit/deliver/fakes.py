"""A Pleo made of functions, a clock that only moves when told, and deliveries to try them with."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from export_adapter.batch import MAX_ITEMS, batches
from export_adapter.deadline import Deadline
from export_adapter.deliver.credentials import Credentials, NoCredentials
from export_adapter.deliver.delivery import Delivery, DeliveryReport
from export_adapter.deliver.http import Answer, Http, NoAnswer
from export_adapter.deliver.job import SizeLimit
from export_adapter.deliver.pleo import Pleo
from export_adapter.deliver.retry import Backoff
from export_adapter.deliver.terminal_memory import TerminalMemory
from export_adapter.item import Item
from export_adapter.model import ApiVersion, ItemStatus, JobKey, Outcome
from tests.fakes.items import item

NOON = 1_772_366_400.0
"""2026-03-01T12:00:00Z in seconds since 1970."""

JOB = JobKey("00000000-0000-4000-8000-0000000000aa", "00000000-0000-4000-8000-0000000000ca")
OTHER_JOB = JobKey("00000000-0000-4000-8000-0000000000ab", "00000000-0000-4000-8000-0000000000ca")
OTHER_COMPANYS_JOB = JobKey("00000000-0000-4000-8000-0000000000ba", "00000000-0000-4000-8000-0000000000cb")


@dataclass
class FakeClock:
    """Seconds that pass only while something sleeps or a request is under way."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds

    def wall(self) -> float:
        return NOON + self.now - 1000.0


@dataclass(frozen=True)
class Request:
    """A request as it would go over the wire."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout: float

    @property
    def updates(self) -> list[dict[str, str]]:
        return cast("list[dict[str, str]]", json.loads(self.body or b"[]"))

    @property
    def entries(self) -> list[int]:
        return [int(update["accountingEntryId"][-12:]) for update in self.updates]

    @property
    def job_id(self) -> str:
        return self.url.split("/export-jobs/")[1].split("/")[0]


type Reply = Answer | NoAnswer | Callable[[Request], Answer | NoAnswer]


def entry(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def answer(status: int, content: object = None, **headers: str) -> Answer:
    """Make an answer; `content` is sent as JSON, or as it is where it is bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode() if content else b""
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def error(status: int, kind: str = "SOME_ERROR", message: str = "Some message.", **headers: str) -> Answer:
    return answer(status, {"type": kind, "message": message}, **headers)


def accept(request: Request) -> Answer:
    """Answer that every item has the status that was sent."""
    return updated(request)


def updated(
    request: Request,
    *,
    refused: Mapping[int, str] | None = None,
    left_out: Iterable[int] = (),
    other_status: Mapping[int, str] | None = None,
) -> Answer:
    """Answer an update, with some items in `errors`, in neither list, or with a status of their own."""
    refused, other_status = refused or {}, other_status or {}
    data, errors = [], []
    for update, number in zip(request.updates, request.entries, strict=True):
        if number in refused:
            told = {"type": refused[number], "message": f"Message about {number}."}
            errors.append({"accountingEntryId": update["accountingEntryId"], **told})
        elif number not in left_out:
            data.append({**update, "status": other_status.get(number, update["status"])})
    return answer(200, {"data": data, "errors": errors})


REFUSED = "EXPORT_ENTRY_STATUS_UPDATE_FAILED"


def refuse(*numbers: int) -> Reply:
    """Refuse some items in a way that leaves them unconfirmed."""
    return lambda request: updated(request, refused=dict.fromkeys(numbers, REFUSED))


def page(statuses: Mapping[int, str], *, more: str | None = None, exported_at: object = None) -> Answer:
    """Answer a look-up with some items, and the cursor of the next page where there is one."""
    data = [
        {"accountingEntryId": entry(number), "status": status, "exportedAt": exported_at}
        for number, status in statuses.items()
    ]
    pagination = {"hasNextPage": more is not None} | ({"endCursor": more} if more else {})
    return answer(200, {"data": data, "pagination": pagination})


class FakeHttp:
    """Gives the replies in turn, then `then` for ever; each request takes `seconds`."""

    def __init__(self, clock: FakeClock, *replies: Reply, then: Reply = accept, seconds: float = 0.0) -> None:
        self.requests: list[Request] = []
        self._clock = clock
        self._replies = iter(replies)
        self._then = then
        self._seconds = seconds

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Answer | NoAnswer:
        request = Request(method, url, dict(headers), body, timeout)
        self.requests.append(request)
        self._clock.pass_by(min(self._seconds, timeout))
        reply = next(self._replies, self._then)
        return reply(request) if callable(reply) else reply

    @property
    def sent(self) -> list[list[int]]:
        """The entries of each PUT, in order."""
        return [request.entries for request in self.requests if request.method == "PUT"]

    @property
    def methods(self) -> str:
        return " ".join(request.method for request in self.requests)


@dataclass
class FakeStore:
    """A credential store that notes each read; a fresh one finds the company's next token, if any."""

    tokens: dict[str | None, list[str]] = field(default_factory=dict)
    reads: list[tuple[str | None, bool]] = field(default_factory=list)

    def fetch(self, company_id: str | None, *, fresh: bool) -> Credentials | NoCredentials:
        self.reads.append((company_id, fresh))
        tokens = self.tokens.get(company_id, ["test"])
        if not tokens:
            return NoCredentials("no_credentials", "there is no secret for the company")
        if fresh and len(tokens) > 1:
            tokens.pop(0)
        return Credentials(f"Bearer {tokens[0]}")


@dataclass
class Scene:
    """One environment with all that outlives an invocation, and a deadline of its own for each delivery."""

    http: Http
    clock: FakeClock
    store: FakeStore = field(default_factory=FakeStore)
    limit: SizeLimit = field(default_factory=lambda: SizeLimit(MAX_ITEMS))
    memory: TerminalMemory = field(default_factory=TerminalMemory)
    slept: list[float] = field(default_factory=list)
    random: float = 0.5
    threads: int = 1
    request_seconds: float = 10.0
    version: ApiVersion = ApiVersion.V1
    base_url: str = "https://pleo.test"

    def deliver(self, *items: Item, seconds: float = 60.0) -> "Result":
        pleo = Pleo(self.http, self.base_url, self.version, self.request_seconds, self.clock, self.clock.wall)
        delivery = Delivery(
            pleo=pleo,
            store=self.store,
            limit=self.limit,
            memory=self.memory,
            backoff=Backoff(lambda: self.random),
            threads=self.threads,
            sleep=self._sleep,
        )
        assert not any(item.has_outcome for item in items)
        deadline = Deadline(self.clock, self.clock() + seconds)
        return Result(items, delivery.deliver(batches(items), deadline))

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.pass_by(seconds)


def scene(*replies: Reply, then: Reply = accept, seconds: float = 0.0) -> tuple[Scene, FakeHttp]:
    """Make an environment and the HTTP that it talks to."""
    clock = FakeClock()
    http = FakeHttp(clock, *replies, then=then, seconds=seconds)
    return Scene(http, clock), http


@dataclass(frozen=True)
class Result:
    """What became of the items of one delivery."""

    items: tuple[Item, ...]
    report: DeliveryReport

    def of(self, number: int, job: JobKey = JOB) -> Outcome:
        [found] = [item for item in self.items if item.job == job and _number(item) == number]
        return found.outcome

    def all(self) -> set[Outcome]:
        return {item.outcome for item in self.items}

    def kinds(self, job: JobKey | None = None) -> set[str]:
        return {type(item.outcome).__name__ for item in self.items if job in {None, item.job}}


def items(
    *numbers: int,
    job: JobKey = JOB,
    status: ItemStatus = ItemStatus.SUCCESSFUL,
    exported_at: datetime | None = None,
    sent_at: int = 0,
    came_back: bool = False,
) -> tuple[Item, ...]:
    """Make items that are each the only result of their message; a number names an entry."""
    return tuple(
        item(job, entry(number), status, exported_at, sent_at=sent_at, came_back=came_back)
        for number in numbers
    )


def _number(item: Item) -> int:
    return int(item.result.accounting_entry_id[-12:])
