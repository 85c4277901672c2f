"""What an examination finds."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

DEPLOY: Final = ".venv/bin/sam build && .venv/bin/sam deploy (with the stack's --config-env)"
"""What puts right whatever the template says."""


class State(StrEnum):
    """How well something is."""

    WELL = "well"
    NOTE = "note"
    WRONG = "wrong"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mend` is the command, or the page, that puts it right.

    `hint` is what one has to know about the command, in words: the command itself is to be pasted.
    """

    what: str
    state: State
    said: str
    mend: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Why something could not be looked at. `is_missing`: AWS says that there is no such thing."""

    reason: str
    is_missing: bool = False


def known[T](fetch: Callable[[], T]) -> T | NotKnown:
    """Return what is fetched, or why it cannot be had: no permission, or an AWS that does not offer it."""
    try:
        return fetch()
    except ClientError as refused:
        if refused.response.get("Error", {}).get("Code") in _MISSING:
            return NotKnown("what it is read from does not exist", is_missing=True)
        return NotKnown(_reason(refused))
    except BotoCoreError as failed:
        return NotKnown(f"AWS did not answer ({type(failed).__name__})")
    except (KeyError, ValueError):
        # The embedded AWS leaves out what it does not keep.
        return NotKnown("the answer does not say")


def well(what: str, said: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(what, State.WELL, said)


def wrong(what: str, said: str, mend: str | None = None, hint: str | None = None) -> Finding:
    """Return that something is not as it should be."""
    return Finding(what, State.WRONG, said, mend, hint)


def note(what: str, said: str, mend: str | None = None, hint: str | None = None) -> Finding:
    """Return something that is not wrong, but that one should know."""
    return Finding(what, State.NOTE, said, mend, hint)


def not_known(what: str, why: NotKnown) -> Finding:
    """Return that something could not be looked at."""
    return Finding(what, State.NOT_KNOWN, f"not known here: {why.reason}")


_MISSING: Final = frozenset(
    {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "ResourceNotFoundException"}
)
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})
_NOT_OFFERED: Final = frozenset({"InvalidAction", "UnknownOperationException", "NotImplemented"})


def _reason(refused: ClientError) -> str:
    code = str(refused.response.get("Error", {}).get("Code", ""))
    status = refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _DENIED:
        return f"these credentials may not call {refused.operation_name}"
    if code in _NOT_OFFERED or status == HTTPStatus.NOT_IMPLEMENTED:
        return f"this AWS does not offer {refused.operation_name}"
    return f"AWS refused {refused.operation_name} ({code})"
