"""The contract with exporters: validates against the very schema file that is published for them."""

import functools
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from typing import Final, Protocol, cast

import fastjsonschema

from export_adapter.model import Json

SCHEMA_FILE: Final = "export-results-message.schema.json"

_RFC_3339: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:)(\d{2})(?:\.(\d{1,6})\d*)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_LONGEST_DATE: Final = 64

_LIST: Final = re.compile(r"must (be one of|contain) \[([^\[\]]*)\](?: properties)?")


class _Validate(Protocol):
    def __call__(self, data: Json) -> Json: ...


def schema() -> dict[str, Json]:
    """Return the published JSON Schema of a message."""
    text = resources.files(__package__).joinpath(SCHEMA_FILE).read_text(encoding="utf-8")
    return cast("dict[str, Json]", json.loads(text))


def envelope_error(message: Json) -> str | None:
    """Say what is wrong with a message, its results left aside; None where nothing is."""
    return _error(_validators()[0], message)


def result_error(result: Json) -> str | None:
    """Say what is wrong with one element of `results`; None where nothing is.

    Its place is left out: a thousand results that break one rule are parked for one reason.
    """
    return _error(_validators()[1], result, within="results[]")


def parse_date_time(text: str) -> datetime:
    """Read an RFC 3339 date and time, whatever its offset, as UTC.

    A leap second is read as the second before it, for Python's clock has none.

    Raises:
        ValueError: The text is no such date.
    """
    found = _RFC_3339.fullmatch(text) if len(text) <= _LONGEST_DATE else None
    if found is None:
        message = "not an RFC 3339 date and time"
        raise ValueError(message)
    date, clock, second, fraction, offset = found.groups()
    second = "59" if second == "60" else second
    try:
        return datetime.fromisoformat(f"{date}T{clock}{second}.{fraction or 0}{offset.upper()}").astimezone(
            UTC
        )
    except OverflowError as beyond:
        message = "outside the years 1 to 9999 in UTC"
        raise ValueError(message) from beyond


@functools.cache
def _validators() -> tuple[_Validate, _Validate]:
    """Compile the one file twice, envelope and result, so that one bad result spares the others."""
    envelope = schema()
    results = cast("dict[str, Json]", cast("dict[str, Json]", envelope["properties"])["results"])
    results["items"] = {}
    # A copy of its own: the compiler rewrites the references of what it is given.
    result: dict[str, Json] = {"$ref": "#/definitions/result", "definitions": schema()["definitions"]}
    return _compile(envelope), _compile(result)


def _compile(part: dict[str, Json]) -> _Validate:
    formats: dict[str, str | Callable[[str], bool]] = {"date-time": _is_date_time}
    return cast("_Validate", fastjsonschema.compile(part, formats=formats))


def _is_date_time(text: str) -> bool:
    try:
        parse_date_time(text)
    except ValueError:
        return False
    return True


def _error(validate: _Validate, data: Json, *, within: str = "") -> str | None:
    try:
        validate(data)
    except fastjsonschema.JsonSchemaValueException as broken:
        return _without_the_value(broken, within)
    return None


def _without_the_value(broken: fastjsonschema.JsonSchemaValueException, within: str) -> str:
    """Name the field and the rule that it breaks; the value stays out of it."""
    field = ".".join(str(part) for part in (within, *broken.path[1:]) if part)[:200]
    rule = _in_json_words(str(broken.message).removeprefix(str(broken.name)).strip())[:300]
    return f"{field}: {rule}" if field else rule


def _in_json_words(rule: str) -> str:
    """Say a rule as whoever writes JSON would: the validator lists names and values as Python does."""
    found = _LIST.fullmatch(rule)
    if found is None:
        return rule
    asks, values = found.groups()
    words = (value.strip().strip("'") for value in values.split(","))
    listed = ", ".join("null" if word == "None" else word for word in words)
    return f"must have {listed}" if asks == "contain" else f"must be one of {listed}"
