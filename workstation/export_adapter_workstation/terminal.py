"""The terminal that the commands write to."""

import time
from typing import Final

from rich.console import Console

_WIDTH_WITHOUT_TERMINAL: Final = 140


def terminal() -> Console:
    """Return the terminal, or something as wide as one where the output goes to a file or a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_WITHOUT_TERMINAL)


class Progress:
    """Says each step as it begins, with the seconds since this was made."""

    def __init__(self, console: Console) -> None:
        self._begun = time.monotonic()
        self._console = console

    def __call__(self, step: str) -> None:
        """Say what begins."""
        seconds = time.monotonic() - self._begun
        self._console.print(f"[dim]{seconds:5.0f} s[/dim]  {step}", highlight=False)
