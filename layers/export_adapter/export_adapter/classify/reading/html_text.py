"""What a person would see of an HTML page: its title and its text."""

import html
import re
from typing import Final

from export_adapter.classify.reading import limits

_HIDDEN: Final = re.compile(
    r"<(script|style|svg|noscript)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL
)
_TITLE: Final = re.compile(r"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]*+>?")
_LONGEST: Final = 600

LOOKS_LIKE_HTML: Final = re.compile(
    r"\s*+(?:<\?xml[^>]{0,200}+>\s*+)?(?:<!--.{0,2000}?-->\s*+)?"
    r"<(?:!doctype\s+html|html|head|body|title|center|h[1-6]|p|div|br|pre)(?=[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
"""A page by its first element: SOAP has a Body too, and any prefix may be called p."""


def read_html(page: str) -> tuple[str, str]:
    """Return the title and the beginning of the visible text of a page, which may be cut off."""
    page = page[: limits.TEXT]
    title = _TITLE.search(page)
    body = _TITLE.sub(" ", _HIDDEN.sub(" ", page))
    text = html.unescape(_TAG.sub(" ", body))
    return (html.unescape(title[1]).strip() if title else ""), " ".join(text.split())[:_LONGEST]
