"""What an answer to the PUT means. The table in docs/delivery.md, as a function without side effects."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter.deliver.retry import retry_after
from export_adapter.model import ErrorType, ItemStatus, Json
from export_adapter.precedence import StoredItem, plausible
from export_adapter.text import clean, shown

_LONGEST_MESSAGE: Final = 300

_TRANSIENT: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class ItemsAnswered:
    """A 2xx that could be read. Every entry that was sent is in exactly one of the three."""

    status: int
    accepted: frozenset[str] = frozenset()
    unknown: Mapping[str, str] = field(default_factory=dict[str, str])
    unconfirmed: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class BadItems:
    """Some item is wrong, and the answer does not say which."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class TooManyItems:
    """The request is too large."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class CredentialsRefused:
    """401: the access token or API key is wrong, expired or was rotated."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class NeverAccepted:
    """The job is gone or finished: nothing that is sent to it can succeed any more."""

    status: int
    error_type: ErrorType
    reason: str


@dataclass(frozen=True, slots=True)
class TryAgain:
    """A fault that passes. `wait` is what Retry-After asked for, in seconds."""

    status: int | None
    cause: str
    reason: str
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class NotNow:
    """Not about the items, and sending again at once cannot help: somebody must repair something first."""

    status: int
    cause: str
    reason: str


type Refusal = BadItems | TooManyItems | CredentialsRefused | NeverAccepted | TryAgain | NotNow

type Verdict = ItemsAnswered | Refusal


def verdict(  # noqa: C901, PLR0911 -- one branch for each row of the table
    answer: Answer | NoAnswer, sent: Mapping[str, ItemStatus], now: float
) -> Verdict:
    """Say what an answer means for the items that were `sent`; `now` is in seconds since 1970."""
    if isinstance(answer, NoAnswer):
        return TryAgain(None, answer.cause, answer.reason)
    status = answer.status
    if status // 100 == 2:  # noqa: PLR2004 -- the class of an HTTP status
        return _items(answer, sent)
    error = _error(answer.body)
    reason = f"Pleo answered {status}{error.in_words}"
    match status, error.type:
        case (400, "UNSUPPORTED_API_VERSION"):
            # Not about an item: splitting would send a hundred single items only to park them all.
            return NotNow(status, "unsupported_api_version", reason)
        case (404, "EXPORT_NOT_FOUND"):
            return NeverAccepted(status, ErrorType.JOB_NOT_FOUND, reason)
        case (422, "EXPORT_JOB_STATUS_UNPROCESSABLE"):
            return NeverAccepted(status, ErrorType.JOB_FINISHED, reason)
        case ((400 | 422), _):
            return BadItems(status, reason)
        case (413, _):
            return TooManyItems(status, reason)
        case (401, _):
            return CredentialsRefused(status, reason)
        case (403, _):
            return NotNow(status, "forbidden", reason)
    if status in _TRANSIENT or status >= 500:  # noqa: PLR2004 -- the class of an HTTP status
        return TryAgain(status, _cause(status), reason, retry_after(answer.headers.get("retry-after"), now))
    return NotNow(status, "redirected" if 300 <= status < 400 else "unexpected_answer", reason)  # noqa: PLR2004 -- as above


def _cause(status: int) -> str:
    return {429: "rate_limited", 408: "timeout", 504: "timeout"}.get(status, "pleo_unavailable")


def _items(answer: Answer, sent: Mapping[str, ItemStatus]) -> ItemsAnswered | TryAgain:
    content = parsed(answer.body)
    data, errors = (content.get("data"), content.get("errors")) if isinstance(content, dict) else (None, None)
    if not isinstance(data, list) or not isinstance(errors, list | None):
        return TryAgain(
            answer.status, "unreadable_answer", f"Pleo answered {answer.status} with an unreadable body"
        )
    listed = {entry_id(one): one for one in data if isinstance(one, dict)}
    refused = {entry_id(one): one for one in errors or () if isinstance(one, dict)}
    accepted: set[str] = set()
    unknown: dict[str, str] = {}
    unconfirmed: dict[str, str] = {}
    for entry, status in sent.items():
        if entry in refused:
            kind = _said(refused[entry].get("type")).upper()
            said = _without(entry, _said(refused[entry].get("message")))
            reasons = unknown if kind == "ACCOUNTING_ENTRY_DOES_NOT_EXIST" else unconfirmed
            reasons[entry] = f"Pleo refused the item: {kind or 'no type'}{f', {said}' if said else ''}"
        elif entry not in listed:
            unconfirmed[entry] = "Pleo's answer does not mention the item"
        elif _text(listed[entry].get("status")).lower() != status:
            unconfirmed[entry] = (
                f"Pleo answered with status {_said(listed[entry].get('status')) or 'none'}, not {status}"
            )
        else:
            accepted.add(entry)
    return ItemsAnswered(answer.status, frozenset(accepted), unknown, unconfirmed)


@dataclass(frozen=True, slots=True)
class _Error:
    type: str
    message: str

    @property
    def in_words(self) -> str:
        words = ", ".join(part for part in (self.type, self.message) if part)
        return f": {words}" if words else ""


def _error(body: bytes) -> _Error:
    """Read ExceptionInfo where the body is one. A gateway's page, broken or empty text is no error type."""
    content = parsed(body)
    if not isinstance(content, dict):
        return _Error("", "")
    return _Error(_said(content.get("type")).upper(), _said(content.get("message")))


def parsed(body: bytes) -> Json:
    """Return the JSON in a body, or None where it holds none: an answer never raises.

    It must be UTF-8. In UTF-16, which Python would read too, no secret would have been found.
    """
    try:
        content: Json = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return content


def entry_id(element: Mapping[str, Json]) -> str:
    """Return an element's accountingEntryId in the adapter's spelling."""
    return _text(element.get("accountingEntryId")).lower()


def _text(value: Json) -> str:
    """Return a text of Pleo's as it can be compared: one printable line."""
    return clean(value) if isinstance(value, str) else ""


def _said(value: Json) -> str:
    """Return a text of Pleo's as it may be logged and put in an attribute."""
    return shown(value, _LONGEST_MESSAGE) if isinstance(value, str) else ""


def _without(entry: str, said: str) -> str:
    """Leave an item's own id out of what is said of it: items with one reason share one dead letter."""
    return re.sub(re.escape(entry), "…", said, flags=re.IGNORECASE)


def stored_items(data: Iterable[Json], wanted: Collection[str], now: float) -> dict[str, StoredItem]:
    """Return what the `data` of one page of a job's items says of the wanted entries.

    A date that lies ahead of `now`, in seconds since 1970, is left out.
    """
    return {
        entry_id(element): StoredItem(
            _text(element.get("status")).lower(),
            plausible(_moment(_text(element.get("exportedAt"))), now),
        )
        for element in data
        if isinstance(element, dict) and entry_id(element) in wanted
    }


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
