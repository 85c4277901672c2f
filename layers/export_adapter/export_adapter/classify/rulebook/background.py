"""What rule files refer to: the situations and the vocabulary."""

import time
from dataclasses import dataclass

from export_adapter.classify.rulebook.message_pattern import MessagePattern, MessageText
from export_adapter.classify.rulebook.patterns import compiled, problem_of_own, problem_with
from export_adapter.classify.rulebook.situations import Situations
from export_adapter.classify.rulebook.vocabulary import NO_VOCABULARY, Vocabulary


@dataclass(frozen=True, slots=True)
class Background:
    """What a rule file is read against.

    `thorough`: check patterns and expressions too, which takes a few milliseconds. Built-in files have been
    checked by the tests; a customer's own have not. `cpu_until` is there for a customer's own alone, whose
    patterns are attacked too: the thread's CPU time at which that must end.
    """

    situations: Situations
    vocabulary: Vocabulary
    thorough: bool = False
    cpu_until: float | None = None

    def problem_with(self, pattern: str) -> str | None:
        """Return what is wrong with a pattern that is not for messages, where that is to be checked."""
        if not self.thorough:
            return None
        self._hurry()
        wrong = problem_with(pattern, NO_VOCABULARY, for_message=False)
        if wrong or self.cpu_until is None:
            return wrong
        return problem_of_own([pattern], pattern, "", compiled(pattern).search, self.cpu_until)

    def problem_with_message(self, pattern: MessagePattern) -> str | None:
        """Return what is wrong with a pattern for messages, where that is to be checked."""
        self._hurry()
        wrong = problem_with(pattern.pattern, self.vocabulary)
        if wrong or self.cpu_until is None:
            return wrong
        head = "".join(f"{texts[0]} " for texts in pattern.needs)
        return problem_of_own(
            pattern.pieces,
            self.vocabulary.example(pattern.pattern),
            head,
            lambda text: pattern.search(MessageText(text, text.lower())),
            self.cpu_until,
        )

    def _hurry(self) -> None:
        if self.cpu_until is not None and time.thread_time() > self.cpu_until:
            raise TimeoutError
