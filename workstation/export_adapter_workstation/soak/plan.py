"""What a soak does."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from export_adapter_workstation.project import ROOT

SECONDS_AT_WORK: Final = 8.0
"""How old a function's process has to be to be killed: one that is still starting has no work to lose."""

SECONDS_BETWEEN_ACTS: Final = 5.0
"""Between two kills or rotations."""


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """How much is sent, the share of requests that meet a fault, and how often other things go wrong.

    most_seconds limits each of the two times that the queue is waited for.
    """

    items: int = 20_000
    jobs: int = 200
    seed: int = 1
    fault_rate: float = 0.35
    kills: int = 8
    rotations: int = 5
    most_seconds: float = 480.0
    project: Path = ROOT

    @property
    def sending_seconds(self) -> float:
        """How long messages are sent, so that all the kills and rotations happen meanwhile."""
        return SECONDS_AT_WORK + SECONDS_BETWEEN_ACTS * (self.kills + self.rotations)
