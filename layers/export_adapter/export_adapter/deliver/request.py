"""Items as Pleo's Export API takes them: the path and the body of a request."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from export_adapter.model import ApiVersion, ItemUpdate, JobKey

_UNSENDABLE: Final = re.compile("[\x00\ud800-\udfff]")


def items_path(job: JobKey, version: ApiVersion, **query: str | int) -> str:
    """Return the path of a job's items below the base URL."""
    path = f"/{version}/export-jobs/{job.export_job_id}/items"
    return f"{path}?{urlencode(query)}" if query else path


def put_body(updates: Iterable[ItemUpdate]) -> bytes:
    """Return the bare array that the PUT wants, as UTF-8."""
    elements = [_element(update) for update in updates]
    return json.dumps(elements, ensure_ascii=False, separators=(",", ":")).encode()


def _element(update: ItemUpdate) -> dict[str, str]:
    fields = {
        "accountingEntryId": update.accounting_entry_id,
        "status": update.status.value,
        "exportedAt": _whole_seconds(update.exported_at) if update.exported_at else None,
        "externalId": update.external_id,
        "externalUrl": update.external_url,
        "failureReasonType": update.failure_reason_type,
        "failureReason": update.failure_reason,
    }
    return {name: _sendable(value) for name, value in fields.items() if value is not None}


def _whole_seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _sendable(text: str) -> str:
    """Replace NUL and lone surrogates, which JSON may carry and databases refuse."""
    return _UNSENDABLE.sub("\ufffd", text)
