"""Steers a local Pleo over HTTP, from this process or another one."""

import json
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urlsplit

from export_adapter_workstation.local.pleo.control import NewRefusal, State
from export_adapter_workstation.local.pleo.credentials import Credential
from export_adapter_workstation.local.pleo.faults import Fault, FaultPlan
from export_adapter_workstation.local.pleo.jobs import ExportJob, NewJob
from export_adapter_workstation.local.pleo.json_form import from_json, to_json
from export_adapter_workstation.local.pleo.requests import ReceivedRequest
from export_adapter_workstation.local.pleo.store import EntryRefusal

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost"})


class LocalPleoError(Exception):
    """The local Pleo does not answer, or refuses what it was asked."""


@dataclass(frozen=True, slots=True)
class _Received:
    """The answer to a look at the requests."""

    requests: tuple[ReceivedRequest, ...]


class LocalPleo:
    """A local Pleo that runs somewhere on this machine. url is its base URL, timeout is in seconds.

    Every call raises LocalPleoError if the server does not answer or refuses, with what it says.
    """

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK_HOSTS:
            raise LocalPleoError("The local Pleo has an http URL on a loopback address.")
        self.url = url.rstrip("/")
        self._host, self._port, self._timeout = parts.hostname, parts.port, timeout

    def create_job(self, new: NewJob) -> ExportJob:
        """Create a job and return it."""
        return from_json(ExportJob, self._ask("POST", "jobs", new))

    def state(self, job_id: str | None = None) -> State:
        """Return what Pleo stores, of all jobs or of one, and the faults and refusals that are planned."""
        return from_json(State, self._ask("GET", "state", **({"jobId": job_id} if job_id else {})))

    def jobs(self) -> tuple[ExportJob, ...]:
        """Return all jobs with their items, oldest first."""
        return self.state().jobs

    def job(self, job_id: str) -> ExportJob | None:
        """Return one job with its items, or None if there is none."""
        return next(iter(self.state(job_id).jobs), None)

    def requests(self, since: int = 0) -> tuple[ReceivedRequest, ...]:
        """Return the requests that Pleo received, those with a number above since."""
        return from_json(_Received, {"requests": self._ask("GET", "requests", since=str(since))}).requests

    def item_updates(self, job_id: str | None = None) -> tuple[ReceivedRequest, ...]:
        """Return the PUTs that Pleo received, of all jobs or of one."""
        return tuple(one for one in self.requests() if one.method == "PUT" and job_id in {None, one.job_id})

    def fail(self, plan: FaultPlan) -> None:
        """Let the requests of a plan go wrong."""
        self._ask("POST", "faults", plan)

    def fail_next(self, *faults: Fault) -> None:
        """Let the next requests go wrong, one with each of these faults, in this order."""
        for fault in faults:
            self.fail(FaultPlan(faults=(fault,), times=1))

    def clear_faults(self) -> None:
        """Let no request go wrong any more."""
        self._ask("DELETE", "faults")

    def refuse_entry(self, entry_id: str, refusal: EntryRefusal | None = None) -> None:
        """Refuse an accounting entry from now on."""
        self._ask("POST", "refusals", NewRefusal(entry_id, refusal or EntryRefusal()))

    def accept_entry(self, entry_id: str | None = None) -> None:
        """Stop refusing an accounting entry, or any."""
        self._ask("DELETE", "refusals", **({"entryId": entry_id} if entry_id else {}))

    def put_credential(self, credential: Credential) -> None:
        """Accept a credential; it replaces the one of the same name."""
        self._ask("POST", "credentials", credential)

    def remove_credential(self, name: str) -> None:
        """Stop accepting a credential."""
        self._ask("DELETE", "credentials", name=name)

    def move_clock(self, by: timedelta) -> None:
        """Let time pass in the local Pleo, so that jobs expire."""
        self._ask("POST", "clock", {"seconds": by.total_seconds()})

    def _ask(self, method: str, what: str, content: object = None, **query: str) -> object:
        connection = HTTPConnection(str(self._host), self._port, timeout=self._timeout)
        body = None if content is None else json.dumps(to_json(content)).encode()
        try:
            target = f"/_local/{what}" + (f"?{urlencode(query)}" if query else "")
            connection.request(method, target, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer: object = json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:
            raise LocalPleoError(f"The local Pleo at {self.url} does not answer: {error}") from error
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            said = answer.get("message") if isinstance(answer, dict) else None
            raise LocalPleoError(f"The local Pleo refused {method} {target}: {said}")
        return answer
