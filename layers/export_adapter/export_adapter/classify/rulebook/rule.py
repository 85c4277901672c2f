"""A rule: when it fits, what it says then, and how the few rules that can fit are found among hundreds."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from export_adapter.classify.reading.causes import Cause
from export_adapter.classify.reading.failure import ErrorReport
from export_adapter.classify.rulebook.literals import AnyOf
from export_adapter.classify.rulebook.patterns import Captured, MessagePattern, MessageText, compiled
from export_adapter.model import FailureReasonType, Stage

_LONGEST_HEADER: Final = 500
_GRAM: Final = 3


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
    """What holds for every system: the words of the body, and statuses that are unambiguous."""
    CATCH_ALL = 4
    """The system's codes that say only that something is wrong: asked when the words said nothing."""
    STATUS = 5
    """What an HTTP status or a stage alone tells."""
    LAST_RESORT = 6
    """Nothing was recognised: the failure counts as unmapped."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says: the type, that for older API versions, whether trying again can help, the sentence.

    `by_stage` names the situations that take this one's place at a stage (situations.toml).
    """

    type: FailureReasonType
    v1_type: FailureReasonType
    retryable: bool
    sentence: str
    quotes: bool
    situation: str | None = None
    by_stage: Mapping[Stage, str] | None = None


@dataclass(frozen=True, slots=True)
class Situations:
    """The situations by name, and which of them a type (for older API versions) becomes at a stage."""

    by_name: Mapping[str, Verdict]
    by_stage_and_type: Mapping[tuple[Stage, FailureReasonType], str]

    def at_stage(self, verdict: Verdict, stage: Stage | None) -> Verdict:
        """Return what a verdict becomes at a stage.

        That is what its situation names for the stage, otherwise what its type becomes there, or itself.
        """
        if stage is None:
            return verdict
        name = verdict.by_stage.get(stage) if verdict.by_stage else None
        name = name or self.by_stage_and_type.get((stage, verdict.v1_type))
        return self.by_name.get(name, verdict) if name else verdict


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


def grams(text: str) -> set[str]:
    """Return all runs of three characters of a text."""
    return {text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1)}


class RuleIndex:
    """The rules of one file, or of one customer, by what they ask for. Built once, then only read.

    Rules with codes are found by the cause's code, rules with messages by three letters in a row that the
    message must contain (see `literals`), the rest by status and stage.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_code: defaultdict[str, list[Rule]] = defaultdict(list)
        self._by_prefix: list[Rule] = []
        self._by_gram: defaultdict[str, list[tuple[AnyOf, list[Rule]]]] = defaultdict(list)
        self._others: list[Rule] = []
        self._by_place: dict[tuple[int, Stage | None], tuple[Rule, ...]] = {}
        texts: list[Rule] = []
        for rule in self.rules:
            if rule.when.codes is not None:
                for code in rule.when.codes:
                    self._by_code[code].append(rule)
            elif rule.when.code_prefixes is not None:
                self._by_prefix.append(rule)
            elif rule.when.messages is not None:
                texts.append(rule)
            else:
                self._others.append(rule)
        self._index_texts(texts)

    def candidates(
        self, report: ErrorReport, cause: Cause, message: MessageText, found: set[str]
    ) -> Iterator[Rule]:
        """Yield rules that may fit, in no order, some more than once. `found` are the message's grams."""
        if cause.code is not None:
            yield from self._by_code.get(cause.code, ())
            yield from self._by_prefix
        for gram in self._by_gram.keys() & found:
            for need, rules in self._by_gram[gram]:
                if message.has_any(need):
                    yield from rules
        place = (report.status, report.stage)
        yield from self._by_place.get(place) or self._at(place)

    def _at(self, place: tuple[int, Stage | None]) -> tuple[Rule, ...]:
        """Return the rules without code and message that fit a status and stage; both are bounded sets."""
        status, stage = place
        rules = tuple(
            rule
            for rule in self._others
            if (rule.when.statuses is None or status in rule.when.statuses)
            and (rule.when.stages is None or stage in rule.when.stages)
        )
        self._by_place[place] = rules
        return rules

    def _index_texts(self, rules: list[Rule]) -> None:
        """Index each need by that run of three letters of its texts which the fewest others share.

        Rules that need the same words (the vocabulary's lists) are kept together, under each text once.
        """
        by_need: dict[AnyOf, list[Rule]] = {}
        for rule in rules:
            for pattern in rule.when.messages or ():
                if not pattern.needs:
                    self._others.append(rule)
                    continue
                known = by_need.setdefault(pattern.needs[0], [])
                if not known or known[-1] is not rule:  # a rule's patterns stand next to each other
                    known.append(rule)
        shared = Counter(gram for need in by_need for text in need for gram in grams(text))
        for need, needing in by_need.items():
            for gram in {min(grams(text), key=lambda gram: (shared[gram], gram)) for text in need}:
                self._by_gram[gram].append((need, needing))
