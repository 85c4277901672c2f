"""Text as it is matched and shown: one line, plain quotation marks, no entities."""

import html
import re
import unicodedata
from typing import Final

from export_adapter.classify.reading import limits
from export_adapter.text import cut

_TRACEBACK: Final = "Traceback (most recent call last)"
_JAVA_FRAME: Final = re.compile(r"^\s*at [\w.$<>]{3,200}\(.*$", re.MULTILINE)
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
    text = cut(text, 2 * longest)
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        # Half of a surrogate pair is legal in JSON and cannot be sent on.
        text = text.encode("utf-8", "ignore").decode()
        text = unicodedata.normalize("NFC", text).translate(_QUOTES)
    elif "\x00" in text:
        text = text.replace("\x00", " ")
    return cut(" ".join(text.split()), longest)


def without_frames(text: str) -> str:
    """Return what a stack trace says in the end: Python's last line, Java's first line and last cause."""
    if _TRACEBACK in text:
        lines = [line for line in text[-limits.TEXT :].splitlines() if line.strip()]
        before = text.partition(_TRACEBACK)[0]
        return f"{before[: limits.MESSAGE]} {lines[-1]}" if lines else before
    if "\tat " in text or "\n at " in text or "\n  at " in text or "\n    at " in text:
        bare = _JAVA_FRAME.sub("", text[: limits.TEXT])
        first, _, causes = bare.partition(_CAUSED_BY)
        return f"{first} {causes.rpartition(_CAUSED_BY)[2]}" if causes else first
    return text
