"""A request as the local Pleo reads it, and the record of all requests, for tests to assert on."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from export_adapter_workstation.local.pleo.credentials import Scheme
from export_adapter_workstation.local.pleo.specification import ApiVersion, is_uuid

_JOB = re.compile(r"/(?P<version>v[123])/export-jobs/(?P<job_id>[^/]+)(?P<items>/items)?")
_EVENTS = re.compile(r"/(?P<version>v[123])/export-job-events")


@dataclass(frozen=True, slots=True)
class Route:
    """The operation that a path leads to; template is the path in the specification."""

    version: ApiVersion
    template: str
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class PleoRequest:
    """An HTTP request, as far as Pleo looks at it; authorization is never shown."""

    method: str
    target: str
    authorization: str | None = field(default=None, repr=False)
    content_type: str | None = None
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> Mapping[str, Sequence[str]]:
        """The query's parameters; one that is given empty counts as given."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def route(self) -> Route | None:
        """Return where the path leads, or None where Pleo has nothing there."""
        if job := _JOB.fullmatch(self.path):
            version = ApiVersion(job["version"])
            return Route(version, f"/{version}/export-jobs/{{jobId}}{job['items'] or ''}", job["job_id"])
        if events := _EVENTS.fullmatch(self.path):
            return Route(ApiVersion(events["version"]), self.path)
        return None

    def content(self) -> object:
        """Return the body as JSON, or an Unreadable with the reason."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            return Unreadable(type(error).__name__)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A body that is no JSON."""

    reason: str


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request in the record.

    number counts from 1 in the order of arrival. credential is the name of the credential that was used, None
    where the server does not know it; the secret itself is not kept. items is the body of an item update
    where that is an array, None otherwise. status is None while the answer is awaited, and where none was
    given (a reset). faults are the kinds that struck the request.
    """

    number: int
    method: str
    path: str
    scheme: Scheme
    credential: str | None = None
    job_id: str | None = None
    items: tuple[Mapping[str, object], ...] | None = None
    content: object = None
    status: int | None = None
    faults: tuple[str, ...] = ()


class RequestRecord:
    """Every request to Pleo's paths since the start or the last clear(), in the order of arrival."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = 0
        self._received: dict[int, ReceivedRequest] = {}

    def arrived(self, request: PleoRequest, scheme: Scheme, credential: str | None) -> ReceivedRequest:
        """Note a request before it is answered."""
        content = request.content() if request.body else None
        with self._lock:
            self._last += 1
            received = ReceivedRequest(
                number=self._last,
                method=request.method,
                path=request.path,
                scheme=scheme,
                credential=credential,
                job_id=job_id_of(request, content),
                items=items_of(content),
                content=None if isinstance(content, Unreadable) else content,
            )
            self._received[received.number] = received
            return received

    def answered(self, received: ReceivedRequest, status: int | None, faults: Sequence[str]) -> None:
        """Note what became of a request; one that was cleared away meanwhile stays away."""
        with self._lock:
            if received.number in self._received:
                self._received[received.number] = replace(received, status=status, faults=tuple(faults))

    def all(self, since: int = 0) -> tuple[ReceivedRequest, ...]:
        """Return the requests with a number above since."""
        with self._lock:
            return tuple(one for number, one in sorted(self._received.items()) if number > since)

    def item_updates(self, job_id: str | None = None) -> tuple[ReceivedRequest, ...]:
        """Return the PUTs, of one job where its id is given."""
        wanted = None if job_id is None else job_id.lower()
        return tuple(one for one in self.all() if one.method == "PUT" and wanted in {None, one.job_id})

    def clear(self) -> None:
        """Forget what was received; numbers go on."""
        with self._lock:
            self._received.clear()


def items_of(content: object) -> tuple[Mapping[str, object], ...] | None:
    """Return the objects of a JSON array, or None where content is something else."""
    if not isinstance(content, list):
        return None
    return tuple(one for one in content if isinstance(one, dict))


def job_id_of(request: PleoRequest, content: object) -> str | None:
    """Return the export job that a request is about, in lower case: from its path, or a job event's body."""
    route = request.route()
    if route is not None and route.job_id is not None:
        return route.job_id.lower()
    if route is not None and isinstance(content, dict):
        job_id = content.get("jobId")
        return job_id.lower() if isinstance(job_id, str) and is_uuid(job_id) else None
    return None
