"""A record of the queue becomes a message with its results, or says why it cannot."""

import re
from typing import Final

from export_adapter import parked_message
from export_adapter.model import (
    ExportResult,
    InvalidMessage,
    InvalidResult,
    ItemStatus,
    JobKey,
    Json,
    Message,
    Record,
)
from export_adapter.read import contract
from export_adapter.read.failure import failure_of, text_or_none
from export_adapter.read.parts import Twice
from export_adapter.read.unwrap import NotUnwrapped, unwrap

_MOST_DIGITS: Final = 15
_LONGEST_KEY: Final = 200
_ID: Final = re.compile(r"[0-9a-fA-F-]{36}")


class NotSqsRecordsError(TypeError):
    """An event that is not SQS's; the message says what is missing and holds nothing of the event."""


def read(record: Record) -> Message | InvalidMessage:
    """Read one record. Nothing in its body is trusted; bad results are told apart from good ones."""
    unwrapped = unwrap(record.body)
    if isinstance(unwrapped, NotUnwrapped):
        return InvalidMessage(record, unwrapped.reason)
    fields = unwrapped.fields
    values = {name: part.value for name, part in fields.items()}
    results = fields["results"].elements if "results" in fields else None
    if results is not None:
        values["results"] = [part.value for part in results]
    wrong = contract.envelope_error(values)
    if wrong:
        return InvalidMessage(record, wrong)
    return Message(
        record=record,
        job=JobKey(_uuid(values["exportJobId"]), _uuid_or_none(values.get("companyId"))),
        system=str(values["system"]),
        envelope={name: part.text for name, part in fields.items() if name != "results"},
        results=tuple(_result(part.value, part.text) for part in results or ()),
    )


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
        message_group_id=text_or_none(attributes.get("MessageGroupId")),
        replay_count=_count(_object(own.get(parked_message.REPLAY_COUNT)).get("stringValue"), default=0),
        # The dead-letter tool's copies have the one, what SQS's own redrive moves has the other.
        was_parked=parked_message.REPLAY_COUNT in own or parked_message.ERROR_TYPE in own,
    )


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _count(value: Json, default: int) -> int:
    """Read a number that SQS sends as text."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else default


def _result(value: Json, text: str) -> ExportResult | InvalidResult:
    wrong = _twice(value) or contract.result_error(value)
    if wrong or not isinstance(value, dict):
        entry = value.get("accountingEntryId") if isinstance(value, dict) else None
        is_id = isinstance(entry, str) and _ID.fullmatch(entry)
        return InvalidResult(text, wrong or "results[]: must be an object", _uuid(entry) if is_id else None)
    exported_at, failure = text_or_none(value.get("exportedAt")), value.get("failure")
    return ExportResult(
        accounting_entry_id=_uuid(value["accountingEntryId"]),
        status=ItemStatus(str(value["status"])),
        original=text,
        exported_at=contract.parse_date_time(exported_at) if exported_at else None,
        external_id=text_or_none(value.get("externalId")),
        external_url=text_or_none(value.get("externalUrl")),
        failure=failure_of(failure) if isinstance(failure, dict) else None,
        failure_reason_type=text_or_none(value.get("failureReasonType")),
        failure_reason=text_or_none(value.get("failureReason")),
    )


def _twice(result: Json) -> str | None:
    """Say which key comes twice in a result: which of the two values is meant, only its exporter knows."""
    if not isinstance(result, Twice):
        return None
    return f"results[].{result.key[:_LONGEST_KEY]}: the key comes twice in one object"


def _uuid(value: Json) -> str:
    """Return the id in lower case: Pleo answers so, and two spellings of one entry must meet."""
    return str(value).lower()


def _uuid_or_none(value: Json) -> str | None:
    return None if value is None else _uuid(value)
