"""What can go wrong between the adapter and Pleo, one value per fault.

Most faults come in two kinds: before Pleo has applied the request, and (`applied=True`) after it, when the
caller cannot know. The server combines several faults on one request, for instance Latency and then
AnswerStatus.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class AnswerStatus:
    """Answer with a status and an ExceptionInfo body.

    retry_after is sent as it stands; as_date turns a number of seconds into the HTTP date that lies so far
    ahead.
    """

    status: int
    type: str = "INTERNAL_ERROR"
    message: str = "Something went wrong."
    retry_after: int | str | None = None
    as_date: bool = False
    applied: bool = False

    def __post_init__(self) -> None:
        """Refuse what no HTTP answer can carry."""
        _require_final_status(self.status)
        if self.as_date and not isinstance(self.retry_after, int):
            raise ValueError("as_date: needs retry_after as a number of seconds")

    def retry_after_header(self, now: datetime) -> str | None:
        """Return the Retry-After header as it is sent at `now`, which is aware, or None for no header."""
        if self.as_date and isinstance(self.retry_after, int):
            return format_datetime(now + timedelta(seconds=self.retry_after), usegmt=True)
        return None if self.retry_after is None else str(self.retry_after)


@dataclass(frozen=True, slots=True)
class HtmlBody:
    """Answer with a page of HTML, as gateways do."""

    status: int = 502
    applied: bool = False

    def __post_init__(self) -> None:
        """Refuse what no HTTP answer can carry."""
        _require_final_status(self.status)


@dataclass(frozen=True, slots=True)
class EmptyBody:
    """Answer with a status and nothing else."""

    status: int = 200
    applied: bool = True

    def __post_init__(self) -> None:
        """Refuse what no HTTP answer can carry."""
        _require_final_status(self.status)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the caller elsewhere; a caller that follows with its credentials gives them away."""

    location: str
    status: int = 302
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Latency:
    """Let the caller wait, in seconds; with applied=True the request has taken effect before the wait."""

    seconds: float
    applied: bool = False

    def __post_init__(self) -> None:
        """Refuse a wait into the past."""
        _require_not_negative(self.seconds)


@dataclass(frozen=True, slots=True)
class ConnectionReset:
    """Reset the TCP connection instead of answering."""

    applied: bool = False


@dataclass(frozen=True, slots=True)
class CutOffBody:
    """Stop in the middle of the body.

    honest_length declares the shorter length, so that HTTP sees nothing wrong and the JSON is broken all the
    same.
    """

    honest_length: bool = False


@dataclass(frozen=True, slots=True)
class SlowDrip:
    """Send the body in pieces, with a pause in seconds before each."""

    seconds_between: float
    piece_bytes: int = 16

    def __post_init__(self) -> None:
        """Refuse a drip that never ends or runs backwards."""
        _require_not_negative(self.seconds_between)
        if self.piece_bytes < 1:
            raise ValueError("piece_bytes: must be at least 1")


@dataclass(frozen=True, slots=True)
class SecretRotated:
    """From this request on a credential has another secret, so that the old one is answered with 401."""

    credential: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LowerLimit:
    """Answer 413 to a batch above `items`, as if Pleo had lowered its limit; others are taken as usual."""

    items: int


@dataclass(frozen=True, slots=True)
class ItemLeftOut:
    """Name an item neither in `data` nor in `errors`.

    With applied=True Pleo holds its new state all the same. The item is one of entry_ids, or, where that is
    empty, the one at `position` (counted round) in the request.
    """

    applied: bool = False
    entry_ids: tuple[str, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class ItemAnsweredWithStatus:
    """Show an item in `data` with another status than was sent.

    Without applied Pleo holds that other status, with it Pleo holds what was sent. The item is chosen as in
    ItemLeftOut.
    """

    status: str = "pending"
    applied: bool = False
    entry_ids: tuple[str, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class ItemError:
    """Report an item in `errors`; with applied=True Pleo holds its new state all the same.

    The item is chosen as in ItemLeftOut.
    """

    type: str = "EXPORT_ENTRY_STATUS_UPDATE_FAILED"
    message: str = "Export entry status update failed."
    applied: bool = False
    entry_ids: tuple[str, ...] = ()
    position: int = 0


type ItemFault = ItemLeftOut | ItemAnsweredWithStatus | ItemError
type Substitute = AnswerStatus | HtmlBody | EmptyBody | Redirect
type WireFault = ConnectionReset | CutOffBody | SlowDrip
type Fault = ItemFault | Substitute | WireFault | Latency | SecretRotated | LowerLimit

ITEM_FAULTS = (ItemLeftOut, ItemAnsweredWithStatus, ItemError)
SUBSTITUTES = (AnswerStatus, HtmlBody, EmptyBody, Redirect)
FAULTS: tuple[type[Fault], ...] = (
    *ITEM_FAULTS,
    *SUBSTITUTES,
    ConnectionReset,
    CutOffBody,
    SlowDrip,
    Latency,
    SecretRotated,
    LowerLimit,
)
ITEM_ERROR_TYPES = (
    "ACCOUNTING_ENTRY_DOES_NOT_EXIST",
    "EXPORT_ENTRY_STATUS_UPDATE_FAILED",
    "ACCOUNTING_ENTRY_UPDATE_FAILED",
)


def is_aimed_at(fault: ItemFault, position: int, entry_id: str, number_of_items: int) -> bool:
    """Tell whether an item fault strikes the item at `position` of a request with so many items."""
    if fault.entry_ids:
        return entry_id.lower() in {named.lower() for named in fault.entry_ids}
    return position == fault.position % number_of_items


def _require_final_status(status: int) -> None:
    if not HTTPStatus.OK <= status <= 599:  # noqa: PLR2004 - the last status that HTTP has room for
        raise ValueError(f"status: {status} is not between 200 and 599")


def _require_not_negative(seconds: float) -> None:
    if seconds < 0:
        raise ValueError(f"seconds: {seconds} is negative")
