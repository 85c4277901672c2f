"""Classifies failures: the room's front door."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from export_adapter.classify.decision import Decision, all_decisions, decide
from export_adapter.classify.fingerprint import fingerprint_of
from export_adapter.classify.reading.failure_reader import Reader
from export_adapter.classify.reading.report import Cause, ErrorReport, cause_of
from export_adapter.classify.rulebook.library import Library, OwnRules, RuleDocument
from export_adapter.classify.rulebook.rule import RuleIndex, Tier
from export_adapter.classify.rulebook.rule_file import InvalidRuleDocument, RuleFile, RuleProblem
from export_adapter.classify.sentence import NO_NAME, failure_reason
from export_adapter.model import Failure, FailureReasonType

_MOST_SYSTEMS: Final = 500
"""Systems kept ready; names come from messages, so there may be any number of wrong ones."""


@dataclass(frozen=True, slots=True)
class Classification:
    """What a failure is.

    `failure_reason_type` is one of the 14 that every version of Pleo's API knows; `v3_failure_reason_type`
    may be one of the four finer ones. `mapped` is False where only a rule of last resort decided; then
    `fingerprint` says what kind of failure that was.
    """

    failure_reason_type: FailureReasonType
    v3_failure_reason_type: FailureReasonType
    failure_reason: str
    rule: str
    source: str
    retryable: bool
    mapped: bool = True
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """A rule that fitted too, and what it would have said."""

    rule: str
    tier: Tier
    failure_reason_type: FailureReasonType
    said_of: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A classification with what led to it, for a person."""

    classification: Classification
    system: str
    system_name: str
    report: ErrorReport
    situation: str | None
    tier: Tier | None
    runners_up: tuple[RunnerUp, ...]


@dataclass(frozen=True, slots=True)
class _System:
    """What is kept ready of one accounting system."""

    name: str
    reader: Reader
    indexes: tuple[RuleIndex, ...]


class Classifier:
    """Classifies failures with the built-in rules, and a customer's own ahead of them.

    A system's rule file is read when the system first appears; the general one at once. `refused` holds
    what was wrong with rule files that could not be used: they are left out, everything else goes on.
    """

    def __init__(self, library: Library, own_rules: OwnRules) -> None:
        self._library = library
        self._own_rules = own_rules
        self._general = library.general
        self._general_index = RuleIndex(self._general.rules)
        self._systems: dict[str, _System] = {}
        self._by_given_name: dict[str, str] = {}
        self.refused: list[RuleProblem] = list(own_rules.problems)

    @classmethod
    def built_in(cls, own_rules: Sequence[RuleDocument] = (), library: Library | None = None) -> "Classifier":
        """Return a classifier with the built-in rules and a customer's own documents.

        A document that is wrong is left out whole, and `refused` says why, naming file, rule and field.
        A library that was used before knows the documents that have not changed.
        """
        library = library or Library()
        return cls(library, OwnRules.read(own_rules, library))

    def known_system(self, given: str) -> str | None:
        """Return the system that a name stands for, where there are rules for it."""
        name = self._library.system_of(given[:100])
        return name if name in self._library.systems or self._own_rules.name_of(name) else None

    def classify(self, system: str, failure: Failure) -> Classification:
        """Return what a failure is. Never raises, whatever the failure holds.

        Args:
            system: The accounting system's name, in any spelling; an unknown one gets the general rules.
            failure: What the exporter sent.
        """
        try:
            known = self._system(system)
            report = known.reader.read(failure)
            return self._classification(report, decide(report, known.indexes), known.name, failure)
        except Exception:  # noqa: BLE001 (a failure that breaks the classifier must not lose the result)
            return _broken(failure)

    def explain(self, system: str, failure: Failure) -> Explanation:
        """Return the classification with what the reader found and the rules that fitted too."""
        known = self._system(system)
        report = known.reader.read(failure)
        decisions = all_decisions(report, known.indexes)
        decided = decisions[0] if decisions else None
        return Explanation(
            classification=self._classification(report, decided, known.name, failure),
            system=self._library.system_of(system),
            system_name=known.name,
            report=report,
            situation=decided.rule.verdict.situation if decided else None,
            tier=decided.rule.tier if decided else None,
            runners_up=tuple(
                RunnerUp(one.rule.id, one.rule.tier, one.rule.verdict.v1_type, one.cause.text)
                for one in decisions[1:]
            ),
        )

    def _classification(
        self, report: ErrorReport, decided: Decision | None, system_name: str, failure: Failure
    ) -> Classification:
        if decided is None:
            return _broken(failure)
        rule = decided.rule
        # A rule that asks for a stage has said what it means there.
        verdict = rule.verdict
        if rule.when.stages is None:
            verdict = self._library.background.situations.at_stage(verdict, report.stage)
        mapped = rule.tier is not Tier.LAST_RESORT
        return Classification(
            failure_reason_type=verdict.v1_type,
            v3_failure_reason_type=verdict.type,
            failure_reason=failure_reason(
                verdict,
                decided.cause,
                _quoted(report, decided.cause),
                decided.captured,
                system_name,
                from_exporter=report.from_exporter,
                from_page=report.format.endswith("html"),
            ),
            rule=rule.id,
            source=rule.source,
            retryable=verdict.retryable,
            mapped=mapped,
            fingerprint=None if mapped else fingerprint_of(report),
        )

    def _system(self, given: str) -> _System:
        name = self._by_given_name.get(given)
        if name is None:
            name = self._remember(given)
        return self._systems[name]

    def _remember(self, given: str) -> str:
        name = self._library.system_of(given[:100])
        if len(self._by_given_name) >= _MOST_SYSTEMS:
            self._by_given_name.clear()
            self._systems.clear()
        if name not in self._systems:
            self._systems[name] = self._load(name)
        self._by_given_name[given] = name
        return name

    def _load(self, name: str) -> _System:
        file = self._tried(lambda: self._library.file_of(name))
        own = self._own_rules.rules_of(name)
        named = self._own_rules.name_of(name) or (file.name if file else None)
        readers = [one.reader for one in (*self._own_rules.files_of(name), file, self._general) if one]
        indexes = [RuleIndex(own)] if own else []
        if file:
            indexes.append(RuleIndex(file.rules))
        return _System(
            name=named or NO_NAME,
            reader=Reader(
                shapes=tuple(shape for reader in readers for shape in reader.shapes),
                noise=tuple(pattern for reader in readers for pattern in reader.noise),
                codes_in_text=tuple(pattern for reader in readers for pattern in reader.codes_in_text),
            ),
            indexes=(*indexes, self._general_index),
        )

    def _tried(self, load: Callable[[], RuleFile | None]) -> RuleFile | None:
        try:
            return load()
        except (InvalidRuleDocument, OSError, UnicodeDecodeError) as wrong:
            problems = wrong.problems if isinstance(wrong, InvalidRuleDocument) else ()
            self.refused.extend(problems or (RuleProblem("rules", None, None, f"cannot be read: {wrong}"),))
            return None


def _quoted(report: ErrorReport, decided: Cause) -> Cause:
    """Return the cause whose words are shown: the one that decided, or the first that has words."""
    if decided.message:
        return decided
    return next((cause for cause in report.causes if cause.message), decided)


_BROKEN: Final = (
    "The export of this entry failed, and the answer could not be read. "
    "Ask whoever runs the export integration to look it up, then export the entry again."
)


def _broken(failure: Failure) -> Classification:
    """Return what is said where not even the rules of last resort could decide."""
    empty = ErrorReport(failure.stage, 0, {}, None, (cause_of(),))
    return Classification(
        failure_reason_type=FailureReasonType.UNEXPECTED_FAILURE,
        v3_failure_reason_type=FailureReasonType.UNEXPECTED_FAILURE,
        failure_reason=_BROKEN,
        rule="classifier/unreadable",
        source="The classifier itself: no rule could decide",
        retryable=False,
        mapped=False,
        fingerprint=fingerprint_of(empty),
    )
