"""A failure's fingerprint: what is left of it when all that differs from entry to entry is gone."""

import re
from typing import Final

from export_adapter.classify.reading.failure import ErrorReport
from export_adapter.classify.words import clean, shorten

_LONGEST: Final = 200
_QUOTED: Final = re.compile(r"'[^']{0,200}'|\"[^\"]{0,200}\"|`[^`]{0,200}`")
_RUN: Final = re.compile(r"[\w./:#@~%+-]++")
_DIGIT: Final = re.compile(r"\d")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_NUMBER: Final = "#"


def fingerprint_of(report: ErrorReport) -> str:
    """Return the status, code and words of a failure's first cause, without numbers, ids and quoted values.

    Failures of one kind have one fingerprint, so that they can be counted in a log. A number that is the
    whole code stays: it names the kind.
    """
    cause = report.causes[0]
    words = _QUOTED.sub("'…'", clean(cause.text).lower())
    words = _RUN.sub(lambda run: _NUMBER if _DIGIT.search(run[0]) else run[0], words)
    known = (str(report.status or ""), cause.code or "", report.exception or "", " ".join(words.split()))
    line = _UNPRINTABLE.sub(" ", " | ".join(part for part in known if part))
    return shorten(line or "nothing known", _LONGEST)
