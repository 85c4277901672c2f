"""A record of the queue becomes a message with its results, or says why it cannot."""

from typing import Final, cast

from export_adapter.model import (
    ExportResult,
    Failure,
    InvalidMessage,
    InvalidResult,
    ItemStatus,
    JobKey,
    Json,
    Message,
    Record,
    Stage,
)
from export_adapter.read import contract
from export_adapter.read.unwrap import NotUnwrapped, Twice, unwrap

_MOST_DIGITS: Final = 15


class NotSqsRecordsError(TypeError):
    """An event that is not SQS's; the message says what is missing and holds nothing of the event."""


def read(record: Record) -> Message | InvalidMessage:
    """Read one record. Nothing in its body is trusted; bad results are told apart from good ones."""
    unwrapped = unwrap(record.body)
    if isinstance(unwrapped, NotUnwrapped):
        return InvalidMessage(record, unwrapped.reason)
    message = unwrapped.message
    wrong = contract.envelope_error(message) or _twice(message)
    if wrong:
        return InvalidMessage(record, wrong)
    return Message(
        record=record,
        job=JobKey(_uuid(message["exportJobId"]), _uuid_or_none(message.get("companyId"))),
        system=str(message["system"]),
        envelope={name: value for name, value in message.items() if name != "results"},
        results=tuple(_result(one) for one in cast("list[Json]", message["results"])),
    )


def _twice(message: dict[str, Json]) -> str | None:
    """Say which key comes twice in a result: parked by itself, it could not be written back as it came."""
    results = cast("list[Json]", message["results"])
    twice = (result for result in results if isinstance(result, Twice))
    return next((f"results[].{result.key}: the key comes twice in one object" for result in twice), None)


def record_of(raw: Json) -> Record:
    """Turn one element of the event's `Records` into a Record.

    Raises:
        NotSqsRecordsError: The element is no SQS record: it has no messageId, receiptHandle or body.
    """
    fields = raw if isinstance(raw, dict) else {}
    message_id, receipt_handle, body = (fields.get(name) for name in ("messageId", "receiptHandle", "body"))
    if not (isinstance(message_id, str) and isinstance(receipt_handle, str) and isinstance(body, str)):
        raise NotSqsRecordsError(
            "the event's Records are not SQS records: messageId, receiptHandle or body is missing"
        )
    attributes = _object(fields.get("attributes"))
    own = _object(fields.get("messageAttributes"))
    return Record(
        message_id=message_id,
        receipt_handle=receipt_handle,
        body=body,
        receive_count=_count(attributes.get("ApproximateReceiveCount"), default=1),
        sent_at=_count(attributes.get("SentTimestamp"), default=0),
        first_received_at=_count(attributes.get("ApproximateFirstReceiveTimestamp"), default=0),
        message_group_id=_text(attributes.get("MessageGroupId")),
        replay_count=_count(_object(own.get("replayCount")).get("stringValue"), default=0),
        # The dead-letter tool's copies have the one, what SQS's own redrive moves has the other.
        was_parked="replayCount" in own or "errorType" in own,
    )


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _count(value: Json, default: int) -> int:
    """Read a number that SQS sends as text."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else default


def _result(original: Json) -> ExportResult | InvalidResult:
    wrong = contract.result_error(original)
    if wrong or not isinstance(original, dict):
        return InvalidResult(original, wrong or "results[]: must be object")
    exported_at = _text(original.get("exportedAt"))
    return ExportResult(
        accounting_entry_id=_uuid(original["accountingEntryId"]),
        status=ItemStatus(str(original["status"])),
        original=original,
        exported_at=contract.parse_date_time(exported_at) if exported_at else None,
        external_id=_text(original.get("externalId")),
        external_url=_text(original.get("externalUrl")),
        failure=_failure(original.get("failure")),
        failure_reason_type=_text(original.get("failureReasonType")),
        failure_reason=_text(original.get("failureReason")),
    )


def _failure(raw: Json) -> Failure | None:
    if not isinstance(raw, dict):
        return None
    stage, status, headers, code = (
        raw.get("stage"),
        raw.get("httpStatus"),
        raw.get("headers"),
        raw.get("code"),
    )
    return Failure(
        stage=Stage(stage) if isinstance(stage, str) else None,
        http_status=int(status) if isinstance(status, int | float) else None,
        headers=_headers(headers) if isinstance(headers, dict) else {},
        body=raw.get("body"),
        code=None if code is None else str(code),
        message=_text(raw.get("message")),
        exception=_text(raw.get("exception")),
    )


def _headers(raw: dict[str, Json]) -> dict[str, str]:
    """Keep what is text or a number; the first of several values, as HTTP libraries list them."""
    headers: dict[str, str] = {}
    for name, value in raw.items():
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, str | int | float):
            headers[name.lower()] = str(first)
    return headers


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _uuid(value: Json) -> str:
    """Return the id in lower case: Pleo answers so, and two spellings of one entry must meet."""
    return str(value).lower()


def _uuid_or_none(value: Json) -> str | None:
    return None if value is None else _uuid(value)
