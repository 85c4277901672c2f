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
_PLAIN: Final = (
    ("must match pattern ^[0-9a-fA-F]", "must be a UUID"),
    ("must match pattern ^[hH][tT][tT][pP]", "must be an http or https URL without white space"),
    ("must match pattern \\S", "must not be blank"),
    ("must be date-time", "must be a date and time (RFC 3339)"),
    ("must be shorter than or equal to ", "must have at most {}"),
    ("must be longer than or equal to 1 characters", "must not be empty"),
    ("must be bigger than or equal to ", "must be at least {}"),
    ("must be smaller than or equal to ", "must be at most {}"),
    ("must contain at least 1 items", "must not be empty"),
    ("must contain less than or equal to ", "must have at most {}"),
    ("must be string", "must be a string{}"),
    ("must be array", "must be an array{}"),
    ("must be object", "must be an object{}"),
    ("must be integer", "must be a whole number{}"),
)
"""How the validator's rules begin, and the plain words for them; {} is what follows the beginning."""


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


def failure_error(failure: Json) -> str | None:
    """Say what is wrong with a `failure` object; None where nothing is."""
    return _error(_validators()[2], failure, within="failure")


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
def _validators() -> tuple[_Validate, _Validate, _Validate]:
    """Compile the one file thrice: envelope, result, failure. So one bad result spares the others."""
    envelope = schema()
    results = cast("dict[str, Json]", cast("dict[str, Json]", envelope["properties"])["results"])
    results["items"] = {}
    return _compile(envelope), _compile(_definition("result")), _compile(_definition("failure"))


def _definition(name: str) -> dict[str, Json]:
    # A copy of its own: the compiler rewrites the references of what it is given.
    return {"$ref": f"#/definitions/{name}", "definitions": schema()["definitions"]}


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
        return _in_plain_words(str(broken.name), str(broken.message), within)
    return None


@functools.lru_cache(maxsize=256)
def _in_plain_words(name: str, message: str, within: str) -> str:
    """Name the field and the rule that it breaks; the value stays out of it.

    The validator's texts consist of the schema's words alone, so there are few to remember: thousands of bad
    results cost no more than good ones.
    """
    field = ".".join(part for part in (within, name.removeprefix("data").lstrip(".")) if part)
    rule = _rule(message.removeprefix(name).strip())
    return f"{field}: {rule}" if field else rule


def _rule(rule: str) -> str:
    """Say a rule as whoever writes JSON would: the validator speaks of Python's lists and of patterns."""
    found = _LIST.fullmatch(rule)
    if found is not None:
        asks, values = found.groups()
        words = (value.strip().strip("'") for value in values.split(","))
        listed = ", ".join("null" if word == "None" else word for word in words)
        return f"must have {listed}" if asks == "contain" else f"must be one of {listed}"
    for beginning, plain in _PLAIN:
        if rule.startswith(beginning):
            rest = rule.removeprefix(beginning)
            return plain.format(rest.replace(" items", " elements").replace(" properties", " fields"))
    return rule
