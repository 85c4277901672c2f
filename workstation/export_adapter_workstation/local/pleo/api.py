"""What Pleo answers to a request when nothing goes wrong on the way.

The order of the checks: credentials, path, job, company, then the body, the size of the batch, the job's
status and at last each item. Where Pleo's documents are silent the local Pleo is strict: an unknown property,
an entry that comes twice in one array, and a media type that is not JSON are refused, since none of them can
be meant.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import cast

from export_adapter_workstation.local.pleo.answers import (
    Answer,
    item_json,
    job_json,
    json_answer,
    refused,
    update_json,
)
from export_adapter_workstation.local.pleo.books import NO_SUCH_JOB, Books
from export_adapter_workstation.local.pleo.credentials import Caller
from export_adapter_workstation.local.pleo.faults import ItemFault
from export_adapter_workstation.local.pleo.jobs import ExportJob, JobEvent, Refusal, ReportedEvent
from export_adapter_workstation.local.pleo.paging import page_of
from export_adapter_workstation.local.pleo.requests import PleoRequest, Route, Unreadable
from export_adapter_workstation.local.pleo.specification import (
    Violation,
    compiled,
    enum_values,
    is_uuid,
    request_schema,
)

HIGHEST_NUMBER_OF_ITEMS = 100


def answer_to(
    request: PleoRequest,
    caller: Caller,
    books: Books,
    *,
    item_faults: Sequence[ItemFault] = (),
    highest_number_of_items: int = HIGHEST_NUMBER_OF_ITEMS,
) -> Answer:
    """Return Pleo's answer, after it has taken effect in the books."""
    if caller.credential is None:
        return refused(
            Refusal(401, "UNAUTHORIZED", "The credentials are missing, wrong or expired."),
            ("WWW-Authenticate", "Bearer"),
        )
    route = request.route()
    if route is None:
        return refused(Refusal(404, "NOT_FOUND", "There is nothing at this path."))
    if route.job_id is None:
        return _answer_to_event(request, caller, route, books)
    job = _reachable_job(route.job_id, caller, books)
    if isinstance(job, Refusal):
        return refused(job)
    if request.method == "PUT" and route.template.endswith("/items"):
        return _answer_to_update(request, route, job, books, item_faults, highest_number_of_items)
    return _answer_to_look(request, route, job)


def _answer_to_look(request: PleoRequest, route: Route, job: ExportJob) -> Answer:
    match request.method, route.template.endswith("/items"):
        case "GET", True:
            return _answer_with_items(request, route, job)
        case "GET", False:
            return json_answer(200, {"data": job_json(job, route.version)})
        case _:
            return _wrong_method(request)


def _reachable_job(job_id: str, caller: Caller, books: Books) -> ExportJob | Refusal:
    if not is_uuid(job_id):
        return Refusal(400, "BAD_REQUEST", "jobId is no UUID.")
    job = books.job(job_id)
    if job is None:
        return NO_SUCH_JOB
    if caller.credential is None or not caller.credential.may_touch(job.company_id):
        return Refusal(403, "FORBIDDEN", "The credentials do not reach this company.")
    return job


def _answer_to_update(
    request: PleoRequest,
    route: Route,
    job: ExportJob,
    books: Books,
    item_faults: Sequence[ItemFault],
    highest_number_of_items: int,
) -> Answer:
    updates = _legal_updates(request, route, highest_number_of_items)
    if isinstance(updates, Refusal):
        return refused(updates)
    result = books.update_items(job.job_id, updates, item_faults)
    if isinstance(result, Refusal):
        return refused(result)
    return json_answer(200, update_json(result, job.job_id, route.version))


def _legal_updates(
    request: PleoRequest, route: Route, highest_number_of_items: int
) -> Sequence[Mapping[str, str]] | Refusal:
    content = _json_content(request)
    if isinstance(content, Refusal):
        return content
    if isinstance(content, list) and len(content) > highest_number_of_items:
        message = f"Number of items to update is more than {highest_number_of_items}."
        return Refusal(413, "EXPORT_JOB_ITEMS_UPDATE_LIMIT", message)
    violation = _request_check(request.method, route.template)(content)
    if violation is not None:
        return _broken(violation)
    updates = [
        {**update, "accountingEntryId": update["accountingEntryId"].lower()}
        for update in cast("Sequence[Mapping[str, str]]", content)
    ]
    if len({update["accountingEntryId"] for update in updates}) < len(updates):
        return Refusal(400, "BAD_REQUEST", "An accountingEntryId comes more than once.")
    return updates


def _answer_with_items(request: PleoRequest, route: Route, job: ExportJob) -> Answer:
    query = request.query
    status = query["status"][0] if "status" in query else None
    if status is not None and status not in enum_values("ExportJobItemStatus"):
        return refused(Refusal(400, "BAD_REQUEST", "status is not one of the statuses of an item."))
    page = page_of(tuple(job.items.values()), query, status)
    if isinstance(page, Refusal):
        return refused(page)
    data = [item_json(item, job.job_id, route.version) for item in page.items]
    return json_answer(200, {"data": data, "pagination": page.pagination})


def _answer_to_event(request: PleoRequest, caller: Caller, route: Route, books: Books) -> Answer:
    if request.method != "POST":
        return _wrong_method(request)
    content = _json_content(request)
    if isinstance(content, Refusal):
        return refused(content)
    violation = _request_check(request.method, route.template)(content)
    if violation is not None:
        return refused(_broken(violation))
    body = cast("Mapping[str, str]", content)
    job = _reachable_job(body["jobId"], caller, books)
    if isinstance(job, Refusal):
        return refused(job)
    moved = books.report(
        ReportedEvent(
            event=JobEvent(body["event"]),
            job_id=job.job_id,
            failure_reason=body.get("failureReason"),
            failure_reason_type=body.get("failureReasonType"),
        )
    )
    return refused(moved) if isinstance(moved, Refusal) else Answer(202)


def _json_content(request: PleoRequest) -> object | Refusal:
    media_type = (request.content_type or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        return Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type is not application/json.")
    content = request.content()
    if isinstance(content, Unreadable):
        return Refusal(400, "BAD_REQUEST", "The body is no JSON.")
    return content


@cache
def _request_check(method: str, template: str) -> Callable[[object], Violation | None]:
    return compiled(request_schema(method, template, closed=True))


def _broken(violation: Violation) -> Refusal:
    return Refusal(400, "BAD_REQUEST", violation.reason)


def _wrong_method(request: PleoRequest) -> Answer:
    return refused(Refusal(405, "METHOD_NOT_ALLOWED", f"{request.method} is not possible at this path."))
