"""A classifier that follows a customer's own rules: made anew when their documents change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from export_adapter.classify.classifier import Classification, Classifier
from export_adapter.classify.rulebook.own_rules import RuleDocument
from export_adapter.results import Failure


@dataclass(frozen=True, slots=True)
class DocumentsUnavailable:
    """The customer's documents cannot be read now; what was read before stays in force."""

    reason: str


type ReadDocuments = Callable[[], Sequence[RuleDocument] | DocumentsUnavailable]


def no_documents() -> Sequence[RuleDocument]:
    """Return no documents: the built-in rules alone."""
    return ()


class CurrentClassifier:
    """Classifies with the built-in rules and the latest good documents. One per environment."""

    def __init__(self, read_documents: ReadDocuments = no_documents) -> None:
        self._read_documents = read_documents
        self._documents: tuple[RuleDocument, ...] = ()
        self._classifier = Classifier.built_in()

    def refresh(self) -> tuple[str, ...]:
        """Look for changed documents; return what is wrong with them, for the log.

        A document that is wrong is told of once for each change; one that cannot be read, each time.
        """
        read = self._read_documents()
        if isinstance(read, DocumentsUnavailable):
            return (read.reason,)
        documents = tuple(read)
        if documents == self._documents:
            return ()
        self._documents = documents
        self._classifier = Classifier.built_in(documents)
        return tuple(str(problem) for problem in self._classifier.refused)

    def known_system(self, given: str) -> str:
        """Return the system that a name stands for; "other" where there are no rules for it."""
        return self._classifier.known_system(given) or "other"

    def classify(self, system: str, failure: Failure) -> Classification:
        """Classify a failure; see Classifier."""
        return self._classifier.classify(system, failure)
