"""Removes dead letters for good; the file that keeps them (kept.py) says of each whether it is gone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Final

from export_adapter_workstation.dead_letters.hold import Hold
from export_adapter_workstation.dead_letters.journal import Journal, Step
from export_adapter_workstation.dead_letters.letter import Described

_AT_ONCE: Final = 10


@dataclass(slots=True)
class DiscardReport:
    """What was removed; counted as it happens."""

    removed: int = 0
    not_removed: int = 0
    stopped: bool = False


def discard(
    hold: Hold,
    letters: Sequence[Described],
    marks: Journal,
    report: DiscardReport,
    *,
    stopped: Callable[[], bool] = lambda: False,
    done: Callable[[int], None] = lambda _letters: None,
) -> None:
    """Remove letters from the queue, until `stopped` says so. What was done goes into `report`.

    Each request is noted in the file of the letters before it, and what it removed after it: whatever ends
    this run leaves ten letters at most of which the file does not tell whether they are gone.
    """
    marks.holding(hold.longest)
    for some in batched(letters, _AT_ONCE, strict=False):
        if stopped():
            report.stopped = True
            break
        ids = [one.letter.message_id for one in some]
        claimed = hold.claim(ids)
        marks.note(Step.DISCARDING, sorted(claimed))
        gone = hold.delete(claimed)
        marks.note(Step.DISCARDED, sorted(gone))
        report.removed += len(gone)
        report.not_removed += len(ids) - len(gone)
        done(len(some))
