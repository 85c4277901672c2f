"""What rule files refer to: the situations and the vocabulary."""

from dataclasses import dataclass

from export_adapter.classify.rulebook.patterns import problem_with
from export_adapter.classify.rulebook.situations import Situations
from export_adapter.classify.rulebook.vocabulary import NO_VOCABULARY, Vocabulary


@dataclass(frozen=True, slots=True)
class Background:
    """What a rule file is read against.

    `thorough`: check patterns and expressions too, which takes a few milliseconds. Built-in files have been
    checked by the tests; a customer's own have not.
    """

    situations: Situations
    vocabulary: Vocabulary
    thorough: bool = False

    def problem_with(self, pattern: str) -> str | None:
        """Return what is wrong with a pattern that is no message's, where that is to be checked."""
        return problem_with(pattern, NO_VOCABULARY, for_message=False) if self.thorough else None
