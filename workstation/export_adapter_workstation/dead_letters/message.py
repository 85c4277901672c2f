"""A message of the dead-letter queue, and what it is selected, counted and listed by."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from export_adapter.model import ExportResult, InvalidMessage, Message, Record
from export_adapter.parked_message import EXPORT_JOB_ID, SYSTEM, DeadLetter
from export_adapter.read.reader import read

INVALID: Final = "invalid"
"""Takes the place of the status of a result that breaks the contract."""


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
