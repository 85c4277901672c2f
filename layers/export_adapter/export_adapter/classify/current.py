"""A classifier that follows a customer's own rules: made anew when their documents change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from export_adapter.classify.classifier import Classification, Classifier
from export_adapter.classify.rulebook.library import Library, RuleDocument
from export_adapter.model import Failure


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

    def classify(self, system: str, failure: Failure) -> Classification:
        """Classify a failure; see Classifier."""
        return self._classifier.classify(system, failure)
