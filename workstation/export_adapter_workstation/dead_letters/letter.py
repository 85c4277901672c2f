"""A message of the dead-letter queue, and what can be said about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from export_adapter.model import InvalidMessage, Message, Record
from export_adapter.read.reader import read

MOVED_BY_SQS: Final = "moved_by_sqs"
"""Stands for the error type where SQS itself moved a message, after its last receive."""

UNKNOWN: Final = "unknown"
"""Stands for the error type of a message that neither the function nor SQS put there."""

_NO_REASON: Final = {
    MOVED_BY_SQS: "SQS moved it here after its last receive: the function never came to an answer",
    UNKNOWN: "somebody else put it here: it has no errorType",
}

_MOST_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Attribute:
    """A message attribute as SQS keeps it: text, or bytes where `data_type` begins with Binary."""

    data_type: str
    text: str | None = None
    binary: bytes | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message of the dead-letter queue, unchanged.

    `sent_at` is when the function parked it; SQS keeps the first sender's time on what it moves itself.
    """

    message_id: str
    body: str
    sent_at: datetime
    attributes: Mapping[str, Attribute]
    message_group_id: str | None = None
    moved_by_sqs: bool = False

    def text(self, name: str) -> str | None:
        """Return an attribute's text; None where it has none."""
        attribute = self.attributes.get(name)
        return attribute.text if attribute else None

    @property
    def error_type(self) -> str:
        """Why it is here, in one word: what the function noted, unless SQS moved it afterwards."""
        return MOVED_BY_SQS if self.moved_by_sqs else self.text("errorType") or UNKNOWN

    @property
    def why(self) -> str:
        """Why it is here, in a sentence; empty where nobody said.

        What SQS moved may bear an errorMessage: of before a replay, which says nothing about now.
        """
        no_reason = _NO_REASON.get(self.error_type, "")
        return no_reason if self.moved_by_sqs else self.text("errorMessage") or no_reason

    @property
    def replay_count(self) -> int:
        """How often it has been sent back before."""
        digits = self.text("replayCount") or ""
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else 0

    @property
    def replay_id(self) -> str | None:
        """The id of the earlier dead letter that it is a copy of, or part of a copy."""
        return self.text("replayId")


@dataclass(frozen=True, slots=True)
class Described:
    """A dead letter with what it is selected and counted by; None where that cannot be told."""

    letter: DeadLetter
    contents: Message | InvalidMessage
    error_type: str
    system: str | None
    company_id: str | None
    job_id: str | None

    @property
    def results(self) -> int | None:
        """How many accounting entries it speaks of; None where it is no message."""
        return len(self.contents.results) if isinstance(self.contents, Message) else None


def described(letter: DeadLetter, system_of: Callable[[str], str]) -> Described:
    """Read a dead letter's body as the function would. `system_of` names a system in one spelling."""
    contents = read(Record(letter.message_id, "", letter.body))
    if isinstance(contents, Message):
        system: str | None = contents.system
        job_id: str | None = contents.job.export_job_id
        company_id = contents.job.company_id
    else:
        system, job_id, company_id = letter.text("system"), letter.text("exportJobId"), None
    return Described(
        letter=letter,
        contents=contents,
        error_type=letter.error_type,
        system=system_of(system) if system else None,
        company_id=company_id,
        job_id=job_id.lower() if job_id else None,
    )
