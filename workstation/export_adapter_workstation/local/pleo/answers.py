"""Answers as bytes, and items as JSON in the form of each version of the API."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from export_adapter.model import ApiVersion
from export_adapter_workstation.local.pleo.jobs import ExportItem, ExportJob
from export_adapter_workstation.local.pleo.specification import MEDIA_TYPE
from export_adapter_workstation.local.pleo.store import Refusal, UpdateResult

_OPTIONAL = ("exportedAt", "externalId", "externalUrl", "failureReason", "failureReasonType")


@dataclass(frozen=True, slots=True)
class PleoAnswer:
    """An HTTP answer; headers are those besides Content-Type and Content-Length."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def json_answer(status: int, content: object, *headers: tuple[str, str]) -> PleoAnswer:
    """Return an answer whose body is JSON, with the media type that Pleo uses."""
    return PleoAnswer(status, json.dumps(content, ensure_ascii=False).encode(), MEDIA_TYPE, headers)


def refused(status: int, kind: str, message: str, *headers: tuple[str, str]) -> PleoAnswer:
    """Return an error with Pleo's ExceptionInfo as its body."""
    return json_answer(status, {"type": kind, "message": message}, *headers)


def refusal_answer(refusal: Refusal) -> PleoAnswer:
    """Return the answer for what the store refuses."""
    return refused(refusal.status, refusal.type, refusal.message)


def items_json(
    items: Sequence[ExportItem], job: ExportJob, version: ApiVersion
) -> list[dict[str, str | None]]:
    """Return items as an answer shows them.

    failureReasonType is nullable in v1 and v2. In v3 it is not, so it is omitted there if it has no value.
    """
    shown = [
        {
            "accountingEntryId": item.accounting_entry_id,
            "exportJobId": job.job_id,
            **{name: item.sent.get(name) for name in _OPTIONAL},
            "status": item.status,
        }
        for item in items
    ]
    for item in shown:
        if version is ApiVersion.V3 and item["failureReasonType"] is None:
            del item["failureReasonType"]
    return shown


def update_answer(result: UpdateResult, job: ExportJob, version: ApiVersion) -> PleoAnswer:
    """Return the answer to an item update."""
    data = items_json(result.data, job, version)
    return json_answer(200, {"data": data, "errors": list(result.errors)})
