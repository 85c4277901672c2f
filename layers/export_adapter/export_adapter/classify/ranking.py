"""Which rule decides: for each cause the first in a stated order, of several causes the one to fix first."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from export_adapter.classify.reading.causes import Cause
from export_adapter.classify.reading.failure import ErrorReport
from export_adapter.classify.rulebook.patterns import Captured, MessageText
from export_adapter.classify.rulebook.rule import Rule, RuleIndex, Tier, grams
from export_adapter.model import FailureReasonType

FIX_FIRST: Final = (
    # Without a connection nothing else can be put right, and without permission nothing can be booked.
    FailureReasonType.ACCOUNTING_SYSTEM_AUTHENTICATION_FAILURE,
    FailureReasonType.AUTHORIZATION_FAILURE,
    # A mapping fails every entry that uses it, and often brings the complaints about content with it.
    FailureReasonType.MISSING_CONFIGURATION,
    FailureReasonType.INVALID_CONFIGURATION,
    FailureReasonType.ACCOUNT_UNKNOWN,
    FailureReasonType.TAX_CODE_UNKNOWN,
    FailureReasonType.TAG_UNKNOWN,
    # Then what is wrong with this one entry or its file.
    FailureReasonType.RECEIPT_FILE_SIZE_LIMIT_EXCEEDED,
    FailureReasonType.RECEIPT_CONVERSION_FAILURE,
    FailureReasonType.RECEIPT_DOWNLOAD_FAILURE,
    FailureReasonType.RECEIPT_UPLOAD_FAILURE,
    FailureReasonType.VALIDATION_FAILURE,
    FailureReasonType.VENDOR_UNKNOWN,
    FailureReasonType.ACCOUNTING_SYSTEM_VALIDATION_FAILURE,
    # Nobody has to fix these: they pass. A timeout before an outage, because of the look for a duplicate.
    FailureReasonType.ACCOUNTING_SYSTEM_RATE_LIMIT,
    FailureReasonType.ACCOUNTING_SYSTEM_TIMEOUT,
    FailureReasonType.ACCOUNTING_SYSTEM_UNREACHABLE,
    FailureReasonType.UNEXPECTED_FAILURE,
)
"""The order in which a person must fix causes that one body names together."""

_PRIORITY: Final = {reason_type: place for place, reason_type in enumerate(FIX_FIRST)}
if _PRIORITY.keys() != set(FailureReasonType):
    raise AssertionError("FIX_FIRST does not rank " + ", ".join(set(FailureReasonType) - _PRIORITY.keys()))
_WORD_BREAK: Final = re.compile(r"[^A-Za-zÀ-ž]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LEAST_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fits a cause, and what its message pattern captured."""

    rule: Rule
    cause: Cause
    position: int
    captured: Captured

    @property
    def weight(self) -> tuple[int, int, int, int]:
        """The smallest decides: what was recognised, by what to fix first; otherwise the better guess."""
        rank, priority = self.rule.rank, _PRIORITY[self.rule.verdict.v1_type]
        if self.rule.tier < Tier.CATCH_ALL:
            return (0, priority, rank, self.position)
        return (1, rank, priority, self.position)


def best_match(report: ErrorReport, indexes: Sequence[RuleIndex]) -> Match | None:
    """Return the rule that decides about a failure; None where no rule fits any cause."""
    best: Match | None = None
    for position, cause in enumerate(report.causes):
        first = next(_fitting(report, cause, position, indexes), None)
        if first and (best is None or first.weight < best.weight):
            best = first
    return best


def all_matches(report: ErrorReport, indexes: Sequence[RuleIndex]) -> list[Match]:
    """Return every rule that fits any cause, the one that decides first: for `explain`."""
    per_cause = [
        list(_fitting(report, cause, position, indexes)) for position, cause in enumerate(report.causes)
    ]
    first = sorted((fitting[0] for fitting in per_cause if fitting), key=lambda match: match.weight)
    others = [match for fitting in per_cause for match in fitting[1:]]
    return first + sorted(others, key=lambda match: (match.rule.rank, match.position))


def _fitting(
    report: ErrorReport, cause: Cause, position: int, indexes: Sequence[RuleIndex]
) -> Iterator[Match]:
    """Yield the rules that fit a cause, in the order of asking; some twice.

    The words of a code that no rule names are asked of the general rules after the message, before
    anything is guessed.
    """
    message = MessageText(cause.text, cause.folded)
    candidates = _candidates(report, cause, message, indexes)
    sure = [rule for rule in candidates if rule.tier < Tier.CATCH_ALL]
    asked: list[tuple[Rule, MessageText]] = [(rule, message) for rule in sure]
    is_named = any(rule.when.codes and cause.code in rule.when.codes for rule in candidates)
    words = code_words(cause.shown_code) if cause.shown_code and not is_named else ""
    if words:
        code_text = MessageText(words, words)
        by_words = _candidates(report, cause, code_text, indexes)
        asked += [(rule, code_text) for rule in by_words if rule.tier is Tier.GENERAL and rule.when.messages]
    asked += [(rule, message) for rule in candidates[len(sure) :]]
    for rule, text in asked:
        captured = rule.when.fit(report, cause, text)
        if captured is not None:
            yield Match(rule, cause, position, captured)


def _candidates(
    report: ErrorReport, cause: Cause, message: MessageText, indexes: Sequence[RuleIndex]
) -> list[Rule]:
    found = grams(message.folded)
    by_rank = {
        rule.rank: rule for index in indexes for rule in index.candidates(report, cause, message, found)
    }
    return [by_rank[rank] for rank in sorted(by_rank)]


@lru_cache(maxsize=1024)
def code_words(code: str) -> str:
    """Return the words of a code in lower case ("period closed" for PERIOD_CLOSED or PeriodClosed), or "".

    General rules are matched against them too: a code is English where the message need not be.
    """
    words = " ".join(_WORD_BREAK.sub(" ", code).lower().split())
    return words if len(words) >= _LEAST_WORDS else ""
