"""The terminal that the commands write to."""

import os
import time
from typing import Final, Literal

from rich.console import Console

_WIDTH_WITHOUT_TERMINAL: Final = 140


def terminal() -> Console:
    """Return the terminal, or something as wide as one where the output goes to a file or a pipe."""
    # By itself rich takes NO_COLOR for colours alone, and leaves bold and dim.
    system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    console = Console(color_system=system)
    return console if console.is_terminal else Console(color_system=system, width=_WIDTH_WITHOUT_TERMINAL)


class Progress:
    """Says each step as it begins, with the seconds since this was made."""

    def __init__(self, console: Console) -> None:
        self._begun = time.monotonic()
        self._console = console

    def __call__(self, step: str) -> None:
        """Say what begins."""
        seconds = time.monotonic() - self._begun
        self._console.print(f"[dim]{seconds:5.0f} s[/dim]  {step}", highlight=False)
