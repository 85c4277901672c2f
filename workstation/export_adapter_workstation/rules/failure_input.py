"""A failure as a person or a program hands it to a command, read as the function reads it."""

import json
from typing import Final

from export_adapter.model import ExportResult, Failure, Json
from export_adapter.read.contract import failure_error
from export_adapter.read.failure import failure_of as read_failure

_FIELDS: Final = frozenset({"stage", "httpStatus", "headers", "body", "code", "message", "exception"})
_TELLING_FIELDS: Final = frozenset({"stage", "httpStatus", "body", "exception"})
"""Fields that an answer of an accounting system does not have beside a code and a message."""


class NotAFailureError(Exception):
    """What was handed over is not a failure; the message names the field."""


def failure_of(raw: Json) -> Failure:
    """Return a failure as the message contract spells it.

    Raises:
        NotAFailureError: It is not an object, or one of its fields breaks the contract.
    """
    if not isinstance(raw, dict):
        raise NotAFailureError("failure: must be an object")
    wrong = failure_error(raw)
    if wrong:
        raise NotAFailureError(wrong)
    return read_failure(raw)


def failure_in(text: str) -> Failure:
    """Return the failure that a text holds: one as in the message contract, or the bare answer of a system.

    An object with a `failure` (a result, a line of explain --jsonl), or with nothing but a failure's own
    fields, is a failure; everything else is what the accounting system answered.

    Raises:
        NotAFailureError: It holds a failure with a wrong field, or a whole message, which may hold many.
    """
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return Failure(body=text)
    if isinstance(value, dict):
        if "exportJobId" in value and "results" in value:
            raise NotAFailureError(
                "this is a whole message: explain the failure of one result, or give the message to `suggest`"
            )
        if isinstance(value.get("failure"), dict):
            return failure_of(value["failure"])
        if value.keys() <= _FIELDS and value.keys() & _TELLING_FIELDS:
            return failure_of(value)
    return Failure(body=value)


def failure_of_result(result: ExportResult) -> Failure | None:
    """Return a result's failure, or the exporter's own reason where it gave no type with it."""
    if result.failure is None and result.failure_reason and not result.failure_reason_type:
        return Failure(message=result.failure_reason)
    return result.failure
