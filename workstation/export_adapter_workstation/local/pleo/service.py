"""The local Pleo without its sockets: a request goes in, an answer and its fault come out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from export_adapter_workstation.local.pleo.answers import PleoAnswer, refused
from export_adapter_workstation.local.pleo.api import MAX_ITEMS, answer_to
from export_adapter_workstation.local.pleo.credentials import Credential, credential_of
from export_adapter_workstation.local.pleo.faults import Fault, FaultPlans, Target
from export_adapter_workstation.local.pleo.requests import PleoRequest, ReceivedRequest, RequestRecord
from export_adapter_workstation.local.pleo.store import Store

NO_FAULT = Fault()
_PAGE = (
    b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back over the wire: an answer, or None for a reset, and the fault in sending it."""

    answer: PleoAnswer | None
    fault: Fault = NO_FAULT


class PleoService:
    """Jobs, credentials, faults and the record of requests, put together.

    clock returns an aware datetime; sleep takes seconds and is called for a fault's delay.
    """

    def __init__(self, clock: Callable[[], datetime], sleep: Callable[[float], None]) -> None:
        self.store = Store(clock)
        self.credentials: dict[str, Credential] = {}
        self.faults = FaultPlans(self.store.now)
        self.requests = RequestRecord()
        self._sleep = sleep

    def put_credential(self, credential: Credential) -> None:
        """Accept a credential; it replaces the one of the same name."""
        self.credentials[credential.name] = credential

    def remove_credential(self, name: str) -> None:
        """Stop accepting a credential; an unknown name is not an error."""
        self.credentials.pop(name, None)

    def reply_to(self, request: PleoRequest) -> Reply:
        """Return the reply to a request, with the fault that is planned for it, and record both."""
        credential = credential_of(request.authorization, tuple(self.credentials.values()))
        received = self.requests.arrived(request, None if credential is None else credential.name)
        fault = self.faults.fault_of(self._target(received)) or NO_FAULT
        words = str(fault) or None
        self.requests.answered(received, None, words)
        answer = self._answer(request, credential, fault)
        self.requests.answered(received, None if answer is None else answer.status, words)
        return Reply(answer, fault)

    def _target(self, received: ReceivedRequest) -> Target:
        job = None if received.job_id is None else self.store.job(received.job_id)
        entry_ids = (item.get("accountingEntryId") for item in received.items or ())
        return Target(
            method=received.method,
            job_id=received.job_id,
            company_id=None if job is None else job.company_id,
            entry_ids=frozenset(entry_id.lower() for entry_id in entry_ids if isinstance(entry_id, str)),
        )

    def _answer(self, request: PleoRequest, credential: Credential | None, fault: Fault) -> PleoAnswer | None:
        answer = None
        if fault.delay and not fault.applied:
            self._sleep(fault.delay)
        if fault.applied or not fault.replaces_the_answer:
            answer = answer_to(
                request,
                None if credential is None else credential.reaches,
                self.store,
                faults=(fault,),
                max_items=min(MAX_ITEMS, fault.limit or MAX_ITEMS),
            )
        if fault.delay and fault.applied:
            self._sleep(fault.delay)
        if fault.reset:
            return None
        return answer if fault.status is None else self._instead(fault, fault.status)

    def _instead(self, fault: Fault, status: int) -> PleoAnswer:
        named = (
            ("Retry-After", fault.retry_after_header(self.store.now())),
            ("Location", fault.location),
        )
        headers = tuple((name, value) for name, value in named if value is not None)
        match fault.body:
            case "error":
                return refused(status, fault.error_type, fault.message, *headers)
            case "html":
                return PleoAnswer(status, _PAGE, "text/html; charset=utf-8", headers)
            case "empty":
                return PleoAnswer(status, headers=headers)
