"""Pleo's Export API as an Http without a network: the local Pleo's rules, and faults that a test scripts."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter_workstation.local.pleo import faults as wire
from export_adapter_workstation.local.pleo.api import MAX_ITEMS, answer_to, update_check, valid_updates
from export_adapter_workstation.local.pleo.jobs import JobStatus, NewJob
from export_adapter_workstation.local.pleo.requests import PleoRequest
from export_adapter_workstation.local.pleo.specification import Violation
from export_adapter_workstation.local.pleo.store import EntryRefusal as Refusal
from export_adapter_workstation.local.pleo.store import Refusal as RequestRefusal
from export_adapter_workstation.local.pleo.store import Store

type Update = dict[str, str]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NO_COMPANY = "00000000-0000-4000-8000-ffffffffffff"
"""The company at Pleo of jobs whose messages name none."""

__all__ = ["FakeJob", "FakePleo", "Fault", "Refusal", "Request", "Update", "answer", "error", "put_check"]


@dataclass
class FakeJob:
    """A job in the store. `accepted` is every update of it that ever took effect, in order."""

    store: Store
    job_id: str
    company: str | None
    accepted: list[Update] = field(default_factory=list[Update])

    @property
    def held(self) -> dict[str, Update]:
        """What Pleo stores of each entry."""
        job = self.store.job(self.job_id)
        assert job is not None
        return {
            entry: {"accountingEntryId": entry, **item.sent, "status": item.status}
            for entry, item in job.items.items()
        }

    @property
    def is_finished(self) -> bool:
        job = self.store.job(self.job_id)
        return job is not None and job.status.is_final

    @is_finished.setter
    def is_finished(self, finished: bool) -> None:
        self.store.set_status(self.job_id, JobStatus.COMPLETED if finished else JobStatus.IN_PROGRESS)


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    method: str
    job: str
    authorization: str
    updates: tuple[Update, ...] = ()


@dataclass(frozen=True)
class Fault:
    """What one request meets instead of its answer; `acted`: Pleo did what was asked all the same."""

    answer: Answer | NoAnswer
    acted: bool = False
    seconds: float = 0.0


class _Jobs(dict[str, FakeJob]):
    """The jobs by id. What is removed here is unknown to Pleo."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def clear(self) -> None:
        for job_id in self:
            self._store.remove_job(job_id)
        super().clear()


@dataclass
class FakePleo:
    """An Http. `faults` has one place for each request to come; None lets the request through.

    An answer takes `seconds`; what a client does not wait for has been carried out all the same. Its clock
    stands still, so that no job expires. What a client must never do is noted in `violations`: a body that
    breaks the specification, more than 100 items, an entry twice. The items of a PUT that holds one of
    `poison` are refused together; those `unmentioned` are updated but not in the answer; those `stuck` are in
    it with the status that they had before.
    """

    valid_authorization: Callable[[str | None], str]
    on_seconds: Callable[[float], None] = lambda _: None
    on_request: Callable[[], None] = lambda: None
    seconds: float = 0.0
    faults: deque[Fault | None] = field(default_factory=deque[Fault | None])
    poison: set[str] = field(default_factory=set[str])
    unmentioned: set[str] = field(default_factory=set[str])
    stuck: set[str] = field(default_factory=set[str])
    most_items: int = MAX_ITEMS
    requests: list[Request] = field(default_factory=list[Request])
    violations: list[str] = field(default_factory=list[str])
    store: Store = field(default_factory=lambda: Store(lambda: NOON))
    jobs: dict[str, FakeJob] = field(init=False)

    def __post_init__(self) -> None:
        self.jobs = _Jobs(self.store)

    @property
    def refusals(self) -> dict[str, Refusal]:
        """The items that Pleo reports in `errors`, for as many times as each says."""
        return self.store.refusals

    def hold(self, job: str, *entries: str, company: str | None = None) -> FakeJob:
        """Make a job with entries that wait, in place of one that has the id."""
        self.store.remove_job(job)
        self.store.create_job(NewJob(job, company or NO_COMPANY, entries))
        self.jobs[job] = FakeJob(self.store, job, company)
        return self.jobs[job]

    @property
    def puts(self) -> list[Request]:
        """The PUTs so far."""
        return [request for request in self.requests if request.method == "PUT"]

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Answer | NoAnswer:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}"
        made = PleoRequest(method, target, None, headers.get("content-type"), body or b"")
        request = self._received(made, headers.get("authorization", ""))
        fault = self.faults.popleft() if self.faults else None
        if fault is None and self.seconds > timeout:
            fault = Fault(NoAnswer("timeout", "no answer in time"), acted=True, seconds=timeout)
        if fault is not None:
            self.on_seconds(min(fault.seconds, timeout))
            if fault.acted:
                self._answer(made, request)
            return fault.answer
        self.on_seconds(self.seconds)
        return self._answer(made, request)

    def _received(self, made: PleoRequest, authorization: str) -> Request:
        """Record a request, and what is wrong with it."""
        route = made.route()
        assert route is not None, made.path
        updates: tuple[Update, ...] = ()
        if made.method == "PUT":
            valid = valid_updates(made, route)
            if isinstance(valid, RequestRefusal) or not valid:
                self.violations.append(valid.message if isinstance(valid, RequestRefusal) else "no items")
            else:
                updates = tuple(json.loads(made.body))
        self.on_request()
        request = Request(made.method, route.job_id, authorization, updates)
        self.requests.append(request)
        return request

    def _answer(self, made: PleoRequest, request: Request) -> Answer:
        for entry in self.poison:
            self.store.refuse_entry(entry, Refusal("BAD_REQUEST", "no", 400))
        known = {self.valid_authorization(one) for one in self._companies().values()}
        before = self._histories(request)
        found = answer_to(
            made,
            (lambda company: self._reaches(request, company)) if request.authorization in known else None,
            self.store,
            faults=tuple(self._item_faults()),
            max_items=min(self.most_items, MAX_ITEMS),
        )
        after = self._histories(request)
        if after != before:
            self.jobs[request.job].accepted.extend(
                one for one in request.updates if after.get(_entry(one)) != before.get(_entry(one))
            )
        headers = {
            "content-type": found.content_type or "",
            **{name.lower(): one for name, one in found.headers},
        }
        return Answer(found.status, headers, found.body)

    def _companies(self) -> dict[str, str | None]:
        """The companies of the jobs by their id at Pleo, and the one of the default credentials."""
        return {NO_COMPANY: None} | {job.company or NO_COMPANY: job.company for job in self.jobs.values()}

    def _reaches(self, request: Request, company_id: str) -> bool:
        return request.authorization == self.valid_authorization(
            self._companies().get(company_id, company_id)
        )

    def _item_faults(self) -> Iterator[wire.Fault]:
        if self.unmentioned:
            yield wire.Fault(item="left_out", applied=True, entry_ids=tuple(self.unmentioned))
        if self.stuck:
            yield wire.Fault(item="status", entry_ids=tuple(self.stuck))

    def _histories(self, request: Request) -> dict[str, int]:
        """How often each entry of an update was updated before."""
        job = self.store.job(request.job)
        items = {} if job is None else job.items
        return {entry: len(items[entry].history) for entry in map(_entry, request.updates) if entry in items}


def _entry(update: Update) -> str:
    return update["accountingEntryId"].lower()


def answer(status: int, content: object, **headers: str) -> Answer:
    """An answer with a JSON body; `retry_after` becomes the header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, json.dumps(content).encode())


def error(status: int, kind: str, **headers: str) -> Answer:
    """An answer with Pleo's error body."""
    return answer(status, {"type": kind, "message": "no"}, **headers)


def put_check(version: str) -> Callable[[object], Violation | None]:
    """A check of a PUT's body against Pleo's specification; a field that it does not name is refused."""
    return update_check(f"/{version}/export-jobs/{{jobId}}/items")
