"""Text as it is matched and shown: one line, plain quotation marks, no entities."""

import html
import unicodedata
from typing import Final

from export_adapter.classify.reading import limits

_TRACEBACK: Final = "Traceback (most recent call last)"
_FRAMES: Final = ("\tat ", "\n at ", "\n  at ", "\n    at ")
_CAUSED_BY: Final = "Caused by: "

_QUOTES: Final = str.maketrans(
    {
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{SINGLE LOW-9 QUOTATION MARK}": "'",
        "\N{PRIME}": "'",
        "\N{ACUTE ACCENT}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{DOUBLE LOW-9 QUOTATION MARK}": '"',
        "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
        "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
        "\N{ZERO WIDTH SPACE}": None,
        "\N{SOFT HYPHEN}": None,
        "\N{ZERO WIDTH NO-BREAK SPACE}": None,
        "\x00": " ",
    }
)


def one_line(text: str, longest: int = limits.MESSAGE) -> str:
    """Return `text` on one line, at most `longest` characters, composed (NFC), with plain quotation marks.

    Patterns of rules are matched against this form, so they need no spelling of blanks and quotes.
    """
    text = text.lstrip()[: 2 * longest]
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        # Half of a surrogate pair is legal in JSON and cannot be sent on.
        text = text.encode("utf-8", "ignore").decode()
        text = unicodedata.normalize("NFC", text).translate(_QUOTES)
    elif "\x00" in text:
        text = text.replace("\x00", " ")
    return " ".join(text.split())[:longest]


def without_frames(text: str) -> str:
    """Return what a stack trace says in the end: Python's last line, Java's first line and last cause."""
    head = text[: limits.TEXT]
    before, traceback, _ = head.partition(_TRACEBACK)
    if traceback:
        end = text[-limits.TEXT :].rstrip()
        return f"{before[: limits.MESSAGE]} {end[end.rfind('\n') + 1 :][: limits.PATTERN]}"
    if any(frame in head for frame in _FRAMES):
        first, _, causes = head.partition(_CAUSED_BY)
        last = causes.rpartition(_CAUSED_BY)[2]
        return f"{_prose_of(first)} {_prose_of(last)}" if causes else _prose_of(first)
    return text


def _prose_of(trace: str) -> str:
    lines = trace[: limits.PATTERN].split("\n")
    if len(trace) > limits.PATTERN and len(lines) > 1:
        lines.pop()  # it was cut, so that it cannot be told what it is
    return "\n".join(line for line in lines if not (line.lstrip().startswith("at ") and "(" in line))
