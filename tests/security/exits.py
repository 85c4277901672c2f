"""Everything that leaves the adapter and its tool of one text, without a process, a queue or a network."""

import contextlib
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import uuid4

from aws_lambda_powertools import Logger
from rich.console import Console, RenderableType

from export_adapter.classify.classifier import Classifier
from export_adapter.classify.item_update import explain
from export_adapter.model import ApiVersion, ErrorType, ExportResult, Json, Message, Rejected
from export_adapter.parked_message import Attribute, DeadLetter, ParkedMessage
from export_adapter.read.reader import read
from export_adapter.settle.dead_letter import parked_messages
from export_adapter.settle.decision import ParkWhole
from export_adapter.telemetry import Telemetry
from export_adapter_workstation.dead_letters.message import described
from export_adapter_workstation.dead_letters.show import whole_message_view
from export_adapter_workstation.rules.explanation import explanation_view
from tests.fakes.adapter import FakeAdapter
from tests.fakes.messages import entry, job, message, raw_record, record, result

CLASSIFIER = Classifier.built_in()
_AT = datetime(2026, 3, 1, tzinfo=UTC)


def everything_that_leaves(text: str, system: str = "xero") -> Iterator[tuple[str, str]]:
    """Yield where a text comes out that an accounting system said, and what comes out there."""
    failures: list[Json] = [
        {"message": text},
        {"exception": text, "code": text},
        {"httpStatus": 400, "body": {"error": {"message": text, "code": text}}},
        {"httpStatus": 500, "body": text},
    ]
    for failure in failures:
        sent = message(result(1, "failed", failure=failure), system=system)
        found = _only(sent)
        explained = explain(found, system, CLASSIFIER, ApiVersion.V3)
        yield "failureReason", explained.update.failure_reason or ""
        yield "fingerprint", str(explained.classification and explained.classification.fingerprint)
        if found.failure:
            yield "explain", _printed(explanation_view(CLASSIFIER.explain(system, found.failure)))
        yield "dead-letters show", _shown(sent, text)
    given = _only(message(result(1, "failed", failureReason=text, failureReasonType="validation_failure")))
    yield "given failureReason", explain(given, system, CLASSIFIER, ApiVersion.V3).update.failure_reason or ""
    for parked in _parked(text):
        yield "attributes", json.dumps(dict(parked.attributes), ensure_ascii=False)
    yield "log and metrics", _logged(text)


def _only(sent: Json) -> ExportResult:
    found = read(record(sent))
    assert isinstance(found, Message)
    (only,) = found.results
    assert isinstance(only, ExportResult)
    return only


def _parked(text: str) -> tuple[ParkedMessage, ...]:
    rejected = Rejected(ErrorType.INVALID_MESSAGE, text)
    parked = parked_messages(
        read(record(message(result(1), system=text[:100] or "any"))), ParkWhole(rejected)
    )
    assert isinstance(parked, tuple)
    return parked


def _logged(text: str) -> str:
    stream = io.StringIO()
    telemetry = Telemetry(Logger(service=f"test-{uuid4()}", level="INFO", stream=stream))
    adapter = FakeAdapter()
    adapter.pleo.hold(job(), entry(1))
    sent = message(result(1, "failed", failure={"message": text}), {"accountingEntryId": text})
    with contextlib.redirect_stdout(stream):
        telemetry.report(adapter.run(raw_record(sent)), adapter.clock.deadline(60.0))
    return "\n".join(
        json.dumps(json.loads(line), ensure_ascii=False) for line in stream.getvalue().splitlines()
    )


def _shown(sent: Json, text: str) -> str:
    attributes = {name: Attribute("String", text) for name in ("errorType", "errorMessage", "system")}
    parked = DeadLetter(
        "m-1", json.dumps(sent), _AT, MappingProxyType(attributes), "group-1", moved_by_sqs=False
    )
    return _printed(whole_message_view(described(parked, str.lower), CLASSIFIER, _AT, 5, ApiVersion.V3))


def _printed(view: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=500, color_system=None)
    console.print(view)
    written = console.file
    assert isinstance(written, io.StringIO)
    return written.getvalue()
