"""Failures of one kind together: by accounting system and fingerprint, the commonest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.table import Table
from rich.text import Text

from export_adapter.classify.classifier import Classifier, Explanation
from export_adapter.classify.rulebook.library import fold_system
from export_adapter.classify.sentence import readable
from export_adapter.model import Failure
from export_adapter.text import shorten
from export_adapter_workstation.rules.seen import Seen

_MOST_EXAMPLES: Final = 20
_LONGEST_SYSTEM: Final = 60
_LONGEST_KIND: Final = 160


@dataclass(slots=True)
class Group:
    """Failures of one system with one fingerprint. `examples` is empty where all come from the log.

    `name` is the system as it was written; None where there are rules for it.
    """

    system: str
    name: str | None
    fingerprint: str
    count: int = 0
    examples: list[tuple[Failure, Explanation]] = field(default_factory=list[tuple[Failure, Explanation]])
    where: list[str] = field(default_factory=list[str])


def groups_of(seen: Iterable[Seen], classifier: Classifier) -> list[Group]:
    """Group what was seen. Failures that a rule fits are left out."""
    groups: dict[tuple[str, str], Group] = {}
    for one in seen:
        explanation = classifier.explain(one.system, one.failure) if one.failure else None
        found = explanation.classification if explanation else None
        if found and found.mapped:
            continue
        fingerprint = (found.fingerprint or "") if found else one.fingerprint
        system = system_of(one.system, classifier)
        name = None if classifier.known_system(one.system) else _shown(one.system)
        group = groups.setdefault((system, fingerprint), Group(system, name, fingerprint))
        group.count += 1
        if one.where not in group.where:
            group.where.append(one.where)
        if one.failure and explanation and len(group.examples) < _MOST_EXAMPLES:
            group.examples.append((one.failure, explanation))
    return sorted(groups.values(), key=lambda group: (-group.count, group.system, group.fingerprint))


def system_of(given: str, classifier: Classifier) -> str:
    """Return the system's name as rules spell it, fit to be shown."""
    return _shown(classifier.known_system(given) or fold_system(given)) or "other"


def _shown(system: str) -> str:
    return shorten(readable(system), _LONGEST_SYSTEM)


def groups_table(groups: Sequence[Group], title: str) -> Table:
    """Return how often each group was seen, and its fingerprint."""
    table = Table(title=title, title_justify="left")
    table.add_column("seen", justify="right", no_wrap=True)
    table.add_column("system", style="cyan", overflow="fold")
    table.add_column("HTTP status | code | words", ratio=1)
    for group in groups:
        kind = Text(shorten(readable(group.fingerprint), _LONGEST_KIND))
        table.add_row(str(group.count), Text(group.system), kind)
    return table
