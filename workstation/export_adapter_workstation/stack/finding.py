"""What a look at a stack finds, and the exit status that the findings come to."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from export_adapter_workstation.dead_letters.tables import counted
from export_adapter_workstation.stack.aws_errors import NO_QUEUE, code_of, plain_words

DEPLOY: Final = ".venv/bin/sam build && .venv/bin/sam deploy (with the stack's --config-env)"
"""What restores everything that the template says."""

MAIN_QUEUE: Final = "main queue"
DEAD_LETTER_QUEUE: Final = "dead-letter queue"
FUNCTION: Final = "function"

_MISSING: Final = NO_QUEUE | {"ResourceNotFoundException"}


class State(StrEnum):
    """What is known of one thing."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `fix` is the command to paste, or the page to read.

    `hint` says in words what one has to know before the command is run.
    """

    what: str
    state: State
    said: str
    fix: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Why something could not be looked at. `is_missing`: AWS says that it does not exist."""

    reason: str
    is_missing: bool = False


def known[T](fetch: Callable[[], T]) -> T | NotKnown:
    """Return what is fetched, or why it cannot be: no permission, or an AWS that does not offer it."""
    try:
        return fetch()
    except (ClientError, BotoCoreError) as failed:
        is_missing = isinstance(failed, ClientError) and code_of(failed) in _MISSING
        return NotKnown("it does not exist" if is_missing else plain_words(failed), is_missing)
    except (KeyError, ValueError):
        # The embedded AWS leaves out what it does not store.
        return NotKnown("the answer does not say")


def ok(what: str, said: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(what, State.OK, said)


def wrong(what: str, said: str, fix: str | None = None, hint: str | None = None) -> Finding:
    """Return that something is not as it should be."""
    return Finding(what, State.WRONG, said, fix, hint)


def note(what: str, said: str, fix: str | None = None, hint: str | None = None) -> Finding:
    """Return something that is not wrong, but that one should know."""
    return Finding(what, State.NOTE, said, fix, hint)


def not_known(what: str, why: NotKnown) -> Finding:
    """Return that something could not be looked at."""
    return Finding(what, State.NOT_KNOWN, f"not known: {why.reason}")


def exit_status(findings: Sequence[Finding]) -> tuple[int, str]:
    """Return the exit status and the sentence for it.

    1 where something is wrong; else 3 where the function or a queue could not be looked at, for without them
    nobody can say that nothing is wrong; else 0. 2 would say that the command was given wrong.
    """
    states = Counter(finding.state for finding in findings)
    more = f"; {counted(states[State.NOTE], 'note')}" if states[State.NOTE] else ""
    if states[State.NOT_KNOWN]:
        more += f"; {counted(states[State.NOT_KNOWN], 'thing')} could not be looked at"
    essential = (FUNCTION, MAIN_QUEUE, DEAD_LETTER_QUEUE)
    unseen = [each.what for each in findings if each.state is State.NOT_KNOWN and each.what in essential]
    if states[State.WRONG]:
        return 1, f"{counted(states[State.WRONG], 'thing')} wrong{more}."
    if unseen:
        return 3, f"Not everything could be looked at, not even {' and '.join(unseen)}{more}."
    return 0, f"Nothing is wrong{more}."
