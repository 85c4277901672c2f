"""The messages of events/: the same files for the demo, the tests and the README."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Final, cast

from export_adapter_workstation.project import ROOT

EVENTS: Final = ROOT / "events"

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

SQS_EVENTS: Final = {
    "one-message": ("01-xero-all-successful",),
    "every-wrapper": (
        "02-xero-mixed",
        "03-quickbooks-in-eventbridge",
        "04-netsuite-in-sns",
        "05-fortnox-in-cloudevent",
    ),
    "every-stage": ("06-every-stage",),
    "what-is-parked": (
        "09-one-bad-result",
        "10-entry-that-pleo-does-not-know",
        "11-job-that-is-finished",
        "12-job-that-pleo-does-not-know",
        "13-without-results",
        "14-not-json",
    ),
}
"""The files of events/sqs/, and the messages that each is built from."""


@dataclass(frozen=True, slots=True)
class MessageFile:
    """One file of events/messages/, whose text is the body of a message."""

    name: str
    body: str


@dataclass(frozen=True, slots=True)
class NotInPleo:
    """Which ids the local Pleo does not know, and which jobs are finished there (events/pleo.json)."""

    unknown: frozenset[str]
    finished: frozenset[str]


def message_files() -> tuple[MessageFile, ...]:
    """Return the messages in the order of their names."""
    files = sorted((EVENTS / "messages").iterdir())
    return tuple(MessageFile(file.stem, file.read_text(encoding="utf-8")) for file in files)


def not_in_pleo() -> NotInPleo:
    """Read events/pleo.json."""
    listed = cast("dict[str, list[str]]", json.loads((EVENTS / "pleo.json").read_text(encoding="utf-8")))
    return NotInPleo(frozenset(listed["unknown"]), frozenset(listed["finished"]))


def sqs_event(messages: Iterable[MessageFile]) -> dict[str, Json]:
    """Build the event with which Lambda would hand messages to the function."""
    return {"Records": [_record(message) for message in messages]}


def _record(message: MessageFile) -> Json:
    digest = md5(message.body.encode(), usedforsecurity=False).hexdigest()
    return {
        "messageId": f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}",
        "receiptHandle": f"receipt-of-{message.name}",
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1772618400000",
            "SenderId": "exporter",
            "ApproximateFirstReceiveTimestamp": "1772618401000",
        },
        "messageAttributes": {},
        "md5OfBody": digest,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:export-results",
        "awsRegion": "eu-west-1",
    }


def write_sqs_events() -> None:
    """Write the files of events/sqs/ from events/messages/."""
    by_name = {message.name: message for message in message_files()}
    for name, messages in SQS_EVENTS.items():
        event = sqs_event(by_name[message] for message in messages)
        text = json.dumps(event, indent=2, ensure_ascii=False) + "\n"
        (EVENTS / "sqs" / f"{name}.json").write_text(text, encoding="utf-8")


def path_of(name: str) -> Path:
    """Return the path of a file in events/sqs/."""
    return EVENTS / "sqs" / f"{name}.json"
