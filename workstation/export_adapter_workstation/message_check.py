"""Checks a message before it is sent: every violation of the contract, and names that are nearly its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Any, Final, cast

from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from export_adapter.model import InvalidMessage, InvalidResult, Json, Message, Record
from export_adapter.parked_message import MAX_BYTES, NOT_IN_SQS
from export_adapter.read import contract
from export_adapter.read.reader import read
from export_adapter.read.unwrap import Unwrapped, unwrap

_MOST_VIOLATIONS: Final = 2_000
"""Looked at in one message; each rule is named once."""

_ALIKE: Final = 0.87
_FORMATS: Final = FormatChecker(())
_FORMATS.checks("date-time", raises=ValueError)(
    lambda value: not isinstance(value, str) or contract.parse_date_time(value) is not None
)
_WORDS: Final = {
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minItems": "must have at least {} element",
    "maxItems": "must have at most {} elements",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "format": "must be an RFC 3339 date and time, such as 2026-03-01T12:00:00Z",
}
_MEANT: Final = {
    "failure": {"response": "failure.body", "error": "failure", "statusCode": "failure.httpStatus"},
    "body": {"response": "body", "statusCode": "httpStatus"},
}
"""Other names for fields of the contract, by a field of the object that they stand in."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a message, and what may be; `company_id` becomes its message group."""

    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    company_id: str | None


def check(body: str, *, against_contract: bool = True) -> Checked:
    """Check a message, bare or wrapped. Values are never repeated: problems name the field and the rule.

    Args:
        body: The text of the message.
        against_contract: Whether to name what the adapter would park at once.
    """
    problems = tuple(_not_for_sqs(body))
    if problems:
        return Checked(problems, (), None)
    contents = read(Record("", "", body))
    company = None if isinstance(contents, InvalidMessage) else contents.job.company_id
    if not against_contract:
        return Checked((), (), company)
    found = unwrap(body)
    message = found.message if isinstance(found, Unwrapped) else None
    problems = tuple(_broken(contents, message))
    return Checked(problems, tuple(_nearly(message)) if message else (), company)


def _not_for_sqs(body: str) -> Iterator[str]:
    size = len(body.encode("utf-8", "surrogatepass"))
    if not body:
        yield "is empty"
    if size > MAX_BYTES:
        yield f"has {size} bytes; SQS takes {MAX_BYTES}. Split its results over several messages"
    found = NOT_IN_SQS.search(body)
    if found:
        yield f"contains the character U+{ord(found[0]):04X}, which SQS does not take: escape it"


def _broken(contents: Message | InvalidMessage, message: dict[str, Json] | None) -> Iterator[str]:
    """Name each rule that is broken, with its first place; what the function says where no rule tells."""
    if isinstance(contents, InvalidMessage):
        reasons = [contents.reason]
    else:
        reasons = [one.reason for one in contents.results if isinstance(one, InvalidResult)]
    if not reasons:
        return
    places: dict[tuple[str, str], list[int]] = {}
    if message is not None:
        validator = Draft7Validator(cast("Mapping[str, Any]", contract.schema()), format_checker=_FORMATS)
        for error in islice(validator.iter_errors(message), _MOST_VIOLATIONS):
            places.setdefault((_field(error), _rule(error)), []).extend(_place(error))
    if not places:
        yield from dict.fromkeys(reasons)
    for (field, rule), found in places.items():
        others = f" (and {len(set(found)) - 1} more results)" if len(set(found)) > 1 else ""
        where = field.replace("[]", f"[{found[0]}]", 1) if found else field
        yield f"{where}: {rule}{others}" if where else f"{rule}{others}"


def _place(error: ValidationError) -> list[int]:
    return [part for part in list(error.absolute_path)[:2] if isinstance(part, int)]


def _field(error: ValidationError) -> str:
    parts = ["[]" if isinstance(part, int) else f".{part}" for part in error.absolute_path]
    return "".join(parts).removeprefix(".")[:200]


def _rule(error: ValidationError) -> str:
    rule, value = error.validator, cast("Any", error.validator_value)
    pattern = str(cast("Mapping[str, Any]", error.schema).get("pattern", ""))
    if rule == "required":
        instance = cast("Mapping[str, Any]", error.instance)
        return f"must have {', '.join(name for name in value if name not in instance)}"
    if rule in {"pattern", "type"} and "a-fA-F" in pattern:
        return "must be a UUID"
    if rule == "pattern":
        return "must be a web address (http or https)" if "://" in pattern else "must not be blank"
    if rule == "type":
        return f"must be {' or '.join([value] if isinstance(value, str) else value)}"
    if rule == "enum":
        return f"must be one of {', '.join('null' if one is None else str(one) for one in value)}"
    return _WORDS.get(str(rule), f"breaks the rule {rule}").format(value)


def _nearly(message: dict[str, Json]) -> Iterator[str]:
    """Name the unknown fields whose names are nearly one of the contract's; each once."""
    schema = cast("dict[str, Any]", contract.schema())
    found: dict[str, str] = {}
    _walk(message, schema, schema["definitions"], "", found)
    for field, meant in found.items():
        yield f"{field}: not a field of the contract, so it is ignored. Did you mean {meant}?"


def _walk(
    value: Json, schema: dict[str, Any], definitions: dict[str, Any], path: str, found: dict[str, str]
) -> None:
    schema = definitions.get(str(schema.get("$ref", "")).rpartition("/")[2], schema)
    properties = cast("dict[str, Any]", schema.get("properties", {}))
    if isinstance(value, list):
        for one in value:
            _walk(one, schema.get("items", {}), definitions, f"{path}[]", found)
    elif isinstance(value, dict) and properties:
        for name, inner in value.items():
            where = f"{path}.{name}".removeprefix(".")[:200]
            if name in properties:
                _walk(inner, properties[name], definitions, where, found)
            elif where not in found and (meant := _meant(name, properties)):
                found[where] = meant


def _meant(name: str, properties: Mapping[str, Any]) -> str | None:
    known = {_squeezed(each): each for each in properties}
    for field, others in _MEANT.items():
        if field in properties:
            known = {_squeezed(other): meant for other, meant in others.items()} | known
    near = get_close_matches(_squeezed(name[:100]), known, 1, _ALIKE)
    return known[near[0]] if near else None


def _squeezed(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
