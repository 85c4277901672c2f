"""What is said of a failure: the sentence that a bookkeeper reads, and the fingerprint that a log counts.

A rule's sentence has places for names: `{account}` is filled with what a message pattern captured under
that name. A part in square brackets is kept only where all its names are known; `[a|b]` takes the first
alternative that is complete. `{system}` is always known, every other name must stand in brackets.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from export_adapter.classify.reading.causes import Cause
from export_adapter.classify.reading.failure import ErrorReport
from export_adapter.classify.rulebook.patterns import Captured
from export_adapter.classify.rulebook.rule import Verdict
from export_adapter.text import ELLIPSIS, MAX_REASON, clean, mask, shorten, shown

NO_NAME: Final = "the accounting system"
"""What a system is called that has no rule file."""

EXPORTER: Final = "the export"
"""Who speaks where the accounting system did not."""

_LONGEST_VALUE: Final = 60
_LEAST_QUOTE: Final = 12
_LONGEST_QUOTE: Final = 1_000
_HAS_DIGIT: Final = re.compile(r"\d")
_FIELD_PART: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
_NOT_NAMES: Final = frozenset(
    ("id", "ref", "value", "code", "number", "no", "name", "type", "key", "self", "body")
)  # fmt: skip
NAMES: Final = frozenset((
    "account", "amount", "code", "company", "currency", "date", "dimension", "document", "field", "item",
    "journal", "limit", "period", "permission", "system", "tax_code", "value", "vendor",
))  # fmt: skip
"""What a pattern may capture and a sentence may name."""

LONGEST_SENTENCE: Final = 300
"""Characters of a sentence as it stands in a file, so that the system's own words fit after it."""

_PART: Final = re.compile(r"\[([^\[\]]*)\]|([^\[\]]+)")
_PLACE: Final = re.compile(r"\{(\w+)\}")
_MARKUP: Final = re.compile(r"[<>*`#!\n\t]|https?:|  ")
_LONGEST_FINGERPRINT: Final = 200
_QUOTED: Final = re.compile(r"'[^']{0,200}'|\"[^\"]{0,200}\"|`[^`]{0,200}`")
_RUN: Final = re.compile(r"[\w./:#@~%+-]++")
_DIGIT: Final = re.compile(r"\d")
_NUMBER: Final = "#"

_AFTER_THIS_NOTHING_IS_FOR_PEOPLE: Final = re.compile(
    r"\b(?:Traceback \(most recent|stack ?trace\b|inner exception|Call stack|SQLSTATE)"
    r"|(?<!\s)\s+at [\w.$<>]{3,200}\(|\sat (?:Microsoft|System|java|com|org|oracle)\.",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"<(?:/?[a-zA-Z!?][^<>]{0,200}|/?)>")
_ADDRESS: Final = re.compile(r"\b(?:https?|ftp)://[^\s\"'<>)\]]{1,500}", re.IGNORECASE)
_GUID: Final = r"\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?"
_LABELLED_ID: Final = re.compile(
    r"[\[(]?\b(?:support|correlation|trace|request|activity|log|error|visma|session|transaction|instance"
    r"|incident|reference)[ -]?id\b\s{0,2}[:=#]?\s{0,2}(?:(?=[\w~%.:{}-]{0,79}\d)[\w~%.:{}-]{4,80}|…)"
    r"[\])]?[.,;]?"
    r"|[\[(]?\btimestamp\b\s{0,2}[:=]\s{0,2}[\d:TZ.+ -]{8,40}[\])]?"
    r"|\[support id[^\]]{0,100}\]|\(id=[^)]{0,80}\)",
    re.IGNORECASE,
)
_BARE_GUID: Final = re.compile(rf"[\[(']?{_GUID}['\])]?")
_EXCEPTION_NAME: Final = re.compile(
    r"(?:^|(?<=[\s(:]))(?:[a-zA-Z_][\w$]{0,60}\.){1,10}"
    r"[A-Z]\w{0,80}(?:Exception|Error|Fault)(?:\(\w{0,20}\))?:? ?"
)
_PREFIX: Final = re.compile(
    r"^\(soap(?:env)?:\w{1,20}\) |^[A-Z]\w{2,60}(?:Exception|Error|Fault)(?: - |: )(?=\S)"
)
_TABLE_FIELD: Final = re.compile(r"\[@?[A-Z][A-Z0-9_]{1,20}\.[\w]{1,40}\]|\[line: ?\d{1,5}\]")
_ROUND: Final = str.maketrans("[]{}", "()()")
_EMPTY_PAIRS: Final = re.compile(r"\(\s*\)|\[\s*\]|\{\s*\}|''|\"\"")
_BLANKS: Final = re.compile(r"\s{2,}")
_BEFORE_SIGN: Final = re.compile(r"(?<!\s)\s+([.,;:!?])(?=\s|$)")
_OF_STACKS: Final = ("trac", "inner exception", "call stack", "sqlstate")
_LEFT_OVER: Final = " \t-\N{EN DASH}:;,|/\\=*#>"


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
    sentence = shorten(fill(verdict.sentence, values), MAX_REASON)
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


def readable(text: str) -> str:
    """Return a system's words as a bookkeeper can read them: one line of plain text.

    Secrets and personal data are masked. Markup, web addresses, ids that only the system's support can use
    and stack traces are left out.
    """
    # Secrets first: without the markup and addresses around them they are not recognised any more.
    text = mask(clean(text))[:_LONGEST_QUOTE]
    folded = text.lower()
    if " at " in folded or any(word in folded for word in _OF_STACKS):
        cut = _AFTER_THIS_NOTHING_IS_FOR_PEOPLE.search(text)
        text = text[: cut.start()] if cut else text
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "://" in text:
        text = _ADDRESS.sub("", text)
    if "id" in folded or "timestamp" in folded:
        text = _LABELLED_ID.sub(" ", text)
    if "-" in text:
        text = _BARE_GUID.sub(" ", text)
    if "." in text:
        text = _EXCEPTION_NAME.sub("", text)
    text = _PREFIX.sub("", _PREFIX.sub("", text.strip()))
    if "[" in text or "{" in text:
        text = _TABLE_FIELD.sub(" ", text).translate(_ROUND)
    text = _EMPTY_PAIRS.sub(" ", text)
    text = _BEFORE_SIGN.sub(r"\1", _BLANKS.sub(" ", text))
    text = text.replace("...", ELLIPSIS).replace("..", ".").replace(".:", ":")
    return text.strip(_LEFT_OVER).replace('"', "'")


def readable_field(path: str) -> str:
    """Return a field's name as a person would say it: "lineItems[0].taxRateId" is "tax rate"."""
    for segment in reversed(re.split(r"[.\[\]/,]", path[:120])):
        words = [word.lower() for part in _FIELD_PART.findall(segment) for word in _CAMEL.split(part) if word]
        while len(words) > 1 and words[-1] in {"id", "ref", "key"}:
            words.pop()
        if words and not (len(words) == 1 and words[0] in _NOT_NAMES):
            return " ".join(words)
    return ""


@dataclass(frozen=True, slots=True)
class _Alternative:
    text: str
    names: frozenset[str]


@lru_cache(maxsize=2048)
def _parts(template: str) -> tuple[tuple[_Alternative, ...], ...]:
    return tuple(
        tuple(
            _Alternative(text, frozenset(_PLACE.findall(text)))
            for text in (part[1].split("|") if part[1] is not None else [part[2]])
        )
        for part in _PART.finditer(template)
    )


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the sentence with its names filled in, and without the parts whose names are not known."""
    known = values.keys()
    text = "".join(
        next(
            (_PLACE.sub(lambda name: values[name[1]], one.text) for one in part if one.names <= known),
            "",
        )
        for part in _parts(template)
    )
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


def problem_with_sentence(template: str) -> str | None:
    """Return what is wrong with a sentence, in words for its author, or None."""
    if len(template) > LONGEST_SENTENCE:
        return f"longer than {LONGEST_SENTENCE} characters: the system's own words must fit after it"
    found = _MARKUP.search(template)
    if found:
        return f"must be plain text in one line: {found[0]!r} does not belong there"
    if "[" in re.sub(r"\[[^\[\]]*\]", "", template) or "]" in re.sub(r"\[[^\[\]]*\]", "", template):
        return "has a square bracket without its partner, or one inside another"
    if not template.endswith("."):
        return "must end with a full stop"
    first = template.lstrip("[")[:1]
    if not (first.isupper() or first == "{"):
        return "must begin with a capital letter or with a name such as {system}"
    return _problem_with_names(template)


def _problem_with_names(template: str) -> str | None:
    for part in _PART.finditer(template):
        for name in _PLACE.findall(part[0]):
            if name not in NAMES:
                return f"'{{{name}}}' is not a name; there are {', '.join(sorted(NAMES))}"
            if part[1] is None and name != "system":
                return f"'{{{name}}}' is not always known: put it and its words in [square brackets]"
    return None


def fingerprint_of(report: ErrorReport) -> str:
    """Return the status, code and words of a failure's first cause, without numbers, ids and quoted values.

    Failures of one kind have one fingerprint, so that they can be counted in a log. A number that is the
    whole code stays: it names the kind.
    """
    cause = report.causes[0]
    words = _QUOTED.sub("'…'", readable(cause.text).lower())
    words = _RUN.sub(lambda run: _NUMBER if _DIGIT.search(run[0]) else run[0], words)
    known = (str(report.status or ""), _code(cause), report.exception or "", " ".join(words.split()))
    return shown(" | ".join(part for part in known if part), _LONGEST_FINGERPRINT) or "nothing known"


def _code(cause: Cause) -> str:
    """Return the folded code, unless the code as it was sent is a secret: lower case hides that."""
    sent = cause.shown_code or ""
    return cause.code or "" if mask(sent) == sent else ELLIPSIS
