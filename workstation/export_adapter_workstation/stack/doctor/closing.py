"""What an examination comes to, in one sentence and an exit status."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from export_adapter_workstation.dead_letters.tables import counted
from export_adapter_workstation.stack.doctor.finding import Finding, State

WRONG: Final = 1
NOT_LOOKED_AT: Final = 3
"""Not 2, which says that the command was given wrong."""

_ESSENTIAL: Final = ("main queue", "dead-letter queue", "function")
"""Without these nothing can be said of a stack."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The last line, how it looks, and the exit status."""

    sentence: str
    style: str
    exit_status: int


def closing(findings: Sequence[Finding]) -> Closing:
    """Sum findings up. Where a queue or the function was not seen, nobody says that nothing is wrong."""
    states = Counter(finding.state for finding in findings)
    more = "".join(
        f"; {words}"
        for number, words in (
            (states[State.NOTE], counted(states[State.NOTE], "note")),
            (
                states[State.NOT_KNOWN],
                f"{counted(states[State.NOT_KNOWN], 'thing')} could not be looked at",
            ),
        )
        if number
    )
    unseen = [each.what for each in findings if each.state is State.NOT_KNOWN and each.what in _ESSENTIAL]
    if states[State.WRONG]:
        return Closing(f"{counted(states[State.WRONG], 'thing')} wrong{more}.", "bold red", WRONG)
    if unseen:
        sentence = f"Not everything could be looked at, not even {' and '.join(unseen)}{more}."
        return Closing(sentence, "bold yellow", NOT_LOOKED_AT)
    return Closing(f"Nothing is wrong{more}.", "bold green", 0)
