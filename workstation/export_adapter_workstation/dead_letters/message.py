"""A message of the dead-letter queue: what SQS hands out, and what can be read from it.

The names of the attributes are those that the function writes when it parks a message.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from export_adapter.model import ExportResult, InvalidMessage, Message, Record
from export_adapter.read.reader import read

MOVED_BY_SQS: Final = "moved_by_sqs"
"""Takes the place of the error type where SQS moved a message itself, after its last receive."""

UNKNOWN: Final = "unknown"
"""Takes the place of the error type where neither the function nor SQS put the message there."""

INVALID: Final = "invalid"
"""Takes the place of the status of a result that breaks the contract."""

ERROR_TYPE: Final = "errorType"
ERROR_MESSAGE: Final = "errorMessage"
EXPORT_JOB_ID: Final = "exportJobId"
SYSTEM: Final = "system"
PLEO_STATUS: Final = "pleoStatus"
SOURCE_MESSAGE_ID: Final = "sourceMessageId"
REPLAY_COUNT: Final = "replayCount"

REPLAY_ID: Final = "replayId"
"""Earlier versions wrote it; it is left out when such a message is replayed."""

_NO_REASON: Final = {
    MOVED_BY_SQS: "SQS moved it here after its last receive: the function did not finish with it",
    UNKNOWN: "another program put it here: it has no errorType",
}
_MOST_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Attribute:
    """A message attribute as SQS stores it: text, or bytes where `data_type` begins with Binary."""

    data_type: str
    text: str | None = None
    binary: bytes | None = None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message of the dead-letter queue, unchanged.

    `sent_at` is when the function parked it. What SQS moves itself keeps the time of its first sending.
    """

    message_id: str
    body: str
    sent_at: datetime
    attributes: Mapping[str, Attribute]
    message_group_id: str | None = None
    moved_by_sqs: bool = False

    def text(self, name: str) -> str | None:
        """Return an attribute's text; None where the message has no such attribute."""
        attribute = self.attributes.get(name)
        return attribute.text if attribute else None

    @property
    def error_type(self) -> str:
        """Why it is here, in one word: what the function noted, unless SQS moved it afterwards."""
        return MOVED_BY_SQS if self.moved_by_sqs else self.text(ERROR_TYPE) or UNKNOWN

    @property
    def why(self) -> str:
        """Why it is here, in a sentence; empty where that is not known.

        The errorMessage of a message that SQS moved is older than its last replay, and is left aside.
        """
        no_reason = _NO_REASON.get(self.error_type, "")
        return no_reason if self.moved_by_sqs else self.text(ERROR_MESSAGE) or no_reason

    @property
    def replay_count(self) -> int:
        """How often it has been replayed; 0 where the attribute cannot be read."""
        digits = self.text(REPLAY_COUNT) or ""
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message is selected, counted and listed by; None where it cannot be read.

    `statuses` counts its results by status (INVALID where one breaks the contract).
    """

    message_id: str
    sent_at: datetime
    error_type: str
    why: str
    replay_count: int
    system: str | None = None
    company_id: str | None = None
    job_id: str | None = None
    statuses: Mapping[str, int] | None = None

    @property
    def entries(self) -> int | None:
        """How many accounting entries it is about; None where its body is not a valid message."""
        return None if self.statuses is None else sum(self.statuses.values())


@dataclass(frozen=True, slots=True)
class Described:
    """A message of the dead-letter queue with its contents as the function reads them."""

    dead_letter: DeadLetter
    contents: Message | InvalidMessage
    facts: Facts


def described(dead_letter: DeadLetter, system_of: Callable[[str], str]) -> Described:
    """Read a message's body. `system_of` returns the one spelling of an accounting system's name."""
    contents = read(Record(dead_letter.message_id, "", dead_letter.body))
    statuses: Counter[str] | None = None
    if isinstance(contents, Message):
        system, job_id = contents.system, contents.job.export_job_id
        statuses = Counter(
            one.status.value if isinstance(one, ExportResult) else INVALID for one in contents.results
        )
    else:
        system, job_id = dead_letter.text(SYSTEM) or "", dead_letter.text(EXPORT_JOB_ID) or ""
    facts = Facts(
        message_id=dead_letter.message_id,
        sent_at=dead_letter.sent_at,
        error_type=dead_letter.error_type,
        why=dead_letter.why,
        replay_count=dead_letter.replay_count,
        system=system_of(system) if system else None,
        company_id=contents.job.company_id if isinstance(contents, Message) else None,
        job_id=job_id.lower() or None,
        statuses=statuses,
    )
    return Described(dead_letter, contents, facts)
