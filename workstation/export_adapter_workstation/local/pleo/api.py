"""What Pleo answers to a request when nothing goes wrong on the way. No I/O.

It has the operations that the adapter uses: to update the items of an export job, and to list them. The order
of the checks: credentials, path, job, company, then the body, the size of the batch, the job's status and at
last each item. Where Pleo's documents say nothing it is strict: it refuses an unknown property, an entry that
occurs twice in one array, and a media type other than JSON.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final, cast

from export_adapter_workstation.local.pleo.answers import (
    PleoAnswer,
    items_json,
    json_answer,
    refusal_answer,
    refused,
    update_answer,
)
from export_adapter_workstation.local.pleo.faults import Fault
from export_adapter_workstation.local.pleo.jobs import ExportJob
from export_adapter_workstation.local.pleo.paging import page_of
from export_adapter_workstation.local.pleo.requests import PleoRequest, Route
from export_adapter_workstation.local.pleo.specification import Violation, compiled, is_uuid, request_schema
from export_adapter_workstation.local.pleo.store import NO_SUCH_JOB, Refusal, Store

MAX_ITEMS: Final = 100
"""The highest number of items in one update."""

type Reaches = Callable[[str], bool]
"""Whether the caller's credentials are valid for a company."""


def answer_to(
    request: PleoRequest,
    reaches: Reaches | None,
    store: Store,
    *,
    faults: Sequence[Fault] = (),
    max_items: int = MAX_ITEMS,
) -> PleoAnswer:
    """Return Pleo's answer, after it has taken effect in the store.

    reaches is None for credentials that are not known. faults strike single items of an update.
    """
    if reaches is None:
        message = "The credentials are missing, wrong or expired."
        return refused(401, "UNAUTHORIZED", message, ("WWW-Authenticate", "Bearer"))
    route = request.route()
    if route is None:
        return refused(404, "NOT_FOUND", "There is nothing at this path.")
    job = _reachable_job(route.job_id, reaches, store)
    if isinstance(job, Refusal):
        return refusal_answer(job)
    match request.method:
        case "PUT":
            return _answer_to_update(request, route, job, store, faults, max_items)
        case "GET":
            return _answer_with_items(request, route, job)
        case _:
            return refused(405, "METHOD_NOT_ALLOWED", f"{request.method} is not possible at this path.")


def valid_updates(
    request: PleoRequest, route: Route, max_items: int = MAX_ITEMS
) -> Sequence[Mapping[str, str]] | Refusal:
    """Return the elements of an item update, ids in lower case, or why Pleo refuses all of them."""
    media_type = (request.content_type or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        return Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type is not application/json.")
    content = request.content()
    if isinstance(content, list) and len(content) > max_items:
        message = f"Number of items to update is more than {max_items}."
        return Refusal(413, "EXPORT_JOB_ITEMS_UPDATE_LIMIT", message)
    violation = update_check(route.template)(content)
    if violation is not None:
        return Refusal(400, "BAD_REQUEST", violation.reason)
    updates = [
        {**update, "accountingEntryId": update["accountingEntryId"].lower()}
        for update in cast("Sequence[Mapping[str, str]]", content)
    ]
    if len({update["accountingEntryId"] for update in updates}) < len(updates):
        return Refusal(400, "BAD_REQUEST", "An accountingEntryId occurs more than once.")
    return updates


@cache
def update_check(template: str) -> Callable[[object], Violation | None]:
    """Return a check of an item update's body; template is the operation's path in the specification."""
    return compiled(request_schema("PUT", template, closed=True))


def _reachable_job(job_id: str, reaches: Reaches, store: Store) -> ExportJob | Refusal:
    if not is_uuid(job_id):
        return Refusal(400, "BAD_REQUEST", "jobId is not a UUID.")
    job = store.job(job_id)
    if job is None:
        return NO_SUCH_JOB
    if not reaches(job.company_id):
        return Refusal(403, "FORBIDDEN", "The credentials do not reach this company.")
    return job


def _answer_to_update(
    request: PleoRequest, route: Route, job: ExportJob, store: Store, faults: Sequence[Fault], max_items: int
) -> PleoAnswer:
    updates = valid_updates(request, route, max_items)
    if isinstance(updates, Refusal):
        return refusal_answer(updates)
    result = store.update_items(job.job_id, updates, faults)
    if isinstance(result, Refusal):
        return refusal_answer(result)
    return update_answer(result, job, route.version)


def _answer_with_items(request: PleoRequest, route: Route, job: ExportJob) -> PleoAnswer:
    page = page_of(tuple(job.items.values()), request.query)
    if isinstance(page, Refusal):
        return refusal_answer(page)
    data = items_json(page.items, job, route.version)
    return json_answer(200, {"data": data, "pagination": page.pagination})
