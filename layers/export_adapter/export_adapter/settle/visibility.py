"""When a record that goes back may be received again."""

from collections.abc import Callable
from typing import Final

FIRST_SECONDS: Final = 30.0
LONGEST_SECONDS: Final = 420.0
"""With five receives, five pauses of this length and what the receives take stay within 45 minutes."""


def visibility_timeout(
    receive_count: int,
    retry_after: float | None,
    random: Callable[[], float],
    longest: float = LONGEST_SECONDS,
) -> int:
    """Return the visibility timeout in whole seconds, at most `longest`, for a record that goes back.

    What Pleo asked for, if anything; otherwise half to the whole of a bound that doubles with each receive.
    Pleo's wish gets a tenth of jitter on top, so that what waits together does not come back together.
    """
    if retry_after is not None and retry_after > 0:
        wanted = retry_after * (1 + random() / 10)
    else:
        bound = FIRST_SECONDS * 2.0 ** min(max(receive_count, 1) - 1, 10)
        wanted = bound * (0.5 + random() / 2)
    return max(1, round(min(wanted, longest)))
