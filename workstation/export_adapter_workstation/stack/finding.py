"""What a check of a stack finds, and the exit status that the findings come to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from export_adapter_workstation.dead_letters.tables import counted

DEPLOY: Final = ".venv/bin/sam build && .venv/bin/sam deploy (with the stack's --config-env)"
"""What restores everything that the template says."""

DELETED_BY_HAND: Final = (
    'if sam finds "No changes to deploy", CloudFormation does not know that it was deleted: '
    "docs/dead-letters.md#what-was-deleted-by-hand"
)
"""The hint beside DEPLOY where something does not exist."""

MAIN_QUEUE: Final = "main queue"
DEAD_LETTER_QUEUE: Final = "dead-letter queue"
FUNCTION: Final = "function"


class FindingState(StrEnum):
    """What is known of one thing."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked. `fix` is the command to paste, or the page to read.

    `hint` says in words what one has to know before the command is run.
    """

    what: str
    state: FindingState
    said: str
    fix: str | None = None
    hint: str | None = None


def ok(what: str, said: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(what, FindingState.OK, said)


def wrong(what: str, said: str, fix: str | None = None, hint: str | None = None) -> Finding:
    """Return that something is not as it should be."""
    return Finding(what, FindingState.WRONG, said, fix, hint)


def note(what: str, said: str, fix: str | None = None, hint: str | None = None) -> Finding:
    """Return something that is not wrong, but that one should know."""
    return Finding(what, FindingState.NOTE, said, fix, hint)


def not_known(what: str, reason: str) -> Finding:
    """Return that something could not be checked."""
    return Finding(what, FindingState.NOT_KNOWN, f"not known: {reason}")


def exit_status(findings: Sequence[Finding]) -> tuple[int, str]:
    """Return the exit status and the sentence for it.

    1 where something is wrong; else 3 where the function or a queue could not be checked, for without them
    nobody can say that nothing is wrong; else 0. 2 would say that the command was given wrong.
    """
    states = Counter(finding.state for finding in findings)
    more = f"; {counted(states[FindingState.NOTE], 'note')}" if states[FindingState.NOTE] else ""
    if states[FindingState.NOT_KNOWN]:
        more += f"; {counted(states[FindingState.NOT_KNOWN], 'thing')} could not be checked"
    essential = (FUNCTION, MAIN_QUEUE, DEAD_LETTER_QUEUE)
    unseen = [
        each.what for each in findings if each.state is FindingState.NOT_KNOWN and each.what in essential
    ]
    if states[FindingState.WRONG]:
        return 1, f"{counted(states[FindingState.WRONG], 'thing')} wrong{more}."
    if unseen:
        return 3, f"Not everything could be checked, not even {' and '.join(unseen)}{more}."
    return 0, f"Nothing is wrong{more}."
