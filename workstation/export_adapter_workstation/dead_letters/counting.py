"""What is on the dead-letter queue, in numbers: for the tables of `summary` and its page."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from export_adapter.classify.item_update import Classifies, explain
from export_adapter.model import ApiVersion, ExportResult, Message
from export_adapter_workstation.dead_letters.letter import Described

JOB_EXPIRES: Final = timedelta(hours=1)
"""An export job takes no updates an hour after its last one (docs/operations.md)."""

NOT_KNOWN: Final = "not known"
"""Stands for what cannot be told of a message, because its body cannot be read."""

_AGES: Final = (
    (timedelta(minutes=15), "under 15 minutes"),
    (JOB_EXPIRES, "15 minutes to 1 hour"),
    (timedelta(hours=6), "1 to 6 hours"),
    (timedelta(days=1), "6 to 24 hours"),
    (timedelta(days=4), "1 to 4 days"),
)
_OLDEST: Final = "over 4 days"
_NO_COMPANY: Final = "no company named"
_BREAKS_THE_CONTRACT: Final = "none: breaks the contract"


@dataclass(frozen=True, slots=True)
class Line:
    """One value of what is counted by: the messages with it, and the accounting entries in them."""

    name: str
    messages: int
    items: int


@dataclass(frozen=True, slots=True)
class Count:
    """Messages and items by one thing. `others` sums up the values that are not among the lines."""

    title: str
    lines: tuple[Line, ...]
    others: Line | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """All counts, and the totals. How many items are in what is no message is not known."""

    messages: int
    items: int
    oldest: datetime | None
    past_the_hour: int
    counts: tuple[Count, ...]


def summary(
    letters: Iterable[Described],
    classifier: Classifies,
    now: datetime,
    version: ApiVersion,
    *,
    most_lines: int = 12,
) -> Summary:
    """Count letters by error type, system, failure reason type, company, job and age.

    Failure reason types are what Pleo would be told today, by the rules of `classifier`, in API `version`.
    """
    found = list(letters)
    sent = [letter.letter.sent_at for letter in found]
    kinds = {
        "Error type": [_all_items(each, each.error_type) for each in found],
        "Accounting system": [_all_items(each, each.system or NOT_KNOWN) for each in found],
        f"Failure reason type (API {version})": [_reason_types(each, classifier, version) for each in found],
        "Company": [_all_items(each, each.company_id or _no_company(each)) for each in found],
        "Export job": [_all_items(each, each.job_id or NOT_KNOWN) for each in found],
    }
    ages = [_all_items(each, _age(now - each.letter.sent_at)) for each in found]
    return Summary(
        messages=len(found),
        items=sum(letter.results or 0 for letter in found),
        oldest=min(sent, default=None),
        past_the_hour=sum(now - each > JOB_EXPIRES for each in sent),
        counts=(
            *(_count(title, each, most_lines) for title, each in kinds.items()),
            _in_order(_count("Age", ages, most_lines), [*(name for _, name in _AGES), _OLDEST]),
        ),
    )


def _count(title: str, letters: Iterable[Mapping[str, int]], most_lines: int) -> Count:
    messages: Counter[str] = Counter()
    items: Counter[str] = Counter()
    for each in letters:
        messages.update(each.keys())
        items.update(each)
    ordered = sorted(messages, key=lambda name: (-messages[name], -items[name], name))
    shown, others = ordered[:most_lines], ordered[most_lines:]
    return Count(
        title,
        tuple(Line(name, messages[name], items[name]) for name in shown),
        Line(
            f"{len(others)} others",
            sum(messages[name] for name in others),
            sum(items[name] for name in others),
        )
        if others
        else None,
    )


def _in_order(count: Count, names: list[str]) -> Count:
    return Count(count.title, tuple(sorted(count.lines, key=lambda line: names.index(line.name))))


def _all_items(letter: Described, name: str) -> dict[str, int]:
    return {name: letter.results or 0}


def _no_company(letter: Described) -> str:
    return _NO_COMPANY if isinstance(letter.contents, Message) else NOT_KNOWN


def _age(age: timedelta) -> str:
    return next((name for bound, name in _AGES if age < bound), _OLDEST)


def _reason_types(letter: Described, classifier: Classifies, version: ApiVersion) -> dict[str, int]:
    """Count a letter's items by failure reason type, or by status where they carry none."""
    if not isinstance(letter.contents, Message):
        return {NOT_KNOWN: 0}
    names: Counter[str] = Counter()
    for result in letter.contents.results:
        if isinstance(result, ExportResult):
            update = explain(result, letter.contents.system, classifier, version).update
            names[update.failure_reason_type or f"none: {update.status}"] += 1
        else:
            names[_BREAKS_THE_CONTRACT] += 1
    return names
