"""The accounting system's own words, made fit for a bookkeeper's eyes.

What goes: markup, web addresses, ids that only the system's support can use, stack traces, and whatever
may be a secret or somebody's personal data (tokens, keys, e-mail addresses, card and account numbers).
"""

import re
from typing import Final

_LONGEST: Final = 1_000

_AFTER_THIS_NOTHING_IS_FOR_PEOPLE: Final = re.compile(
    r"\b(?:Traceback \(most recent|stack ?trace\b|inner exception|Call stack|SQLSTATE)"
    r"|\s+at [\w.$<>]{3,200}\(|\sat (?:Microsoft|System|java|com|org|oracle)\.",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"<(?:/?[a-zA-Z!?][^<>]{0,200}|/?)>")
_ADDRESS: Final = re.compile(r"\b(?:https?|ftp)://[^\s\"'<>)\]]{1,500}", re.IGNORECASE)
_GUID: Final = r"\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?"
_LABELLED_ID: Final = re.compile(
    r"[\[(]?\b(?:support|correlation|trace|request|activity|log|error|visma|session|transaction|instance"
    r"|incident|reference)[ -]?id\b\s{0,2}[:=#]?\s{0,2}(?=[\w~%.:{}-]{0,79}\d)[\w~%.:{}-]{4,80}[\])]?[.,;]?"
    r"|[\[(]?\btimestamp\b\s{0,2}[:=]\s{0,2}[\d:TZ.+ -]{8,40}[\])]?"
    r"|\[support id[^\]]{0,100}\]|\(id=[^)]{0,80}\)",
    re.IGNORECASE,
)
_BARE_GUID: Final = re.compile(rf"[\[(']?{_GUID}['\])]?")
_SECRET: Final = re.compile(
    r"\b(?:Bearer|Basic)\s{1,3}[\w.~+/=-]{6,2000}"
    r"|\beyJ[\w-]{8,4000}(?:\.[\w-]{1,4000}){0,4}"
    r"|\b(?:set-)?cookie\s{0,2}[:=]\s{0,2}[^\s;,]{1,500}(?:;\s{0,2}[^\s;,]{1,500}){0,20}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{12,20}\b|\b(?:sk|pk|rk|plp|whsec|ghp|xox[abp])[_-][\w-]{8,200}",
    re.IGNORECASE,
)
_LABELLED_SECRET: Final = re.compile(
    r"\b((?:access|refresh|id|api|auth|session|consumer|employee|client|bearer|private|secret|app)?[ _-]?"
    r"(?:token|key|secret|password|passwd|pwd))[\"']?\s{0,2}[:=]\s{0,2}[\"']?[^\s\"',;&)]{4,500}[\"']?",
    re.IGNORECASE,
)
_OPAQUE: Final = re.compile(r"\b(?=[\w+/=-]{0,60}\d)(?=[\w+/=-]{0,60}[a-zA-Z])[A-Za-z0-9+/=_-]{32,4000}")
_MAIL: Final = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD: Final = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
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
_BEFORE_SIGN: Final = re.compile(r"\s+([.,;:!?])(?=\s|$)")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_DIGIT: Final = re.compile(r"\d")
_OF_STACKS: Final = ("trac", "inner exception", "call stack", "sqlstate")
_OF_SECRETS: Final = (
    "bearer ", "basic ", "eyj", "akia", "asia", "sk", "pk", "rk", "plp", "whsec", "ghp", "xox",
    "token", "key", "secret", "passw", "pwd", "cookie",
)  # fmt: skip
"""What every secret that is known here has about it; without one of these none is looked for."""

_LEFT_OVER: Final = " \t-\N{EN DASH}:;,|/\\=*#>"

ELLIPSIS: Final = "…"


def clean(text: str) -> str:
    """Return a message as it can be shown: one line of plain text, without what people should not see."""
    text = _UNPRINTABLE.sub(" ", text[:_LONGEST])
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
    text = _without_secrets(text, folded)
    if "." in text:
        text = _EXCEPTION_NAME.sub("", text)
    text = _PREFIX.sub("", _PREFIX.sub("", text.strip()))
    if "[" in text or "{" in text:
        text = _TABLE_FIELD.sub(" ", text).translate(_ROUND)
    text = _EMPTY_PAIRS.sub(" ", text)
    text = _BEFORE_SIGN.sub(r"\1", _BLANKS.sub(" ", text))
    text = text.replace("...", ELLIPSIS).replace("..", ".").replace(".:", ":")
    return text.strip(_LEFT_OVER).replace('"', "'")


def shorten(text: str, longest: int) -> str:
    """Return the text within `longest` characters, cut at a word with an ellipsis where it is longer."""
    if len(text) <= longest:
        return text
    if longest < 2:  # noqa: PLR2004 (a character and the ellipsis)
        return ""
    head = text[: longest - 1]
    if not text[longest - 1].isspace() and " " in head:
        head = head.rpartition(" ")[0]
    return head.rstrip(_LEFT_OVER + ".") + ELLIPSIS


def without_secrets(text: str) -> str:
    """Return a text without what may be a secret or personal data, for people who see the rest as it came."""
    return _without_secrets(text, text.lower())


def _without_secrets(text: str, folded: str) -> str:
    if any(word in folded for word in _OF_SECRETS):
        text = _LABELLED_SECRET.sub(rf"\1 {ELLIPSIS}", _SECRET.sub(ELLIPSIS, text))
    if "@" in text:
        text = _MAIL.sub(ELLIPSIS, text)
    if _DIGIT.search(text):
        text = _CARD.sub(_without_card, _IBAN.sub(ELLIPSIS, text))
        text = _OPAQUE.sub(ELLIPSIS, text)
    return text


def _without_card(found: re.Match[str]) -> str:
    """Hide a number that is a valid card number (Luhn); other long numbers name documents and accounts."""
    digits = [int(sign) for sign in found[0] if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return ELLIPSIS if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else found[0]
