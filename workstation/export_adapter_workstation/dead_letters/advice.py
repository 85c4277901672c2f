"""What to do about a message: by its error type, and where that decides it, by the status of its entries."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from export_adapter.model import ErrorType, InvalidMessage, InvalidResult, ItemStatus
from export_adapter.parked_message import MOVED_BY_SQS, UNKNOWN
from export_adapter_workstation.dead_letters.message import Described, Facts

BOOKED: Final = f"{ErrorType.JOB_FINISHED}, booked"
NOT_BOOKED: Final = f"{ErrorType.JOB_FINISHED}, not booked"
NOT_FINAL: Final = f"{ErrorType.JOB_FINISHED}, not final"
"""The kinds of job_finished: what to do depends on whether the accounting system has the entry."""

_NOT_A_MESSAGE: Final = "its body is not a valid message"
_CANNOT_SUCCEED: Final = {
    ErrorType.JOB_FINISHED: "the export job takes no more updates",
    ErrorType.JOB_NOT_FOUND: "Pleo does not know the export job",
    ErrorType.INVALID_MESSAGE: _NOT_A_MESSAGE,
}


class Urgency(StrEnum):
    """How soon somebody has to act."""

    NOW = "now: the export job expires an hour after its last update"
    TODAY = "today: somebody has to decide"
    LATER = "in working hours"


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, and how soon."""

    urgency: Urgency
    to_do: str


_EXPORTER: Final = (
    "Tell the exporter's team which field is wrong: its reason names it. Discard it once they sent it again."
)
_ADVICE: Final[Mapping[str, Advice]] = {
    ErrorType.RETRIES_EXHAUSTED: Advice(
        Urgency.NOW, "Fix the cause that its reason names, or wait until Pleo is back. Then replay."
    ),
    ErrorType.NO_CREDENTIALS: Advice(
        Urgency.NOW, "Put the credentials into the secret that its reason names. Then replay."
    ),
    MOVED_BY_SQS: Advice(Urgency.NOW, "Fix what made the function fail; its log says what. Then replay."),
    ErrorType.ITEM_REJECTED: Advice(
        Urgency.TODAY,
        "Look the entry up in Pleo. If it was deleted or moved back to unexported, discard. "
        "Otherwise replay once.",
    ),
    ErrorType.JOB_NOT_FOUND: Advice(
        Urgency.TODAY,
        "If the stack uses the wrong Pleo or credentials, correct that and replay with --force. If an id in "
        "the message is wrong, a replay cannot help: have the exporter send it again, then discard.",
    ),
    BOOKED: Advice(
        Urgency.TODAY,
        "Do not export these entries again: they are booked, and would be booked twice. Have the bookkeeper "
        "mark them as exported in Pleo. Then discard.",
    ),
    NOT_BOOKED: Advice(Urgency.TODAY, "Have the bookkeeper export the entries again. Then discard."),
    NOT_FINAL: Advice(
        Urgency.TODAY,
        "Look in the accounting system first. What is booked there must not be exported again; "
        "have the bookkeeper export the rest. Then discard.",
    ),
    ErrorType.INVALID_MESSAGE: Advice(Urgency.LATER, _EXPORTER),
    ErrorType.INVALID_RESULT: Advice(Urgency.LATER, _EXPORTER),
    ErrorType.REQUEST_REJECTED: Advice(
        Urgency.LATER,
        "Have the exporter correct what Pleo refuses and send the result again. Then discard.",
    ),
    UNKNOWN: Advice(Urgency.LATER, "Find out which program put it here. Then replay or discard it."),
}
_KINDS: Final = {
    ItemStatus.SUCCESSFUL: BOOKED,
    ItemStatus.FAILED: NOT_BOOKED,
    ItemStatus.ABANDONED: NOT_BOOKED,
}


def kinds(facts: Facts) -> Mapping[str, int]:
    """Count a message's entries by what is to be done about them: its error type, job_finished by status."""
    if facts.error_type != ErrorType.JOB_FINISHED or not facts.statuses:
        return {facts.error_type: facts.entries or 0}
    found: Counter[str] = Counter()
    for status, number in facts.statuses.items():
        found[_KINDS.get(ItemStatus(status), NOT_FINAL) if status in ItemStatus else NOT_FINAL] += number
    return found


def advice(kind: str) -> Advice:
    """Return what to do about messages of a kind (see `kinds`)."""
    return _ADVICE.get(kind, _ADVICE[UNKNOWN])


def to_do(facts: Facts) -> str:
    """Return what to do about one message."""
    found = kinds(facts)
    parts = [f"{name}: {advice(name).to_do}" if len(found) > 1 else advice(name).to_do for name in found]
    if (facts.statuses or {}).get(ItemStatus.SUCCESSFUL) and BOOKED not in found:
        parts.append("Do not export its successful entries again: they are booked already.")
    return " ".join(parts)


def cannot_succeed(message: Described) -> str | None:
    """Say why a message, sent again as it is, would be parked again; None where it may be delivered."""
    for error_type, reason in _CANNOT_SUCCEED.items():
        if message.facts.error_type == error_type:
            return reason
    if isinstance(message.contents, InvalidMessage):
        return _NOT_A_MESSAGE
    if all(isinstance(result, InvalidResult) for result in message.contents.results):
        return "all of its results break the contract"
    return None
