"""What the text of an exception tells besides its message: its name, the HTTP status, codes."""

import re
from typing import Final

_DOTTED: Final = re.compile(r"(?<![\w.])[a-zA-Z_][\w.]*+")
_KINDS: Final = (
    "Error", "Exception", "Timeout", "TimedOut", "Fault", "Refused", "Aborted", "Reset", "Disconnected",
)  # fmt: skip
_MOST_PARTS: Final = 9
_STATUS: Final = re.compile(
    r"(?:status(?:[ _-]?code)?(?: of)?[ :=]{0,3}(?:\[|\()?"
    r"|http(?:/[12](?:\.\d)?)?(?: error)?(?: status)?[ :]{1,2}"
    r"|httperror[:(] ?'?|response code:? )(?P<after>[45]\d\d)\b"
    r"|\b(?P<before>[45]\d\d) (?:client|server) error"
    # .NET, in every language: "The remote server returned an error: (401) Unauthorized."
    r"|(?:: \(|<Response \[)(?P<between>[45]\d\d)[)\]]",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(r"(?:^|\| )([45]\d\d)\b")
_HEAD: Final = 1_000


def exception_in(text: str) -> str | None:
    """Return the name of the exception that a text begins with or tells of, or None."""
    head = text[:_HEAD]
    if not any(kind in head for kind in _KINDS):
        return None
    for word in _DOTTED.finditer(head):
        parts = word[0].split(".")[:_MOST_PARTS]
        for count in range(len(parts), 0, -1):
            last = parts[count - 1]
            if last.endswith(_KINDS) and last not in _KINDS and "A" <= last[0] <= "Z":
                return ".".join(parts[:count])
    return None


def status_in_text(text: str) -> int:
    """Return the HTTP status that an exception's text names ("401 Client Error", "status code 429"), or 0."""
    found = _STATUS.search(text[:_HEAD])
    return int(found["after"] or found["before"] or found["between"]) if found else 0


def status_in_title(title: str) -> int:
    """Return the HTTP status that a page's title begins with or ends in ("example | 520: ..."), or 0."""
    found = _TITLE.search(title[:_HEAD])
    return int(found[1]) if found else 0
