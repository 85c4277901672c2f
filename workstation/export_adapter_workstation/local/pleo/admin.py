"""The local Pleo's own endpoints under /_local/, for processes that cannot reach into it.

They need no credentials and are in no record: the server listens on a loopback address only. What they take
is checked by the schemas below; an error is an ExceptionInfo, as Pleo's own are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from export_adapter_workstation.local.pleo.admin_json import (
    Json,
    credential_from_json,
    held_job_json,
    new_job_from_json,
    request_json,
)
from export_adapter_workstation.local.pleo.answers import Answer, json_answer, refused
from export_adapter_workstation.local.pleo.credentials import Scheme
from export_adapter_workstation.local.pleo.fault_plan import RandomFault
from export_adapter_workstation.local.pleo.faults_json import fault_from_json
from export_adapter_workstation.local.pleo.jobs import EntryRefusal, JobStatus, Refusal
from export_adapter_workstation.local.pleo.requests import PleoRequest, Unreadable
from export_adapter_workstation.local.pleo.service import PleoService
from export_adapter_workstation.local.pleo.specification import Violation, compiled

ADMIN_PREFIX = "/_local/"

_UUID = {"type": "string", "format": "uuid"}
_TEXT = {"type": "string", "minLength": 1}
_COUNT = {"type": ["integer", "null"], "minimum": 1}


@dataclass(frozen=True, slots=True)
class _Endpoint:
    check: Callable[[object], Violation | None]
    act: Callable[[PleoService, Json], object]


def admin_answer(request: PleoRequest, service: PleoService) -> Answer:
    """Do what a request to /_local/ asks for, and return what came of it: 200 with JSON, 400 or 404."""
    endpoint = _ENDPOINTS.get((request.method, request.path))
    if endpoint is None:
        return refused(Refusal(404, "NOT_FOUND", f"There is no {request.method} {request.path}."))
    content = (
        request.content() if request.body else {name: values[0] for name, values in request.query.items()}
    )
    if isinstance(content, Unreadable):
        return refused(Refusal(400, "BAD_REQUEST", "The body is no JSON."))
    violation = endpoint.check(content)
    if violation is not None:
        return refused(Refusal(400, "BAD_REQUEST", violation.reason))
    try:
        return json_answer(200, endpoint.act(service, cast("Json", content)))
    except ValueError as error:
        return refused(Refusal(400, "BAD_REQUEST", str(error)))


def _endpoint(
    act: Callable[[PleoService, Json], object],
    properties: Mapping[str, object] | None = None,
    required: Sequence[str] = (),
) -> _Endpoint:
    schema = {
        "type": "object",
        "properties": dict(properties or {}),
        "required": list(required),
        "additionalProperties": False,
    }
    return _Endpoint(compiled(schema), act)


def _state(service: PleoService, _: Json) -> object:
    return {
        "jobs": [held_job_json(job) for job in service.books.jobs()],
        "credentials": list(service.credentials.names()),
    }


def _requests(service: PleoService, content: Json) -> object:
    since = int(str(content.get("since", "0")))
    return {"requests": [request_json(received) for received in service.requests.all(since)]}


def _clear_requests(service: PleoService, _: Json) -> object:
    service.requests.clear()
    return {}


def _create_job(service: PleoService, content: Json) -> object:
    return held_job_json(service.books.create_job(new_job_from_json(content)))


def _plan_faults(service: PleoService, content: Json) -> object:
    service.faults.next(
        *(fault_from_json(one) for one in cast("Sequence[object]", content["faults"])),
        times=cast("int | None", content.get("times", 1)),
        method=cast("str | None", content.get("method")),
        job_id=cast("str | None", content.get("jobId")),
        entry_id=cast("str | None", content.get("accountingEntryId")),
    )
    return {}


def _random_faults(service: PleoService, content: Json) -> object:
    rates = [
        RandomFault(fault_from_json(one["fault"]), float(cast("float", one["rate"])))
        for one in cast("Sequence[Json]", content["rates"])
    ]
    service.faults.random(cast("int", content["seed"]), rates)
    return {}


def _clear_faults(service: PleoService, _: Json) -> object:
    service.faults.clear()
    return {}


def _put_credential(service: PleoService, content: Json) -> object:
    service.credentials.put(credential_from_json(content))
    return {}


def _remove_credential(service: PleoService, content: Json) -> object:
    service.credentials.remove(str(content["name"]))
    return {}


def _refuse_entry(service: PleoService, content: Json) -> object:
    refusal = EntryRefusal(
        type=str(content.get("type", EntryRefusal().type)),
        message=str(content.get("message", EntryRefusal().message)),
        status=cast("int", content.get("status", EntryRefusal().status)),
    )
    service.books.refuse_entry(str(content["accountingEntryId"]), refusal)
    return {}


def _accept_entry(service: PleoService, content: Json) -> object:
    service.books.accept_entry(str(content["accountingEntryId"]))
    return {}


def _put_clock_forward(service: PleoService, content: Json) -> object:
    service.books.put_clock_forward(timedelta(seconds=float(cast("float", content["seconds"]))))
    return {}


_ENDPOINTS: Mapping[tuple[str, str], _Endpoint] = {
    ("GET", "/_local/state"): _endpoint(_state),
    ("GET", "/_local/requests"): _endpoint(
        _requests, {"since": {"type": "string", "pattern": "^[0-9]{1,9}$"}}
    ),
    ("DELETE", "/_local/requests"): _endpoint(_clear_requests),
    ("POST", "/_local/jobs"): _endpoint(
        _create_job,
        {
            "exportJobId": _UUID,
            "companyId": _UUID,
            "accountingEntryIds": {"type": "array", "items": _UUID},
            "status": {"enum": [str(status) for status in JobStatus]},
        },
        ["exportJobId", "companyId", "accountingEntryIds"],
    ),
    ("POST", "/_local/faults"): _endpoint(
        _plan_faults,
        {
            "faults": {"type": "array", "minItems": 1, "items": {"type": "object"}},
            "times": _COUNT,
            "method": {"enum": ["GET", "PUT", "POST", None]},
            "jobId": {"type": ["string", "null"]},
            "accountingEntryId": {"type": ["string", "null"]},
        },
        ["faults"],
    ),
    ("POST", "/_local/faults/random"): _endpoint(
        _random_faults,
        {
            "seed": {"type": "integer"},
            "rates": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"rate": {"type": "number"}, "fault": {"type": "object"}},
                    "required": ["rate", "fault"],
                },
            },
        },
        ["seed", "rates"],
    ),
    ("DELETE", "/_local/faults"): _endpoint(_clear_faults),
    ("POST", "/_local/credentials"): _endpoint(
        _put_credential,
        {
            "name": _TEXT,
            "secret": _TEXT,
            "scheme": {"enum": [str(Scheme.BEARER), str(Scheme.BASIC)]},
            "companies": {"type": ["array", "null"], "items": _UUID},
        },
        ["name", "secret"],
    ),
    ("DELETE", "/_local/credentials"): _endpoint(_remove_credential, {"name": _TEXT}, ["name"]),
    ("POST", "/_local/refuse"): _endpoint(
        _refuse_entry,
        {
            "accountingEntryId": _UUID,
            "type": _TEXT,
            "message": {"type": "string"},
            "status": {"type": "integer"},
        },
        ["accountingEntryId"],
    ),
    ("POST", "/_local/accept"): _endpoint(_accept_entry, {"accountingEntryId": _UUID}, ["accountingEntryId"]),
    ("POST", "/_local/clock"): _endpoint(
        _put_clock_forward, {"seconds": {"type": "number", "minimum": 0}}, ["seconds"]
    ),
}
