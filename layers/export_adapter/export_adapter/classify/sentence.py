"""The failure reason that a bookkeeper reads: what happened, what to do, then the system's own words."""

import re
from typing import Final

from export_adapter.classify import template
from export_adapter.classify.reading.report import Cause
from export_adapter.classify.rulebook.message_pattern import Captured
from export_adapter.classify.rulebook.rule import Verdict
from export_adapter.classify.words import readable
from export_adapter.text import MAX_REASON, shorten

NO_NAME: Final = "the accounting system"
"""What a system is called that has no rule file."""

EXPORTER: Final = "the export"
"""Who speaks where the accounting system did not."""

_LONGEST_VALUE: Final = 60
_LEAST_QUOTE: Final = 12
_HAS_DIGIT: Final = re.compile(r"\d")
_FIELD_PART: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
_NOT_NAMES: Final = frozenset(
    {"id", "ref", "value", "code", "number", "no", "name", "type", "key", "self", "body"}
)


def failure_reason(
    verdict: Verdict,
    cause: Cause,
    quoted: Cause,
    captured: Captured,
    system_name: str,
    *,
    from_exporter: bool = False,
    from_page: bool = False,
) -> str:
    """Return the sentence with its names filled in, and the system's words after it, at most MAX_REASON.

    `quoted` is the cause whose words are shown. `from_exporter`: they are those of the export integration.
    `from_page`: of a web page, which some gateway on the way made; they help nobody.
    """
    values = _values(cause, captured, system_name)
    sentence = shorten(template.fill(verdict.sentence, values), MAX_REASON)
    quote = _quote(quoted) if verdict.quotes and not from_page else ""
    speaker = EXPORTER if from_exporter else system_name
    opening = f" {speaker[:1].upper()}{speaker[1:]} says: "
    space = MAX_REASON - len(sentence) - len(opening) - 2
    if not quote or space < _LEAST_QUOTE:
        return sentence
    return f'{sentence}{opening}"{shorten(quote, space)}"'


def _quote(cause: Cause) -> str:
    """Return the system's words; without any, a code that has a number, which its support can look up."""
    words = readable(cause.message)
    if cause.title and len(words) < _LEAST_QUOTE:
        words = f"{readable(cause.title)}: {words}".rstrip(": ")
    if not words and cause.shown_code:
        code = readable(cause.shown_code)
        return f"error {code}" if _HAS_DIGIT.search(code) else ""
    return words


def _values(cause: Cause, captured: Captured, system_name: str) -> dict[str, str]:
    values = {"system": system_name}
    if cause.shown_code:
        values["code"] = readable(cause.shown_code)
    field = readable_field(cause.field) if cause.field else ""
    if field:
        values["field"] = field
    for name, text in captured.items():
        value = _value(text)
        if value:
            values[name] = value
    return values


def _value(captured: str | None) -> str:
    if not captured:
        return ""
    value = readable(captured).strip(" '`().,;:")
    # Square brackets and braces mean something in sentences.
    value = re.sub(r"[\[\]{}]", "", value)
    return shorten(value, _LONGEST_VALUE)


def readable_field(path: str) -> str:
    """Return a field's name as a person would say it: "lineItems[0].taxRateId" is "tax rate"."""
    for segment in reversed(re.split(r"[.\[\]/,]", path[:120])):
        words = [word.lower() for part in _FIELD_PART.findall(segment) for word in _CAMEL.split(part) if word]
        while len(words) > 1 and words[-1] in {"id", "ref", "key"}:
            words.pop()
        if words and not (len(words) == 1 and words[0] in _NOT_NAMES):
            return " ".join(words)
    return ""
