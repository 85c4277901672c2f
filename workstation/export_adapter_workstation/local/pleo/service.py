"""The local Pleo without its sockets: a request goes in, a reply with its faults comes out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from export_adapter_workstation.local.pleo.answers import Answer, refused
from export_adapter_workstation.local.pleo.api import HIGHEST_NUMBER_OF_ITEMS, answer_to
from export_adapter_workstation.local.pleo.books import Books
from export_adapter_workstation.local.pleo.credentials import Caller, Credential, Credentials
from export_adapter_workstation.local.pleo.fault_plan import FaultPlan, Target
from export_adapter_workstation.local.pleo.faults import (
    SUBSTITUTES,
    AnswerStatus,
    ConnectionReset,
    CutOffBody,
    EmptyBody,
    Fault,
    HtmlBody,
    ItemAnsweredWithStatus,
    ItemError,
    ItemLeftOut,
    Latency,
    LowerLimit,
    Redirect,
    SecretRotated,
    SlowDrip,
    Substitute,
    WireFault,
)
from export_adapter_workstation.local.pleo.jobs import Refusal
from export_adapter_workstation.local.pleo.requests import PleoRequest, ReceivedRequest, RequestRecord

_PAGE = (
    b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back over the wire: an answer, or None for a reset, and the faults in sending it."""

    answer: Answer | None
    wire_faults: tuple[WireFault, ...] = ()


class PleoService:
    """Jobs, credentials, faults and the record of requests, put together.

    clock returns an aware datetime; sleep takes seconds and is called for latency alone.
    """

    def __init__(
        self,
        *,
        credentials: Iterable[Credential] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None],
        item_updates_renew_the_hour: bool = True,
    ) -> None:
        self.books = Books(clock, item_updates_renew_the_hour=item_updates_renew_the_hour)
        self.credentials = Credentials(credentials)
        self.faults = FaultPlan()
        self.requests = RequestRecord()
        self.sleep = sleep

    def reply_to(self, request: PleoRequest) -> Reply:
        """Return the reply to a request, with the faults that are planned for it, and note both."""
        caller = self.credentials.caller(request.authorization)
        received = self.requests.arrived(request, caller.scheme, caller.name)
        faults = self.faults.for_request(_target(received))
        self.requests.answered(received, None, [type(fault).__name__ for fault in faults])
        reply = self._reply(request, caller, faults)
        status = None if reply.answer is None else reply.answer.status
        self.requests.answered(received, status, [type(fault).__name__ for fault in faults])
        return reply

    def _reply(self, request: PleoRequest, caller: Caller, faults: Sequence[Fault]) -> Reply:
        self._wait(faults, applied=False)
        for fault in faults:
            if isinstance(fault, SecretRotated):
                self.credentials.rotate(fault.credential, fault.secret)
                caller = self.credentials.caller(request.authorization)
        reset = next((fault for fault in faults if isinstance(fault, ConnectionReset)), None)
        if reset is not None and not reset.applied:
            return Reply(None, (reset,))
        substitute = next((fault for fault in faults if isinstance(fault, SUBSTITUTES)), None)
        answer = None
        if substitute is None or substitute.applied:
            answer = self._answer(request, caller, faults)
        self._wait(faults, applied=True)
        if reset is not None:
            return Reply(None, (reset,))
        if substitute is not None:
            answer = _substituted(substitute, self.books.now())
        return Reply(answer, tuple(fault for fault in faults if isinstance(fault, (CutOffBody, SlowDrip))))

    def _answer(self, request: PleoRequest, caller: Caller, faults: Sequence[Fault]) -> Answer:
        limits = [fault.items for fault in faults if isinstance(fault, LowerLimit)]
        return answer_to(
            request,
            caller,
            self.books,
            item_faults=[
                fault
                for fault in faults
                if isinstance(fault, (ItemLeftOut, ItemAnsweredWithStatus, ItemError))
            ],
            highest_number_of_items=min([HIGHEST_NUMBER_OF_ITEMS, *limits]),
        )

    def _wait(self, faults: Sequence[Fault], *, applied: bool) -> None:
        for fault in faults:
            if isinstance(fault, Latency) and fault.applied is applied:
                self.sleep(fault.seconds)


def _target(received: ReceivedRequest) -> Target:
    entry_ids = (item.get("accountingEntryId") for item in received.items or ())
    return Target(
        method=received.method,
        job_id=received.job_id,
        entry_ids=frozenset(entry_id.lower() for entry_id in entry_ids if isinstance(entry_id, str)),
    )


def _substituted(fault: Substitute, now: datetime) -> Answer:
    match fault:
        case AnswerStatus():
            retry_after = fault.retry_after_header(now)
            headers = () if retry_after is None else (("Retry-After", retry_after),)
            return refused(Refusal(fault.status, fault.type, fault.message), *headers)
        case HtmlBody():
            return Answer(fault.status, _PAGE, "text/html; charset=utf-8")
        case EmptyBody():
            return Answer(fault.status)
        case Redirect():
            return Answer(fault.status, headers=(("Location", fault.location),))
