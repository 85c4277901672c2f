"""Answers as bytes, and jobs and items as JSON in the shape that each version of the API has."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from export_adapter_workstation.local.pleo.jobs import EXPIRES_IN, ExportItem, ExportJob, Refusal
from export_adapter_workstation.local.pleo.specification import MEDIA_TYPE, ApiVersion
from export_adapter_workstation.local.pleo.updating import UpdateResult


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; headers come beside Content-Type and Content-Length."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


def json_answer(status: int, content: object, *headers: tuple[str, str]) -> Answer:
    """Return an answer whose body is JSON, with the media type that Pleo uses."""
    return Answer(status, json.dumps(content, ensure_ascii=False).encode(), MEDIA_TYPE, headers)


def refused(refusal: Refusal, *headers: tuple[str, str]) -> Answer:
    """Return an error with Pleo's ExceptionInfo as its body."""
    return json_answer(refusal.status, {"type": refusal.type, "message": refusal.message}, *headers)


def item_json(item: ExportItem, job_id: str, version: ApiVersion) -> dict[str, object]:
    """Return an item as an answer shows it.

    failureReasonType is nullable in v1 and v2; in v3 it is not, so it is left out there until there is one.
    """
    shown: dict[str, object] = {
        "accountingEntryId": item.accounting_entry_id,
        "exportJobId": job_id,
        "exportedAt": item.exported_at,
        "externalId": item.external_id,
        "externalUrl": item.external_url,
        "failureReason": item.failure_reason,
        "failureReasonType": item.failure_reason_type,
        "status": item.status,
    }
    return _without_null_type(shown, version)


def job_json(job: ExportJob, version: ApiVersion) -> dict[str, object]:
    """Return a job as an answer shows it, dates in whole seconds."""
    shown: dict[str, object] = {
        "companyId": job.company_id,
        "completedAt": _date(job.completed_at),
        "createdAt": _date(job.created_at),
        "createdBy": None,
        "expiredAt": _date(job.expired_at),
        "expiresIn": int(EXPIRES_IN.total_seconds()),
        "failureReason": job.failure_reason,
        "failureReasonType": job.failure_reason_type,
        "id": job.job_id,
        "isInteractive": True,
        "lastUpdatedAt": _date(job.last_updated_at),
        "numberOfItems": len(job.items),
        "startedAt": _date(job.started_at),
        "status": str(job.status),
        "vendorBasedBookkeeping": False,
    }
    return _without_null_type(shown, version)


def update_json(result: UpdateResult, job_id: str, version: ApiVersion) -> Mapping[str, object]:
    """Return the body that answers an item update."""
    return {
        "data": [item_json(item, job_id, version) for item in result.data],
        "errors": [
            {"accountingEntryId": one.accounting_entry_id, "message": one.message, "type": one.type}
            for one in result.errors
        ],
    }


def _without_null_type(shown: dict[str, object], version: ApiVersion) -> dict[str, object]:
    if version is ApiVersion.V3 and shown["failureReasonType"] is None:
        del shown["failureReasonType"]
    return shown


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
