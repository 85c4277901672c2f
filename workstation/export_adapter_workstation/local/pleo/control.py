"""The control of a local Pleo over HTTP: what `/_local/...` takes and answers.

| request | body, or query | what it does |
|---|---|---|
| GET /_local/state | ?jobId=UUID | returns State, with all jobs or one |
| GET /_local/requests | ?since=NUMBER | returns what Pleo received, each a ReceivedRequest |
| POST /_local/jobs | NewJob | creates an export job |
| POST /_local/faults | FaultPlan | lets requests go wrong |
| DELETE /_local/faults | | lets no request go wrong any more |
| POST /_local/refusals | NewRefusal | lets Pleo refuse an accounting entry |
| DELETE /_local/refusals | ?entryId=UUID | lets Pleo accept an entry again, or all entries |
| POST /_local/credentials | Credential | accepts a credential, in place of the one of that name |
| DELETE /_local/credentials | ?name=NAME | stops accepting a credential |
| POST /_local/clock | {"seconds": NUMBER} | moves Pleo's clock forward, so that jobs expire |

Bodies are JSON objects with the fields of these dataclasses in camelCase; a field with a default may be left
out. The control needs no credentials, since the server listens on a loopback address only. Its requests meet
no fault and are not recorded. An error is 400 or 404 with an ExceptionInfo, whose message names the field.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from export_adapter_workstation.local.pleo.answers import PleoAnswer, json_answer, refused
from export_adapter_workstation.local.pleo.credentials import Credential
from export_adapter_workstation.local.pleo.faults import FaultPlan
from export_adapter_workstation.local.pleo.jobs import ExportJob, NewJob
from export_adapter_workstation.local.pleo.json_form import from_json, to_json
from export_adapter_workstation.local.pleo.requests import PleoRequest
from export_adapter_workstation.local.pleo.service import PleoService
from export_adapter_workstation.local.pleo.store import EntryRefusal

PREFIX = "/_local/"


@dataclass(frozen=True, slots=True)
class State:
    """What a local Pleo stores, and what it is told to do: names of credentials without their secrets."""

    jobs: tuple[ExportJob, ...]
    fault_plans: tuple[FaultPlan, ...] = ()
    refusals: Mapping[str, EntryRefusal] = field(default_factory=dict)
    credentials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewRefusal:
    """An entry that Pleo refuses from now on."""

    entry_id: str
    refusal: EntryRefusal = field(default_factory=EntryRefusal)


@dataclass(frozen=True, slots=True)
class _Time:
    seconds: float

    def __post_init__(self) -> None:
        if self.seconds < 0:
            raise ValueError("seconds: the clock moves forward only")


@dataclass(frozen=True, slots=True)
class _Query:
    """The parameters of a request without a body."""

    job_id: str | None = None
    since: str = "0"
    entry_id: str | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if not (self.since.isascii() and self.since.isdecimal()):
            raise ValueError("since: is not a whole number")


def control_answer(request: PleoRequest, service: PleoService) -> PleoAnswer:
    """Do what a request to /_local/ asks for, and return its answer: 200 with JSON, 400 or 404."""
    act = _ACTS.get((request.method, request.path))
    if act is None:
        return refused(404, "NOT_FOUND", f"There is no {request.method} {request.path}.")
    query = {name: values[0] for name, values in request.query.items()}
    content = query if request.method != "POST" else request.content()
    try:
        return json_answer(200, to_json(act(service, content)))
    except ValueError as error:
        return refused(400, "BAD_REQUEST", str(error))


def _state(service: PleoService, content: object) -> State:
    job_id = from_json(_Query, content).job_id
    job = None if job_id is None else service.store.job(job_id)
    return State(
        jobs=service.store.jobs() if job_id is None else tuple(filter(None, (job,))),
        fault_plans=service.faults.pending(),
        refusals=dict(service.store.refusals),
        credentials=tuple(service.credentials),
    )


def _refuse_entry(service: PleoService, content: object) -> None:
    new = from_json(NewRefusal, content)
    service.store.refuse_entry(new.entry_id, new.refusal)


_ACTS: Mapping[tuple[str, str], Callable[[PleoService, object], object]] = {
    ("GET", "/_local/state"): _state,
    ("GET", "/_local/requests"): lambda of, content: of.requests.since(int(from_json(_Query, content).since)),
    ("POST", "/_local/jobs"): lambda of, content: of.store.create_job(from_json(NewJob, content)),
    ("POST", "/_local/faults"): lambda of, content: of.faults.add(from_json(FaultPlan, content)),
    ("DELETE", "/_local/faults"): lambda of, _: of.faults.clear(),
    ("POST", "/_local/refusals"): _refuse_entry,
    ("DELETE", "/_local/refusals"): lambda of, content: of.store.accept_entry(
        from_json(_Query, content).entry_id
    ),
    ("POST", "/_local/credentials"): lambda of, content: of.put_credential(from_json(Credential, content)),
    ("DELETE", "/_local/credentials"): lambda of, content: of.remove_credential(
        from_json(_Query, content).name
    ),
    ("POST", "/_local/clock"): lambda of, content: of.store.move_clock(
        timedelta(seconds=from_json(_Time, content).seconds)
    ),
}
