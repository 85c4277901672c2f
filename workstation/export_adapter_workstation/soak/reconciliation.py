"""The reconciliation of a soak: where each item that was sent is at the end, and whether that is right.

An item is one accounting entry of one export job. A message that cannot be read counts as one item.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from export_adapter_workstation.local.pleo import ReceivedRequest

_MOST_EXAMPLES: Final = 20


@dataclass(frozen=True, slots=True, order=True)
class ItemKey:
    """Which item: the export job and the accounting entry, or the digest of an unreadable message."""

    export_job_id: str
    entry: str


@dataclass(frozen=True, slots=True)
class Content:
    """What Pleo is told of an item."""

    status: str
    exported_at: str | None = None
    external_id: str | None = None
    external_url: str | None = None
    failure_reason_type: str | None = None
    failure_reason: str | None = None

    @classmethod
    def of(cls, update: Mapping[str, object]) -> "Content":
        """Read one element of an item update."""
        names = ("exportedAt", "externalId", "externalUrl", "failureReasonType", "failureReason")
        return cls(str(update.get("status")), *(_text(update.get(name)) for name in names))


@dataclass(frozen=True, slots=True)
class Expected:
    """How an item has to end: at Pleo with one of these contents, or parked for one of these reasons."""

    contents: frozenset[Content] = frozenset()
    error_types: frozenset[str] = frozenset()
    company_id: str | None = None


@dataclass(frozen=True, slots=True)
class ParkedCopy:
    """An item in one message of the dead-letter queue.

    error_type is None if the message has no such attribute. moved_by_sqs tells that SQS moved the message
    because the function failed too often; then the attribute is not needed.
    """

    key: ItemKey
    error_type: str | None
    error_message: str | None = None
    moved_by_sqs: bool = False

    @property
    def has_reason(self) -> bool:
        """Whether the message says why it is parked."""
        return bool(self.error_type and self.error_message) or self.moved_by_sqs


@dataclass(frozen=True, slots=True)
class Found:
    """What is there at the end. at_pleo has the items that Pleo has accepted an update for, and no others."""

    at_pleo: Mapping[ItemKey, Content] = field(default_factory=dict[ItemKey, Content])
    parked: tuple[ParkedCopy, ...] = ()
    on_queue: frozenset[ItemKey] = frozenset()
    requests: tuple[ReceivedRequest, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong, and the item or request that has it."""

    kind: str
    what: str


LOST: Final = "lost: neither delivered nor parked nor on the queue"
WRONG_CONTENT: Final = "delivered with wrong content"
WITHOUT_REASON: Final = "parked without a reason"
TWICE: Final = "delivered and parked"
NEEDLESSLY: Final = "parked although Pleo accepts it, or for a wrong reason"
UNEXPECTED: Final = "delivered although it has to be parked"
NEVER_SENT: Final = "found, but never sent"
WRONG_COMPANY: Final = "sent with another company's credentials"
MIXED: Final = "requests with items of another job, or with contents that nobody sent"
TOO_LARGE: Final = "requests with more than 100 items"
ILLEGAL: Final = "requests that break Pleo's specification"
KINDS: Final = (
    LOST,
    WRONG_CONTENT,
    WITHOUT_REASON,
    TWICE,
    NEEDLESSLY,
    UNEXPECTED,
    NEVER_SENT,
    WRONG_COMPANY,
    MIXED,
    TOO_LARGE,
    ILLEGAL,
)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The result. Every item that was sent is in exactly one of the four counts after `sent`."""

    sent: int
    delivered: int
    parked: int
    on_queue: int
    lost: int
    problems: tuple[Problem, ...]
    parked_by_reason: Mapping[str, int] = field(default_factory=dict[str, int])
    extra_copies: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether every item ended as expected: nothing is lost, and nothing is left on the queue."""
        return not self.problems and self.sent == self.delivered + self.parked

    def count(self, kind: str) -> int:
        """How many problems are of a kind."""
        return sum(problem.kind == kind for problem in self.problems)

    def examples(self) -> tuple[Problem, ...]:
        """The first few problems."""
        return self.problems[:_MOST_EXAMPLES]


def reconcile(sent: Mapping[ItemKey, Expected], found: Found) -> Reconciliation:
    """Compare what was sent with what is found.

    Args:
        sent: Every item, and how it has to end.
        found: Where the items are.
    """
    parked = _by_key(found.parked)
    places = Counter[str]()
    problems: list[Problem] = []
    for key, expected in sent.items():
        content = found.at_pleo.get(key)
        if key in found.on_queue:
            places["on_queue"] += 1
        elif key in parked:
            places["parked"] += 1
            problems.extend(_problems_of_a_parked(key, expected, parked[key], content))
        elif content is not None:
            places["delivered"] += 1
            problems.extend(_problems_of_a_delivered(key, expected, content))
        else:
            places["lost"] += 1
            problems.append(Problem(LOST, str(key)))
    strangers = (found.at_pleo.keys() | parked.keys() | found.on_queue) - sent.keys()
    problems.extend(Problem(NEVER_SENT, str(key)) for key in sorted(strangers))
    problems.extend(_problems_of_requests(found.requests, sent))
    return Reconciliation(
        sent=len(sent),
        delivered=places["delivered"],
        parked=places["parked"],
        on_queue=places["on_queue"],
        lost=places["lost"],
        problems=tuple(problems),
        parked_by_reason=Counter(_reason(copies[0]) for copies in parked.values()),
        extra_copies=len(found.parked) - len(parked),
    )


def _by_key(copies: Iterable[ParkedCopy]) -> dict[ItemKey, list[ParkedCopy]]:
    parked: dict[ItemKey, list[ParkedCopy]] = {}
    for copy in copies:
        parked.setdefault(copy.key, []).append(copy)
    return parked


def _reason(copy: ParkedCopy) -> str:
    return copy.error_type or ("moved by SQS" if copy.moved_by_sqs else "none")


def _problems_of_a_parked(
    key: ItemKey, expected: Expected, copies: Iterable[ParkedCopy], content: Content | None
) -> Iterator[Problem]:
    for copy in copies:
        if not copy.has_reason:
            yield Problem(WITHOUT_REASON, str(key))
        elif copy.error_type not in expected.error_types:
            yield Problem(NEEDLESSLY, f"{key}: {_reason(copy)}, {copy.error_message}")
    if content is not None:
        yield Problem(TWICE, str(key))


def _problems_of_a_delivered(key: ItemKey, expected: Expected, content: Content) -> Iterator[Problem]:
    if expected.error_types:
        yield Problem(UNEXPECTED, str(key))
    elif content not in expected.contents:
        yield Problem(WRONG_CONTENT, f"{key}: {content}")


def _problems_of_requests(
    requests: Iterable[ReceivedRequest], sent: Mapping[ItemKey, Expected]
) -> Iterator[Problem]:
    """Check every update that Pleo received, including those that a later one has overwritten."""
    for request in requests:
        if request.method != "PUT":
            continue
        items = request.items or ()
        name = f"request {request.number}"
        if len(items) > 100:  # noqa: PLR2004 -- what Pleo takes at once
            yield Problem(TOO_LARGE, name)
        if request.status == 400 and request.fault is None and not _holds_a_bad_item(request, sent):  # noqa: PLR2004 -- an HTTP status
            yield Problem(ILLEGAL, name)
        for item in items:
            key = ItemKey(request.job_id or "", str(item.get("accountingEntryId")))
            expected = sent.get(key)
            if expected is None or Content.of(item) not in expected.contents:
                yield Problem(MIXED, f"{name}: {key}")
            elif request.credential is not None and request.credential != expected.company_id:
                yield Problem(WRONG_COMPANY, f"{name}: {key}")


def _holds_a_bad_item(request: ReceivedRequest, sent: Mapping[ItemKey, Expected]) -> bool:
    """Whether Pleo refused the whole request because of one item in it, as the soak told it to."""
    keys = (ItemKey(request.job_id or "", str(item.get("accountingEntryId"))) for item in request.items or ())
    return any("request_rejected" in sent[key].error_types for key in keys if key in sent)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
