"""When a record that goes back may be received again."""

from collections.abc import Callable
from typing import Final

FIRST_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 420.0
"""With five receives, five pauses of this length and what the receives take stay within 45 minutes."""


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
