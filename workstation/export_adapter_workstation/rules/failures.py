"""Failures as a person or a program hands them to a command."""

import json
from collections.abc import Mapping
from typing import Final

from export_adapter.model import Failure, Json, Stage

FIELDS: Final = frozenset({"stage", "httpStatus", "headers", "body", "code", "message", "exception"})
"""The fields of a failure in the message contract."""


class NotAFailureError(Exception):
    """What was handed over is no failure; the message names the field."""


def failure_of(raw: Json) -> Failure:
    """Return a failure as the message contract spells it; what is unknown in it is let through.

    Raises:
        NotAFailureError: It is no object, or one of its fields is of the wrong kind.
    """
    if not isinstance(raw, dict):
        raise NotAFailureError("failure: must be an object")
    status = raw.get("httpStatus")
    if status is not None and (isinstance(status, bool) or not isinstance(status, int)):
        raise NotAFailureError("failure.httpStatus: must be a whole number")
    return Failure(
        stage=_stage(raw.get("stage")),
        http_status=status,
        headers=_headers(raw.get("headers")),
        body=raw.get("body"),
        code=_text(raw, "code"),
        message=_text(raw, "message"),
        exception=_text(raw, "exception"),
    )


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


def _stage(value: Json) -> Stage | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in Stage:
        raise NotAFailureError(f"failure.stage: must be one of {', '.join(Stage)}")
    return Stage(value)


def _headers(value: Json) -> Mapping[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise NotAFailureError("failure.headers: must be an object")
    headers: dict[str, str] = {}
    for name, one in value.items():
        first = one[0] if isinstance(one, list) and one else one
        if isinstance(first, str | int | float):
            headers[name.lower()] = str(first)
    return headers


def _text(raw: dict[str, Json], name: str) -> str | None:
    value = raw.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, dict | list):
        raise NotAFailureError(f"failure.{name}: must be a text")
    return str(value)
