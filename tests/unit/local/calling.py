"""Plain HTTP calls to the local Pleo, and ids that are easy to read in a failing test."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from export_adapter_workstation.local.pleo import Credential, LocalPleo, NewJob, Scheme

JOB = "00000000-0000-4000-8000-0000000000aa"
OTHER_JOB = "00000000-0000-4000-8000-0000000000ab"
COMPANY = "00000000-0000-4000-8000-0000000000ca"
OTHER_COMPANY = "00000000-0000-4000-8000-0000000000cb"
TOKEN = Credential("token of one company", "test", Scheme.BEARER, frozenset({COMPANY}))
API_KEY = Credential("key of an organisation", "test-key", Scheme.BASIC)
BEARER = {"Authorization": "Bearer test"}


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - a body can be any JSON
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.json["type"]


class Caller:
    """One keep-alive connection to a server, with a bearer token unless a call says otherwise."""

    def __init__(self, url: str, timeout: float = 5) -> None:
        parts = urlsplit(url)
        self.connection = HTTPConnection(str(parts.hostname), parts.port, timeout=timeout)

    def close(self) -> None:
        self.connection.close()

    def ask(
        self,
        method: str,
        target: str,
        content: object = None,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        sent = json.dumps(content).encode() if body is None and content is not None else body
        given = {"Content-Type": "application/json", **(BEARER if headers is None else headers)}
        self.connection.request(method, target, sent, given)
        response = self.connection.getresponse()
        return Response(response.status, dict(response.getheaders()), response.read())

    def put(self, *items: Mapping[str, object], job: str = JOB, version: str = "v1") -> Response:
        return self.ask("PUT", f"/{version}/export-jobs/{job}/items", list(items))

    def items(self, query: str = "", *, job: str = JOB, version: str = "v1") -> Response:
        return self.ask("GET", f"/{version}/export-jobs/{job}/items{query}")


def entry(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def update(number: int, status: str = "successful", **more: object) -> dict[str, object]:
    return {"accountingEntryId": entry(number), "status": status, **more}


def add_job(pleo: LocalPleo, entries: int = 3, *, job: str = JOB, company: str = COMPANY) -> None:
    pleo.create_job(NewJob(job, company, tuple(entry(number) for number in range(1, entries + 1))))


def stored_status(pleo: LocalPleo, number: int, job: str = JOB) -> str:
    stored = pleo.job(job)
    assert stored is not None
    return stored.items[entry(number)].status


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}
