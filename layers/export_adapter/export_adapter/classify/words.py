"""The accounting system's own words, made fit for a bookkeeper's eyes.

Markup, web addresses, ids that only the system's support can use and stack traces are left out, secrets and
personal data are masked.
"""

import re
from typing import Final

from export_adapter.text import ELLIPSIS, clean, mask

_LONGEST: Final = 1_000

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


def readable(text: str) -> str:
    """Return a message as it can be shown: one line of plain text, without what people should not see."""
    # Secrets first: without the markup and addresses around them they are not recognised any more.
    text = mask(clean(text))[:_LONGEST]
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
