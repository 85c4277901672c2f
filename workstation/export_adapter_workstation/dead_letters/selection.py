"""Which messages a command is about."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from export_adapter.model import ErrorType
from export_adapter.parked_message import MOVED_BY_SQS, UNKNOWN
from export_adapter_workstation.dead_letters.message import Facts

ERROR_TYPES: Final = (*(each.value for each in ErrorType), MOVED_BY_SQS, UNKNOWN)
"""What can be asked for."""

_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})\s?([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class InvalidDurationError(ValueError):
    """The text is not a duration."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that must all hold. One holds if any of its values does; an empty one always holds.

    Error types are normalised; UNKNOWN stands for all that this adapter does not write. Ids may be given by
    their beginning. The age counts from when the message was parked; of what SQS moved, from its sending.
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
        """Whether no condition is set."""
        return self == Selection()

    def takes(self, facts: Facts, now: datetime) -> bool:
        """Whether a message is selected."""
        age = now - facts.sent_at
        return (
            (not self.error_types or self._is_of_error_type(facts.error_type))
            and (not self.systems or facts.system in self.systems)
            and _begins(facts.company_id, self.companies)
            and _begins(facts.job_id, self.jobs)
            and _begins(facts.message_id, self.ids)
            and (self.older_than is None or age > self.older_than)
            and (self.younger_than is None or age < self.younger_than)
        )

    def _is_of_error_type(self, error_type: str) -> bool:
        name = normalised(error_type)
        # What another program wrote is found by its own name, and with everything else that is unknown.
        return name in self.error_types or (UNKNOWN in self.error_types and name not in ERROR_TYPES)


def normalised(error_type: str) -> str:
    """Return an error type as it is compared: upper and lower case, - and _ make no difference."""
    return error_type.strip().casefold().replace("-", "_")


def _begins(value: str | None, beginnings: frozenset[str]) -> bool:
    return not beginnings or (value is not None and value.startswith(tuple(beginnings)))


def duration(text: str) -> timedelta:
    """Read a duration such as 90s, 15m, 2h or 3d.

    Raises:
        InvalidDurationError: The text is not one.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if not found:
        raise InvalidDurationError("must be a number followed by s, m, h or d, such as 15m or 2h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
