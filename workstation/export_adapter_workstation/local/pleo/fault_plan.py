"""Which fault strikes which request: scripted by a test, or drawn at random from a seed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random
from threading import Lock

from export_adapter_workstation.local.pleo.faults import (
    ITEM_ERROR_TYPES,
    ITEM_FAULTS,
    AnswerStatus,
    ConnectionReset,
    CutOffBody,
    EmptyBody,
    Fault,
    HtmlBody,
    ItemAnsweredWithStatus,
    ItemError,
    ItemLeftOut,
    Latency,
    SlowDrip,
)

ROUNDING = 1e-9  # rates that share out 1 may add up to a little more


@dataclass(frozen=True, slots=True)
class Target:
    """What a fault may strike, as far as the plan has to know it."""

    method: str
    job_id: str | None
    entry_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class ScriptedFaults:
    """Faults for the next requests that match; a criterion that is None matches everything.

    times is the number of requests still to be struck; None strikes until the plan is cleared.
    """

    faults: tuple[Fault, ...]
    times: int | None = 1
    method: str | None = None
    job_id: str | None = None
    entry_id: str | None = None

    def matches(self, target: Target) -> bool:
        """Tell whether the request is struck."""
        return (
            (self.method is None or self.method == target.method)
            and (self.job_id is None or self.job_id == target.job_id)
            and (self.entry_id is None or self.entry_id in target.entry_ids)
            and all(_can_strike(fault, target) for fault in self.faults)
        )


@dataclass(frozen=True, slots=True)
class RandomFault:
    """A fault and the share of requests that it strikes, from 0 to 1."""

    fault: Fault
    rate: float


class FaultPlan:
    """The faults that wait for their requests.

    Scripted ones come first; a request that they strike draws no other.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._scripted: list[ScriptedFaults] = []
        self._random: tuple[RandomFault, ...] = ()
        self._seed = 0
        self._draws: Counter[tuple[str, str | None]] = Counter()

    def next(
        self,
        *faults: Fault,
        times: int | None = 1,
        method: str | None = None,
        job_id: str | None = None,
        entry_id: str | None = None,
    ) -> None:
        """Strike the next `times` requests that match with all of these faults together.

        What was scripted first strikes first. entry_id matches an item update that holds this entry.
        Raises ValueError for no fault, or for times below 1.
        """
        if not faults:
            raise ValueError("faults: give at least one")
        if times is not None and times < 1:
            raise ValueError(f"times: {times} is below 1")
        with self._lock:
            self._scripted.append(ScriptedFaults(faults, times, method, _lower(job_id), _lower(entry_id)))

    def random(self, seed: int, rates: Iterable[RandomFault]) -> None:
        """Strike requests at random, at most one fault each; faults of items pass by what is no item update.

        A draw depends on the seed, the job, the method and the count of such requests alone, so that threads
        which overtake one another change nothing. Raises ValueError where the rates are not between 0 and 1,
        together too.
        """
        rates = tuple(rates)
        if any(one.rate < 0 for one in rates) or sum(one.rate for one in rates) > 1 + ROUNDING:
            raise ValueError("rates: must be between 0 and 1, and together not above 1")
        with self._lock:
            self._seed, self._random = seed, rates
            self._draws.clear()

    def clear(self) -> None:
        """Forget all faults that have not struck."""
        with self._lock:
            self._scripted.clear()
            self._random = ()

    def pending(self) -> tuple[ScriptedFaults, ...]:
        """Return what was scripted and has not struck often enough yet."""
        with self._lock:
            return tuple(self._scripted)

    def for_request(self, target: Target) -> tuple[Fault, ...]:
        """Return the faults that strike this request, and count them as used."""
        with self._lock:
            for index, scripted in enumerate(self._scripted):
                if scripted.matches(target):
                    self._use(index, scripted)
                    return scripted.faults
            return self._drawn(target)

    def _use(self, index: int, scripted: ScriptedFaults) -> None:
        if scripted.times is None:
            return
        if scripted.times == 1:
            del self._scripted[index]
        else:
            self._scripted[index] = replace(scripted, times=scripted.times - 1)

    def _drawn(self, target: Target) -> tuple[Fault, ...]:
        if not self._random:
            return ()
        kind = (target.method, target.job_id)
        self._draws[kind] += 1
        dice = Random(f"{self._seed} {kind} {self._draws[kind]}")  # noqa: S311 - no secret
        draw = dice.random()
        for candidate in self._random:
            draw -= candidate.rate
            if draw < 0:
                return (_placed(candidate.fault, dice),) if _can_strike(candidate.fault, target) else ()
        return ()


def everything_at(rate: float, *, latency_seconds: float = 0.05) -> tuple[RandomFault, ...]:
    """Return one of each fault that passes by itself, together at the given rate: the weather of a soak.

    Left out is what lasts until somebody acts (redirects, a lower limit, rotated secrets), and the item error
    that an adapter has to believe at once (ACCOUNTING_ENTRY_DOES_NOT_EXIST).
    """
    faults: tuple[Fault, ...] = (
        AnswerStatus(429, "RATE_LIMITED", retry_after=1),
        AnswerStatus(429, "RATE_LIMITED", retry_after=1, as_date=True),
        AnswerStatus(429, "RATE_LIMITED"),
        AnswerStatus(401, "UNAUTHORIZED"),
        AnswerStatus(500),
        AnswerStatus(503, retry_after=1),
        AnswerStatus(504, applied=True),
        HtmlBody(502),
        EmptyBody(200),
        ConnectionReset(),
        ConnectionReset(applied=True),
        CutOffBody(),
        CutOffBody(honest_length=True),
        Latency(latency_seconds),
        SlowDrip(latency_seconds / 10, piece_bytes=1024),
        ItemLeftOut(),
        ItemLeftOut(applied=True),
        ItemAnsweredWithStatus(),
        ItemAnsweredWithStatus(applied=True),
        *(ItemError(type=name) for name in ITEM_ERROR_TYPES[1:]),
        ItemError(applied=True),
    )
    return tuple(RandomFault(fault, rate / len(faults)) for fault in faults)


def _lower(identifier: str | None) -> str | None:
    return None if identifier is None else identifier.lower()


def _can_strike(fault: Fault, target: Target) -> bool:
    """Faults of items need items: they can strike an item update only."""
    return not isinstance(fault, ITEM_FAULTS) or (target.method == "PUT" and bool(target.entry_ids))


def _placed(fault: Fault, dice: Random) -> Fault:
    """Return the fault aimed at an item of the draw's choice, where it is about items and names none."""
    match fault:
        case ItemLeftOut() | ItemAnsweredWithStatus() | ItemError() if not fault.entry_ids:
            return replace(fault, position=dice.randrange(100))
        case _:
            return fault
