"""What can go wrong between a caller and Pleo, and which requests it strikes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from threading import Lock
from typing import Final, Literal

FINAL_STATUSES: Final = range(200, 600)
"""The statuses that can end an HTTP request."""

ITEM_ERROR_TYPES: Final = (
    "ACCOUNTING_ENTRY_DOES_NOT_EXIST",
    "EXPORT_ENTRY_STATUS_UPDATE_FAILED",
    "ACCOUNTING_ENTRY_UPDATE_FAILED",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one request. The fields combine, for instance a delay and then a status.

    Args:
        applied: Pleo has done what was asked all the same, and the caller cannot know.
        delay: Seconds before the answer.
        status: The status to answer with, instead of Pleo's own answer.
        body: With a status: an error with `type` and `message`, a page of HTML as gateways send, or nothing.
        type: The type of the error, or of an item's error; empty is a usual one.
        message: The message of the error, or of an item's error.
        retry_after: The Retry-After header, as it stands.
        as_date: Send retry_after, a number of seconds, as an HTTP date.
        location: The Location header.
        reset: Reset the TCP connection instead of answering.
        cut_off: Stop in the middle of the body.
        honest_length: With cut_off: declare the shorter length, so that HTTP sees nothing wrong.
        drip: Seconds between pieces of the body.
        piece_bytes: With drip: the size of a piece.
        limit: Answer 413 to more items than this, as if Pleo had lowered its limit.
        item: What happens to one item of an update: it is in neither list ("left_out"), in `errors`
            ("error"), or in `data` with another status ("status").
        item_status: With item "status": the status that is shown; the one before the update if it is None.
        entry_ids: The items that are struck; if it is empty, the one at `position` (modulo their number).
        position: See entry_ids.
    """

    applied: bool = False
    delay: float = 0
    status: int | None = None
    body: Literal["error", "html", "empty"] = "error"
    type: str = ""
    message: str = "Something went wrong."
    retry_after: int | str | None = None
    as_date: bool = False
    location: str | None = None
    reset: bool = False
    cut_off: bool = False
    honest_length: bool = False
    drip: float = 0
    piece_bytes: int = 16
    limit: int | None = None
    item: Literal["left_out", "error", "status"] | None = None
    item_status: str | None = None
    entry_ids: tuple[str, ...] = ()
    position: int = 0

    def __post_init__(self) -> None:
        """Refuse what no HTTP answer can carry."""
        if self.status is not None and self.status not in FINAL_STATUSES:
            raise ValueError(f"status: {self.status} is not between 200 and 599")
        if self.as_date and not isinstance(self.retry_after, int):
            raise ValueError("asDate: needs retryAfter as a number of seconds")
        if self.delay < 0 or self.drip < 0:
            raise ValueError("delay, drip: seconds cannot be negative")
        if self.piece_bytes < 1 or (self.limit is not None and self.limit < 1):
            raise ValueError("pieceBytes, limit: must be at least 1")

    @property
    def error_type(self) -> str:
        """The type of the error that the caller reads."""
        return self.type or ("EXPORT_ENTRY_STATUS_UPDATE_FAILED" if self.item else "INTERNAL_ERROR")

    @property
    def replaces_the_answer(self) -> bool:
        """Whether the caller gets something else than Pleo's own answer."""
        return self.reset or self.status is not None

    def strikes(self, position: int, entry_id: str, number_of_items: int) -> bool:
        """Tell whether this is the fault of the item at `position` of a request with so many items."""
        if self.item is None:
            return False
        if self.entry_ids:
            return entry_id in {named.lower() for named in self.entry_ids}
        return position == self.position % number_of_items

    def retry_after_header(self, now: datetime) -> str | None:
        """Return the Retry-After header as it is sent at `now`, which is aware, or None for no header."""
        if self.as_date and isinstance(self.retry_after, int):
            return format_datetime(now + timedelta(seconds=self.retry_after), usegmt=True)
        return None if self.retry_after is None else str(self.retry_after)

    def __str__(self) -> str:
        """Say in a few words what goes wrong, such as `status 503, Retry-After`."""
        words = {
            "delay": self.delay,
            f"status {self.status}": self.status,
            f"{self.body} body": self.status and self.body != "error",
            "Retry-After": self.retry_after is not None,
            "Location": self.location,
            "connection reset": self.reset,
            "body cut off": self.cut_off,
            "with the right length": self.honest_length,
            "slow body": self.drip,
            f"limit of {self.limit}": self.limit,
            "item left out": self.item == "left_out",
            f"item error {self.error_type}": self.item == "error",
            "another item status": self.item == "status",
            "applied all the same": self.applied,
        }
        return ", ".join(name for name, is_so in words.items() if is_so)


@dataclass(frozen=True, slots=True)
class Target:
    """A request, as far as a plan has to know it."""

    method: str
    job_id: str | None = None
    company_id: str | None = None
    entry_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """Which requests are struck, and by which of some faults. A criterion that is None matches every request.

    Args:
        faults: One of them strikes; of several, one is drawn for each request.
        times: How many requests are struck; None is no limit.
        seconds: For how long the plan is valid; None is no limit.
        until: When it ends; FaultPlans works it out from `seconds`.
        rate: The share of the matching requests that is struck, drawn at random from `seed`.
        seed: The same seed draws the same faults for the same requests of a job.
        method: The HTTP method.
        job_id: The export job.
        company_id: The company of the export job.
        entry_id: An entry in an item update.
    """

    faults: tuple[Fault, ...]
    times: int | None = None
    seconds: float | None = None
    until: datetime | None = None
    rate: float = 1.0
    seed: int = 0
    method: str | None = None
    job_id: str | None = None
    company_id: str | None = None
    entry_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse a plan that could strike nothing."""
        if not self.faults:
            raise ValueError("faults: give at least one")
        if (self.times or 0) < 0 or (self.seconds or 0) < 0:
            raise ValueError("times, seconds: cannot be negative")
        if not 0 <= self.rate <= 1:
            raise ValueError(f"rate: {self.rate} is not between 0 and 1")

    def matches(self, target: Target) -> bool:
        """Tell whether a request is one of those that the plan is for."""
        entry_ids = target.entry_ids if self.entry_id else {None}
        wanted = (
            (self.method, {target.method}),
            (_lower(self.job_id), {target.job_id}),
            (_lower(self.company_id), {target.company_id}),
            (_lower(self.entry_id), entry_ids),
        )
        return all(criterion is None or criterion in values for criterion, values in wanted) and any(
            _can_strike(fault, target) for fault in self.faults
        )


class FaultPlans:
    """All plans. The first that matches a request and strikes it is the only one that does."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._plans: list[FaultPlan] = []
        self._draws = Counter[tuple[int, str, str | None]]()

    def add(self, plan: FaultPlan) -> None:
        """Add a plan after those that there are."""
        until = None if plan.seconds is None else self._clock() + timedelta(seconds=plan.seconds)
        with self._lock:
            self._plans.append(replace(plan, until=until))

    def clear(self) -> None:
        """Forget all plans, and how often they were drawn from."""
        with self._lock:
            self._plans.clear()
            self._draws.clear()

    def pending(self) -> tuple[FaultPlan, ...]:
        """Return the plans that have not ended; `times` is what is left of it."""
        now = self._clock()
        with self._lock:
            self._plans = [
                one for one in self._plans if one.times != 0 and (one.until is None or now < one.until)
            ]
            return tuple(self._plans)

    def fault_of(self, target: Target) -> Fault | None:
        """Return the fault that strikes a request, and count it; None if there is none."""
        self.pending()
        with self._lock:
            for place, plan in enumerate(self._plans):
                fault = self._drawn(plan, target) if plan.times != 0 and plan.matches(target) else None
                if fault is not None:
                    left = None if plan.times is None else plan.times - 1
                    self._plans[place] = replace(plan, times=left)
                    return fault
            return None

    def _drawn(self, plan: FaultPlan, target: Target) -> Fault | None:
        """Draw a fault, or none. Requests of other jobs, which may overtake, do not change the draw."""
        kind = (plan.seed, target.method, target.job_id)
        self._draws[kind] += 1
        dice = Random(f"{kind} {self._draws[kind]}")  # noqa: S311 -- no secret
        if dice.random() >= plan.rate:
            return None
        fault = dice.choice(plan.faults)
        if len(plan.faults) > 1 and fault.item is not None and not fault.entry_ids:
            fault = replace(fault, position=dice.randrange(100))
        return fault if _can_strike(fault, target) else None


def _can_strike(fault: Fault, target: Target) -> bool:
    """Tell whether the request has what the fault strikes: a fault of an item needs an item update."""
    return fault.item is None or (target.method == "PUT" and bool(target.entry_ids))


def passing_faults(*, delay: float = 0.05) -> tuple[Fault, ...]:
    """Return one of each fault that passes by itself; delay is in seconds.

    Left out is what lasts until somebody acts (a redirect, a lower limit), and the one item error that an
    adapter has to believe at once, ACCOUNTING_ENTRY_DOES_NOT_EXIST.
    """
    return (
        Fault(status=429, retry_after=1),
        Fault(status=429, retry_after=1, as_date=True),
        Fault(status=429),
        Fault(status=401, type="UNAUTHORIZED"),
        Fault(status=500),
        Fault(status=503, retry_after=1),
        Fault(status=504, applied=True),
        Fault(status=502, body="html"),
        Fault(status=200, body="empty", applied=True),
        Fault(reset=True),
        Fault(reset=True, applied=True),
        Fault(cut_off=True),
        Fault(cut_off=True, honest_length=True),
        Fault(delay=delay),
        Fault(drip=delay / 10, piece_bytes=1024),
        Fault(item="left_out"),
        Fault(item="left_out", applied=True),
        Fault(item="status"),
        Fault(item="status", applied=True),
        *(Fault(item="error", type=name) for name in ITEM_ERROR_TYPES[1:]),
        Fault(item="error", applied=True),
    )


def _lower(identifier: str | None) -> str | None:
    return None if identifier is None else identifier.lower()
