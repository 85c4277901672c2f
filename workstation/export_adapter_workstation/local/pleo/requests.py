"""A request as the local Pleo reads it, and the record of all requests, for tests and people to look at."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from export_adapter.model import ApiVersion

_ITEMS = re.compile(r"/(?P<version>v[123])/export-jobs/(?P<job_id>[^/]+)/items")


@dataclass(frozen=True, slots=True)
class Route:
    """The operation that a path leads to; template is the path in the specification."""

    version: ApiVersion
    template: str
    job_id: str


@dataclass(frozen=True, slots=True)
class PleoRequest:
    """An HTTP request, as far as Pleo looks at it; target is the path with the query."""

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
        """Return the operation of the path, or None if Pleo has none there."""
        items = _ITEMS.fullmatch(self.path)
        if items is None:
            return None
        version = ApiVersion(items["version"])
        return Route(version, f"/{version}/export-jobs/{{jobId}}/items", items["job_id"].lower())

    def content(self) -> object:
        """Return the body as JSON, or None if it is not JSON: Pleo takes null nowhere."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request in the record.

    number counts from 1 in the order of arrival. credential is the name of the credential that was used, None
    if the server does not know it; the secret itself is not recorded. items is the body of an item update if
    that is an array. status is None while the answer is awaited, and if there was none (a reset). fault says
    what struck the request.
    """

    number: int
    method: str
    path: str
    credential: str | None = None
    job_id: str | None = None
    items: tuple[Mapping[str, object], ...] | None = None
    status: int | None = None
    fault: str | None = None


class RequestRecord:
    """Every request to Pleo's paths, in the order of arrival."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._received: list[ReceivedRequest] = []

    def arrived(self, request: PleoRequest, credential: str | None) -> ReceivedRequest:
        """Record a request before it is answered."""
        content = request.content()
        items = [one for one in content if isinstance(one, dict)] if isinstance(content, list) else None
        route = request.route()
        with self._lock:
            received = ReceivedRequest(
                number=len(self._received) + 1,
                method=request.method,
                path=request.path,
                credential=credential,
                job_id=None if route is None else route.job_id,
                items=None if items is None else tuple(items),
            )
            self._received.append(received)
            return received

    def answered(self, received: ReceivedRequest, status: int | None, fault: str | None) -> None:
        """Record what became of a request."""
        with self._lock:
            self._received[received.number - 1] = replace(received, status=status, fault=fault)

    def since(self, number: int = 0) -> tuple[ReceivedRequest, ...]:
        """Return the requests with a higher number."""
        with self._lock:
            return tuple(self._received[number:])
