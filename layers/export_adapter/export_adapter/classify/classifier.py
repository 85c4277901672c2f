"""Classifies failures with the built-in rules and a customer's own: the way into the classify step."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from export_adapter.classify.ranking import Match, all_matches, best_match
from export_adapter.classify.reading import limits
from export_adapter.classify.reading.causes import Cause, cause_of
from export_adapter.classify.reading.failure import ErrorReport, Reader
from export_adapter.classify.rulebook.library import Library, OwnRules, RuleDocument
from export_adapter.classify.rulebook.rule import RuleIndex, Tier
from export_adapter.classify.rulebook.rule_file import InvalidRuleDocument, RuleFile, RuleProblem
from export_adapter.classify.sentence import NO_NAME, failure_reason, fingerprint_of
from export_adapter.deadline import ENDLESS, Clock, Deadline
from export_adapter.model import Failure, FailureReasonType, Json

_LONGEST_NAME: Final = 100
_MOST_BRIEF: Final = 2_000
_MOST_SYSTEMS: Final = 500
"""Systems kept ready; names come from messages, so there may be any number of wrong ones."""


@dataclass(frozen=True, slots=True)
class Classification:
    """What a failure is.

    `failure_reason_type` is one of the 14 that every version of Pleo's API knows; `v3_failure_reason_type`
    may be one of the four finer ones. `mapped` is False where only a rule of last resort decided; then
    `fingerprint` says what kind of failure that was. `bug` is the fault of the classifier's own that kept it
    from finding more, for the log.
    """

    failure_reason_type: FailureReasonType
    v3_failure_reason_type: FailureReasonType
    failure_reason: str
    rule: str
    source: str
    retryable: bool
    mapped: bool = True
    fingerprint: str | None = None
    bug: Exception | None = None


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

    def __init__(self, library: Library, own_rules: OwnRules, clock: Clock = time.thread_time) -> None:
        self._library = library
        self._clock = clock
        self._own_rules = own_rules
        self._general = library.general
        self._general_index = RuleIndex(self._general.rules)
        self._systems: dict[str, _System] = {}
        self._brief: dict[tuple[object, ...], Classification] = {}
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
        name = self._library.system_of(given[:_LONGEST_NAME])
        return name if name in self._library.systems or self._own_rules.name_of(name) else None

    def deadline_for_message(self) -> Deadline:
        """Return when the failures of a message that is begun now must be classified (in CPU time)."""
        return Deadline(self._clock, self._clock() + limits.MESSAGE_SECONDS)

    def classify(self, system: str, failure: Failure, until: Deadline = ENDLESS) -> Classification:
        """Return what a failure is. Never raises, whatever the failure holds.

        Args:
            system: The accounting system's name, in any spelling; an unknown one gets the general rules.
            failure: What the exporter sent.
            until: When all failures of its message must be classified (see `deadline_for_message`); after
                that, a failure's texts are not read at all.
        """
        try:
            known = self._system(system)
            left = until.remaining()
            if left <= 0:
                return self._classify_briefly(known, failure, names_too=left > -limits.NAMES_SECONDS)
            report = known.reader.read(failure)
            return self._classification(report, best_match(report, known.indexes), known.name, failure)
        except Exception as bug:  # noqa: BLE001 (a failure that breaks the classifier must not lose the result)
            return _broken(failure, bug)

    def explain(self, system: str, failure: Failure) -> Explanation:
        """Return the classification with what the reader found and the rules that fitted too."""
        known = self._system(system)
        report = known.reader.read(failure)
        matches = all_matches(report, known.indexes)
        decided = matches[0] if matches else None
        return Explanation(
            classification=self._classification(report, decided, known.name, failure),
            system=self._library.system_of(system),
            system_name=known.name,
            report=report,
            situation=decided.rule.verdict.situation if decided else None,
            tier=decided.rule.tier if decided else None,
            runners_up=tuple(
                RunnerUp(one.rule.id, one.rule.tier, one.rule.verdict.v1_type, one.cause.text)
                for one in matches[1:]
            ),
        )

    def _classify_briefly(self, known: _System, failure: Failure, *, names_too: bool) -> Classification:
        """Classify without reading any text: by what thousands of failures of one message have in common.

        `names_too`: also by code and exception, which are a sender's to choose, so that each may differ.
        """
        place = (known.name, failure.stage, failure.http_status, failure.body is None)
        given = ((failure.code or "")[:_LONGEST_NAME], (failure.exception or "")[:_LONGEST_NAME])
        found = self._brief.get((*place, *given))
        if found is None and not names_too:
            given = ("", "")
            found = self._brief.get((*place, *given))
        if found is None:
            # An empty object is a body that says nothing.
            body: Json = None if failure.body is None else {}
            brief = Failure(failure.stage, failure.http_status, {}, body, code=given[0], exception=given[1])
            report = known.reader.read(brief)
            found = self._classification(report, best_match(report, known.indexes), known.name, brief)
            if len(self._brief) >= _MOST_BRIEF:
                self._brief.clear()
            self._brief[(*place, *given)] = found
        return found

    def _classification(
        self, report: ErrorReport, decided: Match | None, system_name: str, failure: Failure
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
        name = self._library.system_of(given[:_LONGEST_NAME])
        if name not in self._systems:
            if len(self._systems) >= _MOST_SYSTEMS:
                self._systems.clear()
            self._systems[name] = self._load(name)
        return self._systems[name]

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


def _broken(failure: Failure, bug: Exception | None = None) -> Classification:
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
        bug=bug,
    )


@dataclass(frozen=True, slots=True)
class DocumentsUnavailable:
    """The customer's documents cannot be read now; what was read before stays in force."""

    reason: str


@dataclass(frozen=True, slots=True)
class RefusedRules:
    """What is wrong with the customer's rules now; `is_news` where it was not so at the refresh before."""

    problems: tuple[str, ...] = ()
    is_news: bool = False


type ReadDocuments = Callable[[], Sequence[RuleDocument] | DocumentsUnavailable]


def no_documents() -> Sequence[RuleDocument]:
    """Return no documents: the built-in rules alone."""
    return ()


class CurrentClassifier:
    """Classifies with the built-in rules and the latest good documents. One per environment."""

    def __init__(self, read_documents: ReadDocuments = no_documents) -> None:
        self._read_documents = read_documents
        self._documents: tuple[RuleDocument, ...] = ()
        self._library = Library()
        self._classifier = Classifier.built_in(library=self._library)
        self._told: tuple[str, ...] = ()

    def refresh(self) -> RefusedRules:
        """Look for changed documents; return all that is wrong with them, also where nothing has changed.

        Never raises, whatever the documents hold: the rules that were in force before stay so.
        """
        try:
            read = self._read_documents()
            if not isinstance(read, DocumentsUnavailable):
                self._follow(tuple(read))
        except Exception as failed:  # noqa: BLE001 (own rules must not stop an invocation, whatever is wrong)
            read = DocumentsUnavailable(f"own rules: cannot be used ({type(failed).__name__})")
        unavailable = (read.reason,) if isinstance(read, DocumentsUnavailable) else ()
        problems = (*unavailable, *(str(problem) for problem in self._classifier.refused))
        before, self._told = self._told, problems
        return RefusedRules(problems, is_news=problems != before)

    def _follow(self, documents: tuple[RuleDocument, ...]) -> None:
        if documents != self._documents:
            self._classifier = Classifier.built_in(documents, self._library)
            self._documents = documents

    def known_system(self, given: str) -> str:
        """Return the system that a name stands for; "other" where there are no rules for it."""
        return self._classifier.known_system(given) or "other"

    def deadline_for_message(self) -> Deadline:
        """Return when the failures of a message that is begun now must be classified; see Classifier."""
        return self._classifier.deadline_for_message()

    def classify(self, system: str, failure: Failure, until: Deadline = ENDLESS) -> Classification:
        """Classify a failure; see Classifier."""
        return self._classifier.classify(system, failure, until)
