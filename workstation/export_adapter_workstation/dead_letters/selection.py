"""Which dead letters a command is about."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from export_adapter.model import ErrorType
from export_adapter_workstation.dead_letters.letter import MOVED_BY_SQS, UNKNOWN, Described

OURS: Final = frozenset({*ErrorType, MOVED_BY_SQS})
"""The error types that this adapter gives."""

_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})\s?([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class InvalidDurationError(ValueError):
    """The text is no duration."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that all have to hold; each holds if any of its values does. An empty one always holds.

    Error types are folded, or UNKNOWN for all that are not ours. Ids may be given by their beginning. The
    age counts from when the message was parked; of what SQS moved, from when it was sent.
    """

    error_types: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    older_than: timedelta | None = None
    younger_than: timedelta | None = None

    @property
    def is_everything(self) -> bool:
        """Whether no condition is set at all."""
        return self == Selection()

    def takes(self, described: Described, now: datetime) -> bool:
        """Whether a dead letter is meant."""
        age = now - described.letter.sent_at
        return (
            (not self.error_types or self._is_of_error_type(described.error_type))
            and (not self.systems or described.system in self.systems)
            and _begins(described.company_id, self.companies)
            and _begins(described.job_id, self.jobs)
            and _begins(described.letter.message_id, self.ids)
            and (self.older_than is None or age > self.older_than)
            and (self.younger_than is None or age < self.younger_than)
        )

    def _is_of_error_type(self, error_type: str) -> bool:
        name = folded(error_type)
        # What another program noted is found by its own name, and with all else that is not ours.
        return name in self.error_types or (UNKNOWN in self.error_types and name not in OURS)


def folded(error_type: str) -> str:
    """Return an error type as it is compared: upper and lower case, - and _ make no difference."""
    return error_type.strip().casefold().replace("-", "_")


def _begins(value: str | None, beginnings: frozenset[str]) -> bool:
    return not beginnings or (value is not None and value.startswith(tuple(beginnings)))


def duration(text: str) -> timedelta:
    """Read a duration such as 90s, 15m, 2h or 3d.

    Raises:
        InvalidDurationError: It is none.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if not found:
        raise InvalidDurationError("must be a number with s, m, h or d behind it, such as 15m or 2h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
