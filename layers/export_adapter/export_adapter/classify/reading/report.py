"""The normal form that every failure is read into."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from export_adapter.classify.reading.lines import one_line, without_frames
from export_adapter.model import Stage
from export_adapter.text import value_of

_LONGEST_CODE: Final = 120


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that the accounting system (or the exporter) says went wrong.

    `code` is folded (see `fold_code`), `shown_code` as it was sent. `message` and `title` are one line
    each; `text`, which rules are matched against, is both together; `folded` is `text` in lower case.
    """

    code: str | None
    message: str
    field: str | None
    title: str
    shown_code: str | None
    text: str
    folded: str

    @property
    def says_nothing(self) -> bool:
        """Whether there is neither a code nor a text."""
        return not self.code and not self.text


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """A failure in one form, whatever it looked like on the wire.

    `status` is the HTTP status, or the one that the body or the exception's text tells where none was
    given, or 0. `exception` is the transport exception's name. `format` is what the body was read as, `shape`
    which entry of the rule file found the causes. `from_exporter`: the words are not the accounting system's.
    """

    stage: Stage | None
    status: int
    headers: Mapping[str, str]
    exception: str | None
    causes: tuple[Cause, ...]
    format: str = "empty"
    shape: str = ""
    from_exporter: bool = False


def fold_code(code: str) -> str:
    """Return a code as rules compare it: lower case, no leading '#', no leading zeros of a number."""
    folded = code.strip().lstrip("#").lower()
    if folded[:1] == "0" and folded.isdigit():
        return folded.lstrip("0") or "0"
    return folded


def cause_of(
    code: str | None = None, message: str = "", field_name: str | None = None, title: str = ""
) -> Cause:
    """Make a cause from texts as they were sent; blanks count as nothing."""
    shown_code = one_line(code, _LONGEST_CODE) if code else ""
    message = one_line(without_frames(message))
    # What is the value of a field, or of a code such as "password", may be a secret: later nobody could tell.
    is_word = shown_code.isalpha() and shown_code[1:].islower()
    for subject in (field_name, shown_code if is_word else None):
        message = value_of(subject, message) if subject else message
    title = one_line(title)
    if not message:
        message, title = title, ""
    if not title or title.lower() in message.lower():
        title, text = "", message
    elif message.lower() in title.lower():
        message, title, text = title, "", title
    else:
        text = f"{title}: {message}"
    return Cause(
        code=fold_code(shown_code) or None,
        message=message,
        field=one_line(field_name, _LONGEST_CODE) or None if field_name else None,
        title=title,
        shown_code=shown_code or None,
        text=text,
        folded=text.lower(),
    )
