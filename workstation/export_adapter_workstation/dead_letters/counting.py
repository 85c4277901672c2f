"""What is on the dead-letter queue, in numbers: for the tables of `summary` and its page."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from export_adapter.classify.item_update import Classifies, explain
from export_adapter.model import ApiVersion, ExportResult, Message
from export_adapter_workstation.dead_letters.advice import Advice, Urgency, advice, kinds
from export_adapter_workstation.dead_letters.message import Described, Facts

JOB_EXPIRES: Final = timedelta(hours=1)
"""An export job takes no updates an hour after its last one (docs/operations.md)."""

NOT_KNOWN: Final = "not known"
"""Takes the place of what a message does not say because its body cannot be read."""

ERROR_TYPE: Final = "Error type"
AGE: Final = "Age"
_AGES: Final = (
    (timedelta(minutes=15), "under 15 minutes"),
    (JOB_EXPIRES, "15 minutes to 1 hour"),
    (timedelta(hours=6), "1 to 6 hours"),
    (timedelta(days=1), "6 to 24 hours"),
    (timedelta(days=4), "1 to 4 days"),
)
_OLDEST: Final = "over 4 days"
_NO_COMPANY: Final = "no company named"
_INVALID: Final = "none: breaks the contract"


@dataclass(frozen=True, slots=True)
class Line:
    """One value of what is counted by: its accounting entries and messages; `advice` for an error type."""

    name: str
    entries: int
    messages: int
    advice: Advice | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """Entries and messages by one thing, such as the system."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """All counts, and the totals. Messages that cannot be read count no entries."""

    entries: int
    messages: int
    oldest: datetime | None
    past_the_hour: int
    counts: tuple[Count, ...]

    @property
    def most_entries(self) -> int:
        """The number of entries that the longest bar stands for: the scale of all bars."""
        return max((line.entries for count in self.counts for line in count.lines), default=0)


@dataclass(slots=True)
class Counting:
    """Counts messages one by one, so that none of them need be kept.

    Failure reason types are what Pleo would be told today, by the rules of `classifier`, in API `version`.
    """

    classifier: Classifies
    now: datetime
    version: ApiVersion
    messages: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    entries: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    totals: Counter[str] = field(default_factory=Counter[str])
    oldest: datetime | None = None

    def add(self, message: Described) -> Facts:
        """Count a message, and return what it is listed by."""
        facts = message.facts
        number = facts.entries or 0
        age = self.now - facts.sent_at
        self._count(ERROR_TYPE, kinds(facts))
        self._count(AGE, {next((name for bound, name in _AGES if age < bound), _OLDEST): number})
        self._count("Accounting system", {facts.system or NOT_KNOWN: number})
        self._count(f"Failure reason type (API {self.version})", self._reason_types(message))
        self._count("Company", {_company(facts): number})
        self._count("Export job", {facts.job_id or NOT_KNOWN: number})
        self.totals.update(entries=number, messages=1, past_the_hour=age > JOB_EXPIRES)
        self.oldest = min(self.oldest or facts.sent_at, facts.sent_at)
        return facts

    def summary(self, most_lines: int = 12) -> Summary:
        """Return the counts, of each the `most_lines` largest; the rest of it in one more line."""
        counts = [self._lines(title, most_lines) for title in self.messages]
        totals = self.totals
        return Summary(
            totals["entries"], totals["messages"], self.oldest, totals["past_the_hour"], tuple(counts)
        )

    def _count(self, title: str, found: Mapping[str, int]) -> None:
        self.messages.setdefault(title, Counter()).update(found.keys())
        self.entries.setdefault(title, Counter()).update(found)

    def _lines(self, title: str, most: int) -> Count:
        messages, entries = self.messages[title], self.entries[title]
        ordered = sorted(messages, key=lambda name: (-entries[name], -messages[name], name))
        if title == ERROR_TYPE:
            ordered.sort(key=lambda name: list(Urgency).index(advice(name).urgency))
        if title == AGE:
            names = [*(name for _, name in _AGES), _OLDEST]
            ordered.sort(key=names.index)
        shown, others = ordered[:most], ordered[most:]
        lines = [
            Line(name, entries[name], messages[name], advice(name) if title == ERROR_TYPE else None)
            for name in shown
        ]
        if others:
            rest, in_messages = (sum(each[name] for name in others) for each in (entries, messages))
            lines.append(Line(f"{len(others)} others", rest, in_messages))
        return Count(title, tuple(lines))

    def _reason_types(self, message: Described) -> Counter[str]:
        """Count a message's entries by failure reason type, or by status where they have none."""
        if not isinstance(message.contents, Message):
            return Counter({NOT_KNOWN: 0})
        names: Counter[str] = Counter()
        for result in message.contents.results:
            if isinstance(result, ExportResult):
                update = explain(result, message.contents.system, self.classifier, self.version).update
                names[update.failure_reason_type or f"none: {update.status}"] += 1
            else:
                names[_INVALID] += 1
        return names


def _company(facts: Facts) -> str:
    return facts.company_id or (NOT_KNOWN if facts.statuses is None else _NO_COMPANY)
