"""Raw failures for a soak, and what the adapter's own rules make of them."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Final, cast

from export_adapter.classify.classifier import Classifier
from export_adapter.classify.item_update import explain
from export_adapter.model import ApiVersion, ExportResult, InvalidMessage, Record
from export_adapter.read.reader import read

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

RAW_FAILURES: Final[tuple[Mapping[str, Json], ...]] = (
    {
        "stage": "create_entry",
        "httpStatus": 400,
        "body": {"Type": "ValidationException", "Message": "Account code '4711' is not a valid code"},
    },
    {"stage": "connect", "exception": "ConnectTimeout", "message": "timed out after 30 s"},
    {"stage": "create_entry", "httpStatus": 503, "body": "<html><body>Service unavailable</body></html>"},
    {"stage": "create_entry", "httpStatus": 401, "body": '{"error": "invalid_grant"}'},
    {"stage": "create_entry", "httpStatus": 429, "headers": {"Retry-After": "30"}, "body": ""},
    {"stage": "download_receipt", "httpStatus": 404, "message": "The receipt is gone"},
    {"stage": "validate", "message": "The net amount is missing"},
    {"code": "E-1017", "message": "Der Buchungszeitraum ist abgeschlossen"},
)


@cache
def explained(system: str, place: int) -> tuple[str, str]:
    """Return the failureReasonType and failureReason of one of the failures above, for API version v1."""
    nothing = "00000000-0000-4000-8000-000000000000"
    result = {"accountingEntryId": nothing, "status": "failed", "failure": dict(RAW_FAILURES[place])}
    body = json.dumps({"exportJobId": nothing, "system": system, "results": [result]})
    message = read(Record("soak", "soak", body))
    assert not isinstance(message, InvalidMessage)  # noqa: S101 -- for the type checker: the body is legal
    update = explain(
        cast("ExportResult", message.results[0]), message.system, Classifier.built_in(), ApiVersion.V1
    ).update
    return str(update.failure_reason_type), str(update.failure_reason)
