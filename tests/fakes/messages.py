"""Messages as exporters write them and records as Lambda hands them over, with ids that are easy to read."""

import json

from export_adapter.model import Json, Record

NOON_MS = 1_772_366_400_000
"""Noon of 1 March 2026, in milliseconds since 1970."""


def job(number: int = 1) -> str:
    return f"00000000-0000-4000-a000-{number:012x}"


def entry(number: int = 1) -> str:
    return f"00000000-0000-4000-b000-{number:012x}"


def company(number: int = 1) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def result(number: int = 1, status: str = "successful", **fields: Json) -> dict[str, Json]:
    return {"accountingEntryId": entry(number), "status": status, **fields}


def message(*results: Json, **fields: Json) -> dict[str, Json]:
    return {"exportJobId": job(), "system": "xero", "results": list(results), **fields}


def in_eventbridge(content: Json) -> dict[str, Json]:
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "ExportResults",
        "source": "exporter",
        "account": "000000000000",
        "time": "2026-03-01T12:00:00Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": content,
    }


def in_sns(content: Json) -> dict[str, Json]:
    return {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:eu-west-1:000000000000:export-results",
        "Message": content if isinstance(content, str) else json.dumps(content),
        "Timestamp": "2026-03-01T12:00:00.000Z",
    }


def in_cloudevent(content: Json) -> dict[str, Json]:
    return {
        "specversion": "1.0",
        "type": "export.results",
        "source": "/exporter",
        "id": "A234-1234-1234",
        "datacontenttype": "application/json",
        "data": content,
    }


def record(body: Json, message_id: str = "m-1", receive_count: int = 1, sent_at: int = NOON_MS) -> Record:
    """A record with a body that is a text already, or JSON to be written."""
    return Record(
        message_id=message_id,
        receipt_handle=f"handle of {message_id}",
        body=body if isinstance(body, str) else json.dumps(body),
        receive_count=receive_count,
        sent_at=sent_at,
    )


def raw_record(
    body: Json, message_id: str = "m-1", receive_count: int = 1, sent_at: int = NOON_MS
) -> dict[str, Json]:
    """A record as it stands in the event that Lambda hands over."""
    made = record(body, message_id, receive_count, sent_at)
    return {
        "messageId": made.message_id,
        "receiptHandle": made.receipt_handle,
        "body": made.body,
        "attributes": {
            "ApproximateReceiveCount": str(receive_count),
            "SentTimestamp": str(sent_at),
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": str(sent_at),
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:export-results",
        "awsRegion": "eu-west-1",
    }
