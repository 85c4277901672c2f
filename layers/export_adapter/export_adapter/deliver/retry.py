"""How long to wait before an attempt is made again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

type Random = Callable[[], float]
"""Numbers from 0 up to 1, such as random.random."""

_MOST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Backoff:
    """Full jitter: anywhere between nothing and a bound that doubles with each attempt, in seconds."""

    random: Random
    base: float = 0.5
    cap: float = 8.0

    def wait(self, attempt: int) -> float:
        """Return the pause after the given attempt, counted from 1."""
        return self.random() * min(self.cap, self.base * 2.0 ** min(attempt, 30))


def retry_after(header: str | None, now: float) -> float | None:
    """Read a Retry-After header: seconds, or a date; `now` is in seconds since 1970.

    Returns None where there is none or it cannot be read; a date that has passed is 0.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) <= _MOST_DIGITS else None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
