"""Text as it is matched and shown: one line, plain quotation marks, no entities."""

import html
import unicodedata
from typing import Final

from export_adapter.classify.reading import limits

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
    text = text[: 2 * longest]
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        # Half of a surrogate pair is legal in JSON and cannot be sent on.
        text = text.encode("utf-8", "ignore").decode()
        text = unicodedata.normalize("NFC", text).translate(_QUOTES)
    elif "\x00" in text:
        text = text.replace("\x00", " ")
    return " ".join(text.split())[:longest]
