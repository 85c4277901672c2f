"""What `replay` will do with each letter, and why. Only decisions: nothing is sent here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from export_adapter.model import ErrorType, InvalidMessage, InvalidResult
from export_adapter_workstation.dead_letters.doubts import InDoubt, Verdict
from export_adapter_workstation.dead_letters.letter import Described
from export_adapter_workstation.dead_letters.outgoing import DoesNotFit, Outgoing, copy_of

_HOPELESS: Final = {
    ErrorType.JOB_FINISHED: "the export job takes no more updates",
    ErrorType.JOB_NOT_FOUND: "Pleo does not know the export job",
    ErrorType.INVALID_MESSAGE: "it is no message",
}


class WhenInDoubt(StrEnum):
    """What a person decided about letters in doubt."""

    LEAVE = "leave"
    SEND = "send"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Send:
    """Its copy goes to the main queue, then the letter is removed."""

    letter: Described
    copy: Outgoing


@dataclass(frozen=True, slots=True)
class Remove:
    """An earlier run sent its copy: only the letter itself is left to be removed."""

    letter: Described
    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """It stays: sent again it would only come back. `force` says whether --force overrules that."""

    letter: Described
    reason: str
    force: bool = True


@dataclass(frozen=True, slots=True)
class Leave:
    """It stays: an earlier run may have sent its copy."""

    letter: Described
    reason: str


type Decision = Send | Remove | Refuse | Leave


@dataclass(frozen=True, slots=True)
class Plan:
    """The decisions on all letters."""

    send: tuple[Send, ...] = ()
    remove: tuple[Remove, ...] = ()
    refuse: tuple[Refuse, ...] = ()
    leave: tuple[Leave, ...] = ()


def plan(
    letters: Iterable[Described],
    *,
    takes: Callable[[Described], bool],
    was_sent: Callable[[str], bool],
    verdicts: Mapping[str, Verdict],
    force: bool,
) -> Plan:
    """Decide on every letter.

    Args:
        letters: What was found on the dead-letter queue.
        takes: Whether a letter was asked for; what an earlier run left over is dealt with all the same.
        was_sent: Whether the copy of the letter with this id was sent by an earlier run.
        verdicts: What is known of the letters that an earlier run may have sent.
        force: Whether to send also what cannot succeed.
    """
    decisions: list[Decision] = []
    for letter in letters:
        letter_id = letter.letter.message_id
        verdict = verdicts.get(letter_id)
        if was_sent(letter_id):
            decisions.append(Remove(letter, "an earlier run sent it"))
        elif isinstance(verdict, InDoubt):
            decisions.append(Leave(letter, verdict.reason))
        elif takes(letter):
            decisions.append(_send_or_refuse(letter, force=force))
    return Plan(
        send=tuple(one for one in decisions if isinstance(one, Send)),
        remove=tuple(one for one in decisions if isinstance(one, Remove)),
        refuse=tuple(one for one in decisions if isinstance(one, Refuse)),
        leave=tuple(one for one in decisions if isinstance(one, Leave)),
    )


def _send_or_refuse(letter: Described, *, force: bool) -> Send | Refuse:
    hopeless = why_hopeless(letter)
    if hopeless and not force:
        return Refuse(letter, hopeless)
    copy = copy_of(letter.letter)
    return Refuse(letter, copy.reason, force=False) if isinstance(copy, DoesNotFit) else Send(letter, copy)


def why_hopeless(letter: Described) -> str | None:
    """Say why a letter, sent again as it is, would be parked again; None where it may be delivered."""
    for error_type, reason in _HOPELESS.items():
        if letter.error_type == error_type:
            return reason
    if isinstance(letter.contents, InvalidMessage):
        return _HOPELESS[ErrorType.INVALID_MESSAGE]
    if all(isinstance(result, InvalidResult) for result in letter.contents.results):
        return "all of its results break the contract"
    return None
