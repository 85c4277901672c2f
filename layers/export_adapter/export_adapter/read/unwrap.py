"""The body of a record, freed of what the queue's feeder wrapped around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from export_adapter.model import Json
from export_adapter.read.parts import Part, UnreadableError, parts_of

_MAX_WRAPPERS: Final = 4


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The message's own JSON object, by its fields."""

    fields: Mapping[str, Part]

    @property
    def message(self) -> dict[str, Json]:
        """The message as a JSON value."""
        return {name: part.json() for name, part in self.fields.items()}


@dataclass(frozen=True, slots=True)
class NotUnwrapped:
    """Why no message could be found in the body, in words for whoever wrote it."""

    reason: str


def unwrap(body: str) -> Unwrapped | NotUnwrapped:
    """Find the message in a record's body.

    The body is the message itself, an EventBridge event, an SNS notification or a structured
    CloudEvent, also one inside the other (EventBridge to SNS to SQS).
    """
    content: Part | str = body
    for _ in range(_MAX_WRAPPERS + 1):
        if isinstance(content, str):
            if not content.strip():
                return NotUnwrapped("body is empty")
            try:
                content = parts_of(content)
            except UnreadableError as why:
                return NotUnwrapped(str(why))
        if content.fields is None:
            return NotUnwrapped(f"body must be a JSON object, not {_kind(content.value)}")
        if content.twice is not None:
            return NotUnwrapped(f"{content.twice}: the key comes twice in one object")
        inner = _inside(content.fields)
        if inner is None:
            return Unwrapped(content.fields)
        content = inner.value if isinstance(inner.value, str) else inner
    return NotUnwrapped(f"body is wrapped more than {_MAX_WRAPPERS} times")


def _inside(fields: Mapping[str, Part]) -> Part | None:
    """Return what the wrapper holds, or nothing where the content is the message itself."""
    if "results" in fields or "exportJobId" in fields:
        return None
    if "Type" in fields and fields["Type"].value == "Notification" and "Message" in fields:
        return fields["Message"]
    if "detail-type" in fields and "detail" in fields:
        return fields["detail"]
    if "specversion" in fields and "data" in fields:
        return fields["data"]
    return None


def _kind(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"
