"""Talk to a local Pleo that runs in another process."""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import cast
from urllib.parse import urlencode, urlsplit

from export_adapter_workstation.local.pleo.admin_json import (
    Json,
    credential_json,
    held_job_from_json,
    new_job_json,
    request_from_json,
)
from export_adapter_workstation.local.pleo.credentials import Credential
from export_adapter_workstation.local.pleo.fault_plan import RandomFault
from export_adapter_workstation.local.pleo.faults import Fault
from export_adapter_workstation.local.pleo.faults_json import fault_json
from export_adapter_workstation.local.pleo.jobs import EntryRefusal, ExportJob, NewJob
from export_adapter_workstation.local.pleo.requests import ReceivedRequest

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost"})


class LocalPleoError(Exception):
    """The local Pleo cannot be reached, or did not do what it was asked."""


class LocalPleoClient:
    """The same verbs as LocalPleo has, over HTTP. url is the base URL; timeout is in seconds.

    Every call raises LocalPleoError where the server cannot be reached or refuses, with what it says.
    """

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK_HOSTS:
            raise LocalPleoError("The local Pleo has an http URL on a loopback address.")
        self.url = url.rstrip("/")
        self._host, self._port, self._timeout = parts.hostname, parts.port, timeout

    def create_job(self, new: NewJob) -> ExportJob:
        """Create a job and return it."""
        return held_job_from_json(self._ask("POST", "/_local/jobs", new_job_json(new)))

    def create_jobs(self, jobs: Iterable[NewJob]) -> tuple[ExportJob, ...]:
        """Create several jobs, as jobs_for returns them."""
        return tuple(self.create_job(new) for new in jobs)

    def jobs(self) -> tuple[ExportJob, ...]:
        """Return all jobs with their items, oldest first."""
        state = self._ask("GET", "/_local/state")
        return tuple(held_job_from_json(job) for job in cast("Sequence[Json]", state["jobs"]))

    def job(self, job_id: str) -> ExportJob | None:
        """Return one job with its items, or None where there is none."""
        return next((job for job in self.jobs() if job.job_id == job_id.lower()), None)

    def requests(self, since: int = 0) -> tuple[ReceivedRequest, ...]:
        """Return the record of requests, those with a number above since."""
        answer = self._ask("GET", "/_local/requests?" + urlencode({"since": since}))
        return tuple(request_from_json(one) for one in cast("Sequence[Json]", answer["requests"]))

    def clear_requests(self) -> None:
        """Forget what was received."""
        self._ask("DELETE", "/_local/requests")

    def next_faults(
        self,
        *faults: Fault,
        times: int | None = 1,
        method: str | None = None,
        job_id: str | None = None,
        entry_id: str | None = None,
    ) -> None:
        """Strike the next matching requests, as FaultPlan.next does."""
        body = {
            "faults": [fault_json(fault) for fault in faults],
            "times": times,
            "method": method,
            "jobId": job_id,
            "accountingEntryId": entry_id,
        }
        self._ask("POST", "/_local/faults", body)

    def random_faults(self, seed: int, rates: Iterable[RandomFault]) -> None:
        """Strike requests at random, as FaultPlan.random does."""
        listed = [{"rate": one.rate, "fault": fault_json(one.fault)} for one in rates]
        self._ask("POST", "/_local/faults/random", {"seed": seed, "rates": listed})

    def clear_faults(self) -> None:
        """Forget all faults that have not struck."""
        self._ask("DELETE", "/_local/faults")

    def put_credential(self, credential: Credential) -> None:
        """Let a credential in; the one that had its name is refused from now on."""
        self._ask("POST", "/_local/credentials", credential_json(credential))

    def remove_credential(self, name: str) -> None:
        """Refuse a credential from now on."""
        self._ask("DELETE", "/_local/credentials?" + urlencode({"name": name}))

    def refuse_entry(self, entry_id: str, refusal: EntryRefusal | None = None) -> None:
        """Refuse an accounting entry from now on, until it is accepted."""
        refusal = refusal or EntryRefusal()
        body = {
            "accountingEntryId": entry_id,
            "type": refusal.type,
            "message": refusal.message,
            "status": refusal.status,
        }
        self._ask("POST", "/_local/refuse", body)

    def accept_entry(self, entry_id: str) -> None:
        """Refuse an accounting entry no longer."""
        self._ask("POST", "/_local/accept", {"accountingEntryId": entry_id})

    def put_clock_forward(self, by: timedelta) -> None:
        """Let time pass in the local Pleo."""
        self._ask("POST", "/_local/clock", {"seconds": by.total_seconds()})

    def _ask(self, method: str, target: str, content: object = None) -> Json:
        connection = HTTPConnection(str(self._host), self._port, timeout=self._timeout)
        body = None if content is None else json.dumps(content).encode()
        try:
            connection.request(method, target, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = cast("Json", json.loads(response.read()))
        except (OSError, HTTPException, ValueError) as error:
            raise LocalPleoError(f"The local Pleo at {self.url} does not answer: {error}") from error
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise LocalPleoError(f"The local Pleo refused {method} {target}: {answer.get('message')}")
        return answer
