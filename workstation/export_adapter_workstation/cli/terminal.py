"""The terminal that the commands write to."""

import os
import time
from typing import Final, Literal

from rich.console import Console

_WIDTH_WITHOUT_TERMINAL: Final = 140


def terminal() -> Console:
    """Return the terminal. A file or a pipe is as wide as COLUMNS says, or _WIDTH_WITHOUT_TERMINAL."""
    # By itself rich takes NO_COLOR for colours alone, and leaves bold and dim.
    system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    console = Console(color_system=system)
    if console.is_terminal or os.environ.get("COLUMNS", "").isdigit():
        return console
    return Console(color_system=system, width=_WIDTH_WITHOUT_TERMINAL)


class Progress:
    """Prints each step when it begins, with the seconds since this object was made."""

    def __init__(self, console: Console) -> None:
        self._begun = time.monotonic()
        self._console = console

    def __call__(self, step: str) -> None:
        """Print what begins."""
        seconds = time.monotonic() - self._begun
        self._console.print(f"[dim]{seconds:5.0f} s[/dim]  {step}", highlight=False)
