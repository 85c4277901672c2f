"""Pleo's Export API as an Http: holds jobs and items, answers as the API does, and fails as it is told to."""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs, urlsplit

from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter_workstation.local.pleo.specification import Violation, compiled, request_schema

type Update = dict[str, str]

_PUT_PATH = "/{version}/export-jobs/{{jobId}}/items"


@dataclass
class FakeJob:
    """A job: `held` is what Pleo holds of each entry, `accepted` every update that was ever made."""

    company: str | None
    held: dict[str, Update]
    accepted: list[Update] = field(default_factory=list[Update])
    is_finished: bool = False


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


@dataclass
class Refusal:
    """An item that Pleo reports in `errors`, for so many times."""

    type: str
    message: str = "no"
    times: int = 1_000_000


@dataclass
class FakePleo:
    """An Http. `faults` has one place for each request to come; None lets the request through.

    An answer takes `seconds`; what a client does not wait for has been carried out all the same.
    What a client must never do is noted in `violations`: a body that breaks the specification, more than
    100 items, an entry twice. The items of a PUT that holds one of `poison` are refused together; those
    `unmentioned` are updated but not in the answer; those `stuck` are in it with the status they had before.
    """

    valid_authorization: Callable[[str | None], str]
    on_seconds: Callable[[float], None] = lambda _: None
    on_request: Callable[[], None] = lambda: None
    seconds: float = 0.0
    jobs: dict[str, FakeJob] = field(default_factory=dict[str, FakeJob])
    faults: deque[Fault | None] = field(default_factory=deque[Fault | None])
    refusals: dict[str, Refusal] = field(default_factory=dict[str, Refusal])
    poison: set[str] = field(default_factory=set[str])
    unmentioned: set[str] = field(default_factory=set[str])
    stuck: set[str] = field(default_factory=set[str])
    most_items: int = 100
    requests: list[Request] = field(default_factory=list[Request])
    violations: list[str] = field(default_factory=list[str])

    def hold(self, job: str, *entries: str, company: str | None = None) -> FakeJob:
        """Make a job with entries that wait."""
        self.jobs[job] = FakeJob(
            company, {entry: {"accountingEntryId": entry, "status": "pending"} for entry in entries}
        )
        return self.jobs[job]

    @property
    def puts(self) -> list[Request]:
        """The PUTs so far."""
        return [request for request in self.requests if request.method == "PUT"]

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Answer | NoAnswer:
        parts = urlsplit(url)
        _, version, _, job, _ = parts.path.split("/")
        updates = self._legal_updates(version, body) if body is not None else ()
        self.on_request()
        request = Request(method, job, headers.get("authorization", ""), updates)
        self.requests.append(request)
        fault = self.faults.popleft() if self.faults else None
        if fault is None and self.seconds > timeout:
            fault = Fault(NoAnswer("timeout", "no answer in time"), acted=True, seconds=timeout)
        if fault is not None:
            self.on_seconds(min(fault.seconds, timeout))
            if fault.acted:
                self._answer(request, parts.query)
            return fault.answer
        self.on_seconds(self.seconds)
        return self._answer(request, parts.query)

    def _legal_updates(self, version: str, body: bytes) -> tuple[Update, ...]:
        content = json.loads(body)
        violation = put_check(version)(content)
        if violation:
            self.violations.append(f"{violation.place}: {violation.reason}")
            return ()
        ids = [update["accountingEntryId"] for update in content]
        if not 1 <= len(ids) <= 100 or len(ids) != len(set(ids)):
            self.violations.append(f"a PUT of {len(ids)} items, {len(set(ids))} of them different")
        return tuple(content)

    def _answer(self, request: Request, query: str) -> Answer:
        job = self.jobs.get(request.job)
        if request.authorization not in {self.valid_authorization(one) for one in self._companies()}:
            return error(401, "UNAUTHORIZED")
        if job is None or request.authorization != self.valid_authorization(job.company):
            return error(404, "EXPORT_NOT_FOUND")
        return _page(job, query) if request.method == "GET" else self._put(job, request.updates)

    def _put(self, job: FakeJob, updates: tuple[Update, ...]) -> Answer:
        if job.is_finished:
            return error(422, "EXPORT_JOB_STATUS_UNPROCESSABLE")
        if len(updates) > self.most_items:
            return error(413, "EXPORT_JOB_ITEMS_UPDATE_LIMIT")
        if any(update["accountingEntryId"] in self.poison for update in updates):
            return error(400, "BAD_REQUEST")
        return self._update(job, updates)

    def _companies(self) -> set[str | None]:
        return {job.company for job in self.jobs.values()} | {None}

    def _update(self, job: FakeJob, updates: tuple[Update, ...]) -> Answer:
        data: list[Update] = []
        errors: list[Update] = []
        for update in updates:
            entry = update["accountingEntryId"]
            refusal = self.refusals.get(entry)
            if entry not in job.held:
                refusal = Refusal("ACCOUNTING_ENTRY_DOES_NOT_EXIST")
            if refusal is not None and refusal.times > 0:
                refusal.times -= 1
                errors.append({"accountingEntryId": entry, "type": refusal.type, "message": refusal.message})
                continue
            if entry in self.stuck:
                data.append(job.held[entry])
                continue
            job.held[entry] = update
            job.accepted.append(update)
            if entry not in self.unmentioned:
                data.append(update)
        return answer(200, {"data": data, "errors": errors})


def answer(status: int, content: object, **headers: str) -> Answer:
    """An answer with a JSON body; `retry_after` becomes the header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, json.dumps(content).encode())


def error(status: int, kind: str, **headers: str) -> Answer:
    """An answer with Pleo's error body."""
    return answer(status, {"type": kind, "message": "no"}, **headers)


def _page(job: FakeJob, query: str) -> Answer:
    """Answer with a page of at most 100 items, as the list of a job's items does."""
    asked = parse_qs(query)
    held = list(job.held.values())
    begin = int(asked.get("after", ["0"])[0])
    end = begin + int(asked.get("limit", ["100"])[0])
    pagination = {"hasNextPage": end < len(held), "endCursor": str(end)}
    return answer(200, {"data": held[begin:end], "pagination": pagination})


@cache
def put_check(version: str) -> Callable[[object], Violation | None]:
    """A check of a PUT's body against Pleo's specification; a field that it does not name is refused."""
    return compiled(request_schema("PUT", _PUT_PATH.format(version=version), closed=True))
