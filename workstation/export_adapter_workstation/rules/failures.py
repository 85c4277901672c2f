"""Failures as a person or a program hands them to a command."""

import json
from typing import Final

from export_adapter.model import Failure, Json
from export_adapter.read.contract import failure_error
from export_adapter.read.failure import failure_of as read_failure

FIELDS: Final = frozenset({"stage", "httpStatus", "headers", "body", "code", "message", "exception"})
"""The fields of a failure in the message contract."""


class NotAFailureError(Exception):
    """What was handed over is no failure; the message names the field."""


def failure_of(raw: Json) -> Failure:
    """Return a failure as the message contract spells it; what is unknown in it is let through.

    Raises:
        NotAFailureError: It is no object, or one of its fields breaks the contract.
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
                "this is a whole message: explain a result's failure, or give the message to `suggest`"
            )
        if isinstance(value.get("failure"), dict):
            return failure_of(value["failure"])
        if value and value.keys() <= FIELDS and value.keys() & {"body", "httpStatus", "stage", "exception"}:
            return failure_of(value)
    return Failure(body=value)
