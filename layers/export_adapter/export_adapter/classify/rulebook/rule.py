"""A rule: when it fits, and what it says then."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from export_adapter.classify.reading.causes import Cause
from export_adapter.classify.reading.failure import ErrorReport
from export_adapter.classify.rulebook.message_pattern import Captured, MessagePattern, MessageText
from export_adapter.classify.rulebook.patterns import compiled
from export_adapter.model import FailureReasonType, Stage

_LONGEST_HEADER: Final = 500


class Tier(IntEnum):
    """The order in which rules are asked: the first that fits decides about a cause.

    docs/writing-rules.md tells the same to authors of rules.
    """

    OWN = 0
    """The customer's own rules."""
    SPECIFIC = 1
    """The system's codes, messages and fields."""
    FAMILY = 2
    """The system's families: code prefixes, statuses, stages, headers."""
    GENERAL = 3
    """What holds for every system: the words of the body, and statuses that leave no doubt."""
    CATCH_ALL = 4
    """The system's codes that say only that something is wrong: asked when the words said nothing."""
    STATUS = 5
    """What an HTTP status or a stage alone tells."""
    LAST_RESORT = 6
    """Nothing was recognised: the failure counts as unmapped."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says: the type, the finer one of version 3, whether trying again can help, the sentence.

    `by_stage` names the situations that take this one's place at a stage (situations.toml).
    """

    type: FailureReasonType
    v3_type: FailureReasonType | None
    retryable: bool
    sentence: str
    quotes: bool
    situation: str | None = None
    by_stage: Mapping[Stage, str] | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must all hold for a rule to fit; None is not asked for."""

    codes: frozenset[str] | None = None
    code_prefixes: tuple[str, ...] | None = None
    messages: tuple[MessagePattern, ...] | None = None
    field: str | None = None
    exception: str | None = None
    statuses: frozenset[int] | None = None
    stages: frozenset[Stage | None] | None = None
    headers: tuple[tuple[str, str], ...] | None = None

    @property
    def names_the_body(self) -> bool:
        """Whether a code, a message or a field is asked for."""
        return bool(self.codes or self.messages or self.field)

    @property
    def are_none(self) -> bool:
        """Whether nothing at all is asked for."""
        return self == _NO_CONDITIONS

    def fit(self, report: ErrorReport, cause: Cause, message: MessageText) -> Captured | None:
        """Return what the message captured (nothing where none is asked for), None where it does not fit.

        `message` is the text that the message patterns are tried on: the cause's, or its code's words.
        """
        if self.statuses is not None and report.status not in self.statuses:
            return None
        if self.stages is not None and report.stage not in self.stages:
            return None
        if not self._code_fits(cause) or not self._place_fits(report, cause):
            return None
        if self.messages is None:
            return _NOTHING
        for pattern in self.messages:
            found = pattern.search(message)
            if found is not None:
                return found
        return None

    def _code_fits(self, cause: Cause) -> bool:
        if self.codes is not None and cause.code not in self.codes:
            return False
        if self.code_prefixes is not None:
            return cause.code is not None and cause.code.startswith(self.code_prefixes)
        return True

    def _place_fits(self, report: ErrorReport, cause: Cause) -> bool:
        if self.field is not None and not (cause.field and compiled(self.field).search(cause.field)):
            return False
        if self.exception is not None and not (
            report.exception and compiled(self.exception).search(report.exception)
        ):
            return False
        if self.headers is None:
            return True
        return all(
            name in report.headers and compiled(pattern).search(report.headers[name][:_LONGEST_HEADER])
            for name, pattern in self.headers
        )


_NO_CONDITIONS: Final = Conditions()
_NOTHING: Final[Captured] = {}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a file: `order` is its place there, `source` where its facts come from."""

    id: str
    tier: Tier
    order: int
    when: Conditions
    verdict: Verdict
    source: str

    @property
    def rank(self) -> int:
        """The place in the order of asking: the tier, then the order in the file."""
        return self.tier * _TIER_SIZE + self.order


_TIER_SIZE: Final = 1_000_000
