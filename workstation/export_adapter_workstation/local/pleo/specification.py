"""Read Pleo's specification and turn its schemas into JSON Schema that a validator can apply.

OpenAPI 3.0 is not JSON Schema: `nullable` has to become a type, references point elsewhere, and Pleo's date
`pattern` (`YYYY-MM-DDTHH:mi:ssZ`) is not a regular expression. The schemas that this module returns are plain
draft-07, for any validator.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
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
_COPIED_KEYWORDS = ("type", "enum", "required", "minimum", "pattern", "format")
_NUMBER_FORMATS = frozenset({"int32", "int64"})


@dataclass(frozen=True, slots=True)
class Violation:
    """Why a value is not valid: the place in the value (`data[0].status`) and the rule that it breaks."""

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
    """Return the lower-case form, which Pleo's answers use.

    Raises ValueError if text is not a UUID.
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


def found(value: object, *names: str) -> Json:
    """Return what is at a place in the specification. Raises KeyError if nothing is there."""
    for name in names:
        value = cast("Json", value)[name]
    return cast("Json", value)


def request_schema(method: str, path: str, *, closed: bool = False) -> Json:
    """Return the schema of a request body; path is a template as in the specification.

    Raises KeyError if the specification has no such operation, or no body for it.
    """
    body = found(
        specification(), "paths", path, method.lower(), "requestBody", "content", MEDIA_TYPE, "schema"
    )
    return json_schema(body, closed=closed)


def json_schema(schema: Json, *, closed: bool = False) -> Json:
    """Return a schema of the specification as draft-07, with all definitions that it may refer to.

    closed also refuses properties that the specification does not name: Pleo ignores a misspelt optional
    field, and a test should notice it.
    """
    components = cast("Mapping[str, Json]", found(specification(), "components", "schemas"))
    definitions = {name: _converted(component, closed=closed) for name, component in components.items()}
    converted = _converted(schema, closed=closed)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **converted, "definitions": definitions}


def enum_values(component: str, name: str | None = None) -> tuple[str, ...]:
    """Return the values of a component that is an enum, or of a property of a component, in their order.

    Raises KeyError if there is no such component, property or enum.
    """
    schemas = found(specification(), "components", "schemas")
    schema = found(schemas, component, *(("properties", name) if name else ()))
    if "$ref" in schema:
        schema = found(schemas, str(schema["$ref"]).rsplit("/", 1)[1])
    return tuple(cast("Sequence[str]", schema["enum"]))


def compiled(schema: Json) -> Callable[[object], Violation | None]:
    """Compile a schema to a check that can be used for many values; compiling is slow, checking is fast."""
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


def _converted(schema: Json, *, closed: bool) -> dict[str, object]:
    if "$ref" in schema:
        return {"$ref": str(schema["$ref"]).replace("#/components/schemas/", "#/definitions/")}
    converted: dict[str, object] = {key: schema[key] for key in _COPIED_KEYWORDS if key in schema}
    if converted.get("format") in _NUMBER_FORMATS:
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
