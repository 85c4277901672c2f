"""The schemas of Pleo's specification that only tests ask for."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from export_adapter_workstation.local.pleo.specification import (
    MEDIA_TYPE,
    Json,
    Violation,
    compiled,
    found,
    json_schema,
    specification,
)


def component_schema(component: str, *, closed: bool = False) -> Json:
    """The schema of a named component. Raises KeyError if the specification does not have it."""
    return json_schema(found(specification(), "components", "schemas", component), closed=closed)


def answer_schema(method: str, path: str, status: int, *, closed: bool = False) -> Json | None:
    """The schema of an answer's body, or None if the specification declares none for the status.

    v1 declares only `default`, which is the answer to a successful request; its errors have no schema.
    """
    responses = cast("Mapping[str, Json]", _responses(method, path))
    declared = responses.get(str(status))
    if declared is None and status < HTTPStatus.MULTIPLE_CHOICES:
        declared = responses.get("default")
    content = cast("Mapping[str, Json]", (declared or {}).get("content", {}))
    schema = content.get(MEDIA_TYPE, {}).get("schema")
    return None if schema is None else json_schema(cast("Json", schema), closed=closed)


def declared_statuses(method: str, path: str) -> frozenset[str]:
    """The statuses that the specification declares for an operation; `default` counts as one."""
    return frozenset(_responses(method, path))


def violation_of(schema: Json, value: object) -> Violation | None:
    """The first rule of the schema that value breaks, or None if value is valid."""
    return compiled(schema)(value)


def _responses(method: str, path: str) -> Json:
    return found(specification(), "paths", path, method.lower(), "responses")
