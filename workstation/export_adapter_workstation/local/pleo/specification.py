"""Read Pleo's specification and turn its schemas into JSON Schema that a validator can apply.

OpenAPI 3.0 is not JSON Schema: `nullable` has to become a type, references point elsewhere, and Pleo's date
`pattern` is no regular expression (`YYYY-MM-DDTHH:mi:ssZ`). What comes out of here is plain draft-07, for any
validator.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import cast
from uuid import UUID

import fastjsonschema
import yaml

type Json = Mapping[str, object]

DATE_AS_PLEO_WRITES_IT = "YYYY-MM-DDTHH:mi:ssZ"
WHOLE_SECOND_UTC = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
UUID_TEXT = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
MEDIA_TYPE = "application/json;charset=UTF-8"
_KEPT_AS_THEY_ARE = ("type", "enum", "required", "minimum", "pattern", "format")
_WIDTHS_OF_NUMBERS = frozenset({"int32", "int64"})


class ApiVersion(StrEnum):
    """The versions of the Export API whose item update the adapter can speak."""

    V1 = "v1"
    V2 = "v2"
    V3 = "v3"


@dataclass(frozen=True, slots=True)
class Violation:
    """Why a value breaks a schema: the place in the value (`data[0].status`) and the rule that it breaks."""

    place: str
    reason: str


def is_whole_second_utc(text: str) -> bool:
    """Tell whether text is a date in whole seconds, UTC, with `Z`, as in every sample that Pleo publishes."""
    if not re.fullmatch(WHOLE_SECOND_UTC, text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_uuid(text: str) -> bool:
    """Tell whether text is a UUID in its usual form of 36 characters; upper case is allowed."""
    return re.fullmatch(UUID_TEXT, text) is not None


def canonical_uuid(text: str) -> str:
    """Return the lower-case form, in which a server that parses its ids writes them back.

    Raises ValueError where text is no UUID.
    """
    return str(UUID(text))


@cache
def specification() -> Json:
    """Return the OpenAPI document that is installed beside this package."""
    text = (
        files("export_adapter_workstation")
        .joinpath("specification", "export-api.yaml")
        .read_text(encoding="utf-8")
    )
    return cast("Json", yaml.safe_load(text))


def component_schema(component: str, *, closed: bool = False) -> Json:
    """Return the draft-07 schema of a named component, complete in itself.

    closed also refuses properties that the specification does not name: a misspelt optional field is legal
    for Pleo and silently without effect, which is just what a test wants to hear of. Raises KeyError for a
    component that the specification does not have.
    """
    _component(component)
    return _complete({"$ref": f"#/definitions/{component}"}, closed=closed)


def array_schema(component: str, *, closed: bool = False) -> Json:
    """Return the schema of a bare JSON array of a component: the body of an item update."""
    _component(component)
    return _complete({"type": "array", "items": {"$ref": f"#/definitions/{component}"}}, closed=closed)


def request_schema(method: str, path: str, *, closed: bool = False) -> Json:
    """Return the schema of a request body; path is a template as in the specification.

    Raises KeyError where the specification has no such operation, or no body for it.
    """
    body = _step(_operation(method, path), "requestBody", "content", MEDIA_TYPE, "schema")
    return _complete(_converted(body, closed=closed), closed=closed)


def answer_schema(method: str, path: str, status: int, *, closed: bool = False) -> Json | None:
    """Return the schema of an answer's body, or None where the specification declares none for the status.

    v1 declares one answer only, `default`: it stands for the success of v1, and errors of v1 have no schema.
    """
    responses = cast("Mapping[str, Json]", _step(_operation(method, path), "responses"))
    declared = responses.get(str(status))
    if declared is None and status < HTTPStatus.MULTIPLE_CHOICES:
        declared = responses.get("default")
    content = cast("Mapping[str, Json]", (declared or {}).get("content", {}))
    schema = content.get(MEDIA_TYPE, {}).get("schema")
    if schema is None:
        return None
    return _complete(_converted(cast("Json", schema), closed=closed), closed=closed)


def declared_statuses(method: str, path: str) -> frozenset[str]:
    """Return the statuses that the specification declares for an operation; `default` counts as one."""
    return frozenset(_step(_operation(method, path), "responses"))


def enum_values(component: str, name: str | None = None) -> tuple[str, ...]:
    """Return the values of a component that is an enum, or of a property of a component, in their order.

    Raises KeyError where there is no such component, property or enum.
    """
    schema = _component(component)
    if name is not None:
        schema = _step(schema, "properties", name)
    if "$ref" in schema:
        schema = _component(str(schema["$ref"]).rsplit("/", 1)[1])
    return tuple(cast("Sequence[str]", schema["enum"]))


def violation_of(schema: Json, value: object) -> Violation | None:
    """Return the first rule of the schema that value breaks, or None where it keeps them all."""
    return compiled(schema)(value)


def compiled(schema: Json) -> Callable[[object], Violation | None]:
    """Return a check for many values against one schema; compiling is slow, checking is fast."""
    validate = fastjsonschema.compile(
        dict(schema),
        formats={"date-time": is_whole_second_utc, "uuid": is_uuid},
        use_default=False,
    )

    def check(value: object) -> Violation | None:
        try:
            validate(value)
        except fastjsonschema.JsonSchemaValueException as error:
            return Violation(place=error.name or "data", reason=error.message)
        return None

    return check


def _complete(schema: Json, *, closed: bool) -> Json:
    components = cast("Mapping[str, Json]", _step(specification(), "components", "schemas"))
    definitions = {name: _converted(component, closed=closed) for name, component in components.items()}
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema, "definitions": definitions}


def _converted(schema: Json, *, closed: bool) -> dict[str, object]:
    if "$ref" in schema:
        return {"$ref": str(schema["$ref"]).replace("#/components/schemas/", "#/definitions/")}
    converted: dict[str, object] = {key: schema[key] for key in _KEPT_AS_THEY_ARE if key in schema}
    if converted.get("format") in _WIDTHS_OF_NUMBERS:
        del converted["format"]
    if converted.get("pattern") == DATE_AS_PLEO_WRITES_IT:
        converted["pattern"] = WHOLE_SECOND_UTC
    if "items" in schema:
        converted["items"] = _converted(cast("Json", schema["items"]), closed=closed)
    if "properties" in schema:
        properties = cast("Mapping[str, Json]", schema["properties"])
        converted["properties"] = {
            name: _converted(member, closed=closed) for name, member in properties.items()
        }
        if closed:
            converted["additionalProperties"] = False
    if isinstance(schema.get("additionalProperties"), Mapping):
        converted["additionalProperties"] = _converted(
            cast("Json", schema["additionalProperties"]), closed=closed
        )
    return _nullable(converted) if schema.get("nullable") else converted


def _nullable(schema: dict[str, object]) -> dict[str, object]:
    nullable = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        nullable["enum"] = [*cast("Sequence[object]", schema["enum"]), None]
    return nullable


def _component(name: str) -> Json:
    return _step(specification(), "components", "schemas", name)


def _operation(method: str, path: str) -> Json:
    return _step(specification(), "paths", path, method.lower())


def _step(value: object, *names: str) -> Json:
    for name in names:
        value = cast("Json", value)[name]
    return cast("Json", value)
