"""What the admin surface sends and takes, as JSON and back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from export_adapter_workstation.local.pleo.answers import item_json, job_json
from export_adapter_workstation.local.pleo.credentials import Credential, Scheme
from export_adapter_workstation.local.pleo.jobs import ExportItem, ExportJob, JobStatus, NewJob
from export_adapter_workstation.local.pleo.requests import ReceivedRequest, items_of
from export_adapter_workstation.local.pleo.specification import ApiVersion

type Json = Mapping[str, object]


def held_job_json(job: ExportJob) -> dict[str, object]:
    """Return a job with its items and their history; everything else is as in an answer of v1."""
    items = [
        {**item_json(item, job.job_id, ApiVersion.V1), "history": list(item.history)}
        for item in job.items.values()
    ]
    return {**job_json(job, ApiVersion.V1), "items": items}


def held_job_from_json(content: Json) -> ExportJob:
    """Return the job that held_job_json wrote; its times are whole seconds."""
    items = [_item_from_json(item) for item in cast("Sequence[Json]", content["items"])]
    return ExportJob(
        job_id=str(content["id"]),
        company_id=str(content["companyId"]),
        status=JobStatus(str(content["status"])),
        created_at=datetime.fromisoformat(str(content["createdAt"])),
        last_updated_at=datetime.fromisoformat(str(content["lastUpdatedAt"])),
        items={item.accounting_entry_id: item for item in items},
        started_at=_moment(content["startedAt"]),
        completed_at=_moment(content["completedAt"]),
        expired_at=_moment(content["expiredAt"]),
        failure_reason=_text(content["failureReason"]),
        failure_reason_type=_text(content["failureReasonType"]),
    )


def request_json(received: ReceivedRequest) -> dict[str, object]:
    """Return an entry of the record."""
    return {
        "number": received.number,
        "method": received.method,
        "path": received.path,
        "scheme": str(received.scheme),
        "credential": received.credential,
        "jobId": received.job_id,
        "content": received.content,
        "status": received.status,
        "faults": list(received.faults),
    }


def request_from_json(content: Json) -> ReceivedRequest:
    """Return the entry that request_json wrote."""
    return ReceivedRequest(
        number=int(cast("int", content["number"])),
        method=str(content["method"]),
        path=str(content["path"]),
        scheme=Scheme(str(content["scheme"])),
        credential=_text(content["credential"]),
        job_id=_text(content["jobId"]),
        items=items_of(content["content"]),
        content=content["content"],
        status=cast("int | None", content["status"]),
        faults=tuple(cast("Sequence[str]", content["faults"])),
    )


def new_job_json(new: NewJob) -> dict[str, object]:
    """Return the body that creates a job."""
    return {
        "exportJobId": new.job_id,
        "companyId": new.company_id,
        "accountingEntryIds": list(new.accounting_entry_ids),
        "status": str(new.status),
    }


def new_job_from_json(content: Json) -> NewJob:
    """Return the job that a legal body asks for."""
    return NewJob(
        job_id=str(content["exportJobId"]),
        company_id=str(content["companyId"]),
        accounting_entry_ids=tuple(cast("Sequence[str]", content["accountingEntryIds"])),
        status=JobStatus(str(content.get("status", JobStatus.IN_PROGRESS))),
    )


def credential_json(credential: Credential) -> dict[str, object]:
    """Return the body that lets a credential in; it holds the secret."""
    companies = None if credential.companies is None else sorted(credential.companies)
    return {
        "name": credential.name,
        "secret": credential.secret,
        "scheme": str(credential.scheme),
        "companies": companies,
    }


def credential_from_json(content: Json) -> Credential:
    """Return the credential that a legal body describes."""
    companies = content.get("companies")
    return Credential(
        name=str(content["name"]),
        secret=str(content["secret"]),
        scheme=Scheme(str(content.get("scheme", Scheme.BEARER))),
        companies=None if companies is None else frozenset(cast("Sequence[str]", companies)),
    )


def _item_from_json(content: Json) -> ExportItem:
    return ExportItem(
        accounting_entry_id=str(content["accountingEntryId"]),
        status=str(content["status"]),
        exported_at=_text(content["exportedAt"]),
        external_id=_text(content["externalId"]),
        external_url=_text(content["externalUrl"]),
        failure_reason=_text(content["failureReason"]),
        failure_reason_type=_text(content["failureReasonType"]),
        history=tuple(cast("Sequence[str]", content["history"])),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _moment(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(str(value))
