"""What goes wrong during a soak: Pleo fails at random, functions are killed, secrets are rotated."""

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
from export_adapter_workstation.local.pleo import Fault, FaultPlan, passing_faults
from export_adapter_workstation.soak.plan import SECONDS_AT_WORK, SECONDS_BETWEEN_ACTS, SoakPlan
from export_adapter_workstation.soak.traffic import Company

COMPANY_SECRETS: Final = "pleo/company/"
"""How the names of companies' secrets begin: the template's CompanySecretPrefix."""

_SECONDS_BETWEEN_LOOKS: Final = 0.5
_SECONDS_UNTIL_THE_SECRET_CHANGES: Final = (1.0, 10.0)
_DELAY_SECONDS: Final = 2.0
_LOWERED_LIMITS: Final = 3


@dataclass(slots=True)
class Injected:
    """What was done, for the report."""

    functions_killed: int = 0
    secrets_rotated: int = 0


@contextlib.contextmanager
def fault_injection(
    adapter: LocalAdapter, companies: tuple[Company, ...], plan: SoakPlan
) -> Iterator[Injected]:
    """Inject faults during the block; afterwards Pleo answers every request as it should."""
    injected = Injected()
    over = threading.Event()
    acting = threading.Thread(target=_act, args=(adapter, companies, plan, injected, over), daemon=True)
    if plan.fault_rate:
        adapter.pleo.fail(FaultPlan(faults=(Fault(limit=40),), times=_LOWERED_LIMITS, method="PUT"))
        faults = passing_faults(delay=_DELAY_SECONDS)
        adapter.pleo.fail(FaultPlan(faults=faults, rate=plan.fault_rate, seed=plan.seed))
    acting.start()
    try:
        yield injected
    finally:
        over.set()
        acting.join()
        adapter.pleo.clear_faults()


def _act(
    adapter: LocalAdapter,
    companies: tuple[Company, ...],
    plan: SoakPlan,
    injected: Injected,
    over: threading.Event,
) -> None:
    """Kill and rotate, one after the other in an order that the seed decides, until the injection is over."""
    dice = Random(plan.seed)  # noqa: S311 -- no secret
    killer = _Killer(adapter, dice)
    rotated = cycle([one for one in companies if one.company_id and one.has_credentials])
    acts = [*("kill" for _ in range(plan.kills)), *("rotate" for _ in range(plan.rotations))]
    dice.shuffle(acts)
    for act in acts:
        if killer.watch(SECONDS_BETWEEN_ACTS * dice.uniform(0.5, 1.5), over):
            return
        if act == "rotate":
            seconds = dice.uniform(*_SECONDS_UNTIL_THE_SECRET_CHANGES)
            _rotate(adapter, next(rotated), seconds, injected, over)
        elif killer.kill_one(over):
            injected.functions_killed += 1


class _Killer:
    """Kills processes that run the function. While the queue is full, those that have started are at work."""

    def __init__(self, adapter: LocalAdapter, dice: Random) -> None:
        self._adapter = adapter
        self._dice = dice
        self._seen: dict[int, float] = {}

    def watch(self, seconds: float, over: threading.Event) -> bool:
        """Observe the processes for some seconds; return whether the injection is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not over.wait(_SECONDS_BETWEEN_LOOKS):
            now = time.monotonic()
            there = function_processes(self._adapter.stack.aws)
            self._seen = {process: self._seen.get(process, now) for process in there}
        return over.is_set()

    def kill_one(self, over: threading.Event) -> bool:
        """Wait for a process that is old enough, and kill it; return whether there was one."""
        while not over.is_set():
            now = time.monotonic()
            at_work = [one for one, since in self._seen.items() if now - since > SECONDS_AT_WORK]
            if at_work and kill(self._dice.choice(at_work)):
                return True
            self.watch(1.0, over)
        return False


def _rotate(
    adapter: LocalAdapter, company: Company, seconds: float, injected: Injected, over: threading.Event
) -> None:
    """Rotate a company's token as people do: Pleo refuses the old one before the secret changes."""
    name = company.at_pleo
    injected.secrets_rotated += 1
    token = f"test-{injected.secrets_rotated}"
    adapter.accept_token(name, token)
    over.wait(seconds)
    adapter.put_secret(COMPANY_SECRETS + name, token)
