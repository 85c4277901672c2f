"""A failure's fingerprint: what is left of it when all that differs from entry to entry is gone."""

import re
from typing import Final

from export_adapter.classify.reading.report import Cause, ErrorReport
from export_adapter.classify.words import readable
from export_adapter.text import ELLIPSIS, mask, shown

_LONGEST: Final = 200
_QUOTED: Final = re.compile(r"'[^']{0,200}'|\"[^\"]{0,200}\"|`[^`]{0,200}`")
_WITH_DIGITS: Final = re.compile(r"[\w./:#@~%+-]*\d[\w./:#@~%+-]*")
_NUMBER: Final = "#"


def fingerprint_of(report: ErrorReport) -> str:
    """Return the status, code and words of a failure's first cause, without numbers, ids and quoted values.

    Failures of one kind have one fingerprint, so that they can be counted in a log. A number that is the
    whole code stays: it names the kind.
    """
    cause = report.causes[0]
    words = _QUOTED.sub("'…'", readable(cause.text).lower())
    words = _WITH_DIGITS.sub(_NUMBER, words)
    known = (str(report.status or ""), _code(cause), report.exception or "", " ".join(words.split()))
    return shown(" | ".join(part for part in known if part), _LONGEST) or "nothing known"


def _code(cause: Cause) -> str:
    """Return the folded code, unless the code as it was sent is a secret: lower case hides that."""
    sent = cause.shown_code or ""
    return cause.code or "" if mask(sent) == sent else ELLIPSIS
