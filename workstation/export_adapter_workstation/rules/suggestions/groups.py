"""Failures of one kind together: by accounting system and fingerprint, the commonest first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from export_adapter.classify.classifier import Classifier, Explanation
from export_adapter.classify.rulebook.library import fold_system
from export_adapter.classify.sentence import readable
from export_adapter.model import Failure
from export_adapter.text import shorten
from export_adapter_workstation.rules.suggestions.seen import Seen, SeenFailure

_MOST_EXAMPLES: Final = 20
_LONGEST_SYSTEM: Final = 60


@dataclass(slots=True)
class Group:
    """Failures of one system with one fingerprint. `examples` is empty where only the log told of them."""

    system: str
    fingerprint: str
    count: int = 0
    examples: list[tuple[Failure, Explanation]] = field(default_factory=list[tuple[Failure, Explanation]])
    where: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def code(self) -> str:
        """The code that all of them have, as it can be shown."""
        return readable(self.examples[0][1].report.causes[0].shown_code or "") if self.examples else ""

    @property
    def status(self) -> str:
        """The HTTP status of the first of them."""
        return str(self.examples[0][1].report.status or "") if self.examples else ""

    @property
    def example(self) -> str:
        """The words of one of them, as they can be shown."""
        if not self.examples:
            return readable(self.fingerprint)
        cause = self.examples[0][1].report.causes[0]
        return readable(cause.text) or readable(cause.shown_code or "") or readable(self.fingerprint)


def groups_of(seen: Iterable[Seen], classifier: Classifier, *, mapped_too: bool = False) -> list[Group]:
    """Group what was seen. Failures that a rule knew are passed over, unless they are asked for."""
    groups: dict[tuple[str, str], Group] = {}
    for one in seen:
        system = system_of(one.system, classifier)
        if isinstance(one, SeenFailure):
            explanation = classifier.explain(one.system, one.failure)
            found = explanation.classification
            if found.mapped and not mapped_too:
                continue
            fingerprint = found.fingerprint or f"decided by {found.rule}"
        else:
            explanation, fingerprint = None, one.fingerprint
        group = groups.setdefault((system, fingerprint), Group(system, fingerprint))
        group.count += 1
        group.where[one.where] = group.where.get(one.where, 0) + 1
        if isinstance(one, SeenFailure) and explanation and len(group.examples) < _MOST_EXAMPLES:
            group.examples.append((one.failure, explanation))
    return sorted(groups.values(), key=lambda group: (-group.count, group.system, group.fingerprint))


def system_of(given: str, classifier: Classifier) -> str:
    """Return the system's name as rules spell it, fit to be shown."""
    name = classifier.known_system(given) or fold_system(given)
    return shorten(readable(name), _LONGEST_SYSTEM) or "other"
