"""When a record that goes back may be received again."""

from collections.abc import Callable
from typing import Final

from export_adapter.model import Record

FIRST_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 420.0
"""With five receives, five pauses of this length and what the receives take stay within 45 minutes."""

LONGEST_LIFE: Final = 1800.0
"""Seconds after its first receive from which a record does not go back any more.

By then it has been received as often as it may, unless Lambda was throttled: then a batch may wait for a
whole visibility timeout before it is handed over. Another pause, another such wait and an invocation later,
45 minutes have passed.
"""


def is_last_receive(record: Record, max_receive_count: int, now: float) -> bool:
    """Whether a record must not go back; `now` is in seconds since 1970."""
    age = now - record.first_received_at / 1000 if record.first_received_at else 0.0
    return record.receive_count >= max_receive_count or age >= LONGEST_LIFE


def visibility_timeout(
    receive_count: int,
    retry_after: float | None,
    random: Callable[[], float],
    longest: float = LONGEST_SECONDS,
) -> int:
    """Return the visibility timeout in whole seconds, at most `longest`, for a record that goes back.

    Half to the whole of a bound that triples with each receive, or what Pleo asked for where that is longer:
    a Pleo that always says "in a second" must not use up all receives within minutes. Its wish gets a tenth
    of jitter on top, so that what waits together does not come back together.
    """
    bound = min(longest, FIRST_SECONDS * 3.0 ** min(max(receive_count, 1) - 1, 10))
    growing = bound * (0.5 + random() / 2)
    wanted = retry_after * (1 + random() / 10) if retry_after is not None else 0.0
    return max(1, round(min(max(growing, wanted), longest)))
