"""What goes wrong while a soak runs: Pleo fails at random, functions die at work, secrets are rotated."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import Final

from export_adapter_workstation.local.adapter import LocalAdapter
from export_adapter_workstation.local.aws.function_processes import function_processes, kill
from export_adapter_workstation.local.pleo import LowerLimit, everything_at
from export_adapter_workstation.soak.traffic import Company

COMPANY_SECRETS: Final = "pleo/company/"
"""How the names of companies' secrets begin: the template's CompanySecretPrefix."""

_SECONDS_BETWEEN_DISASTERS: Final = 5.0
_SECONDS_AT_WORK: Final = 8.0
"""How long a process must have been there to be killed: killed while it starts, it has no work to lose."""

_SECONDS_BETWEEN_LOOKS: Final = 0.5
_SECONDS_UNTIL_THE_SECRET_FOLLOWS: Final = (1.0, 10.0)
_LATENCY_SECONDS: Final = 2.0
_LOWERED_LIMITS: Final = 3


@dataclass(slots=True)
class Disasters:
    """What the storm did, for the report."""

    functions_killed: int = 0
    secrets_rotated: int = 0


@dataclass(frozen=True, slots=True)
class StormPlan:
    """How bad it gets: the share of requests that meet a fault, and how often the other things happen."""

    seed: int
    fault_rate: float
    kills: int
    rotations: int

    @property
    def seconds(self) -> float:
        """How long the traffic has to last, so that all of it happens meanwhile."""
        return _SECONDS_AT_WORK + _SECONDS_BETWEEN_DISASTERS * (self.kills + self.rotations)


@contextlib.contextmanager
def storm(adapter: LocalAdapter, companies: tuple[Company, ...], plan: StormPlan) -> Iterator[Disasters]:
    """Let a storm rage for as long as the block runs; afterwards Pleo is as reliable as ever."""
    disasters = Disasters()
    over = threading.Event()
    raging = threading.Thread(target=_rage, args=(adapter, companies, plan, disasters, over), daemon=True)
    adapter.pleo.faults.random(plan.seed, everything_at(plan.fault_rate, latency_seconds=_LATENCY_SECONDS))
    if plan.fault_rate:
        adapter.pleo.faults.next(LowerLimit(40), times=_LOWERED_LIMITS, method="PUT")
    raging.start()
    try:
        yield disasters
    finally:
        over.set()
        raging.join()
        adapter.pleo.faults.clear()


def _rage(
    adapter: LocalAdapter,
    companies: tuple[Company, ...],
    plan: StormPlan,
    disasters: Disasters,
    over: threading.Event,
) -> None:
    """Do one thing after the other, in an order of the seed's choice, until the storm is over."""
    dice = Random(plan.seed)  # noqa: S311 -- no secret
    killer = _Killer(adapter, dice)
    rotated = cycle([one for one in companies if one.company_id and one.has_credentials])
    acts = [*("kill" for _ in range(plan.kills)), *("rotate" for _ in range(plan.rotations))]
    dice.shuffle(acts)
    for act in acts:
        if killer.watch(_SECONDS_BETWEEN_DISASTERS * dice.uniform(0.5, 1.5), over):
            return
        if act == "rotate":
            seconds = dice.uniform(*_SECONDS_UNTIL_THE_SECRET_FOLLOWS)
            _rotate(adapter, next(rotated), seconds, disasters, over)
        elif killer.kill_one(over):
            disasters.functions_killed += 1


class _Killer:
    """Kills processes that run the function. On a busy queue those that are not just starting are at work."""

    def __init__(self, adapter: LocalAdapter, dice: Random) -> None:
        self._adapter = adapter
        self._dice = dice
        self._seen: dict[int, float] = {}

    def watch(self, seconds: float, over: threading.Event) -> bool:
        """Look which processes there are, for some time; return whether the storm is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not over.wait(_SECONDS_BETWEEN_LOOKS):
            now = time.monotonic()
            there = function_processes(self._adapter.stack.aws)
            self._seen = {process: self._seen.get(process, now) for process in there}
        return over.is_set()

    def kill_one(self, over: threading.Event) -> bool:
        """Wait for a process that has been there for a while, and kill it; return whether one was."""
        while not over.is_set():
            now = time.monotonic()
            at_work = [one for one, since in self._seen.items() if now - since > _SECONDS_AT_WORK]
            if at_work and kill(self._dice.choice(at_work)):
                return True
            self.watch(1.0, over)
        return False


def _rotate(
    adapter: LocalAdapter, company: Company, seconds: float, disasters: Disasters, over: threading.Event
) -> None:
    """Rotate a company's token as people do: Pleo refuses the old one some time before the secret follows."""
    name = company.at_pleo
    disasters.secrets_rotated += 1
    token = f"test-{disasters.secrets_rotated}"
    adapter.pleo.credentials.rotate(name, token)
    over.wait(seconds)
    adapter.put_secret(COMPANY_SECRETS + name, token)
