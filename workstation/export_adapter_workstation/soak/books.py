"""The books of a soak: where each item that was sent in is found at the end, and whether that is right.

An item is one accounting entry of one export job; a message that cannot be read counts as one item too.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from export_adapter_workstation.local.pleo import ExportItem, ReceivedRequest

_MOST_EXAMPLES: Final = 20


@dataclass(frozen=True, slots=True, order=True)
class ItemKey:
    """Which item: the export job and the accounting entry, or the digest of an unreadable message."""

    export_job_id: str
    entry: str


@dataclass(frozen=True, slots=True)
class Content:
    """What Pleo is to hold of an item."""

    status: str
    exported_at: str | None = None
    external_id: str | None = None
    external_url: str | None = None
    failure_reason_type: str | None = None
    failure_reason: str | None = None

    @classmethod
    def held(cls, item: ExportItem) -> "Content":
        """Read what Pleo holds."""
        return cls(
            item.status,
            item.exported_at,
            item.external_id,
            item.external_url,
            item.failure_reason_type,
            item.failure_reason,
        )

    @classmethod
    def sent(cls, element: Mapping[str, object]) -> "Content":
        """Read one element of a request's array."""
        names = (
            *("status", "exportedAt", "externalId", "externalUrl"),
            *("failureReasonType", "failureReason"),
        )
        status, *others = (element.get(name) for name in names)
        return cls(str(status), *(None if other is None else str(other) for other in others))


@dataclass(frozen=True, slots=True)
class Expected:
    """How an item is to end: held by Pleo with one of these contents, or parked for one of these reasons."""

    contents: frozenset[Content] = frozenset()
    error_types: frozenset[str] = frozenset()
    company_id: str | None = None


@dataclass(frozen=True, slots=True)
class ParkedCopy:
    """An item as it lies in one message of the dead-letter queue.

    `error_type` is None where the message has no such attribute, `moved_by_sqs` where SQS itself moved it
    there, because the function died too often: then the queue that it came from is the reason.
    """

    key: ItemKey
    error_type: str | None
    error_message: str | None = None
    moved_by_sqs: bool = False

    @property
    def has_reason(self) -> bool:
        """Whether somebody who finds it can tell why it lies there."""
        return bool(self.error_type and self.error_message) or self.moved_by_sqs


@dataclass(frozen=True, slots=True)
class Found:
    """What is there at the end. `held` has the items that Pleo was sent an update for, and nothing else."""

    held: Mapping[ItemKey, Content] = field(default_factory=dict[ItemKey, Content])
    parked: tuple[ParkedCopy, ...] = ()
    on_queue: frozenset[ItemKey] = frozenset()
    requests: tuple[ReceivedRequest, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that must not be, and the item or request that it happened to."""

    kind: str
    what: str


LOST: Final = "lost: neither delivered nor parked nor on the queue"
WRONG_CONTENT: Final = "delivered with wrong content"
WITHOUT_REASON: Final = "parked without a reason"
TWICE: Final = "delivered and parked at once"
NEEDLESSLY: Final = "parked although Pleo takes it, or for another reason than its own"
UNEXPECTED: Final = "delivered although Pleo must not have it"
NOT_SENT_IN: Final = "found, but never sent in"
WRONG_COMPANY: Final = "sent with another company's credentials"
MIXED: Final = "requests with items of another job, or with contents that nobody sent in"
TOO_LARGE: Final = "requests with more than 100 items"
ILLEGAL: Final = "requests that break Pleo's specification"
KINDS: Final = (
    LOST,
    WRONG_CONTENT,
    WITHOUT_REASON,
    TWICE,
    NEEDLESSLY,
    UNEXPECTED,
    NOT_SENT_IN,
    WRONG_COMPANY,
    MIXED,
    TOO_LARGE,
    ILLEGAL,
)


@dataclass(frozen=True, slots=True)
class Balance:
    """The books, added up. Every item that was sent in is in exactly one of the four counts."""

    sent_in: int
    delivered: int
    parked: int
    on_queue: int
    lost: int
    problems: tuple[Problem, ...]
    parked_by_reason: Mapping[str, int] = field(default_factory=dict[str, int])
    extra_copies: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing is lost, and nothing is where or what it must not be."""
        return not self.problems and self.sent_in == self.delivered + self.parked + self.on_queue

    def count(self, kind: str) -> int:
        """How often a kind of problem was met."""
        return sum(problem.kind == kind for problem in self.problems)

    def examples(self) -> tuple[Problem, ...]:
        """The first few problems, to begin looking with."""
        return self.problems[:_MOST_EXAMPLES]


def balance(sent_in: Mapping[ItemKey, Expected], found: Found) -> Balance:
    """Add up the books.

    Args:
        sent_in: Every item, and how it is to end.
        found: Where the items are.
    """
    parked = _by_key(found.parked)
    places = Counter[str]()
    problems: list[Problem] = []
    for key, expected in sent_in.items():
        content = found.held.get(key)
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
    strangers = (found.held.keys() | parked.keys() | found.on_queue) - sent_in.keys()
    problems.extend(Problem(NOT_SENT_IN, str(key)) for key in sorted(strangers))
    problems.extend(_problems_of_requests(found.requests, sent_in))
    return Balance(
        sent_in=len(sent_in),
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
    requests: Iterable[ReceivedRequest], sent_in: Mapping[ItemKey, Expected]
) -> Iterator[Problem]:
    """Look at every update that Pleo received, also at those that another one has overwritten since."""
    for request in requests:
        if request.method != "PUT":
            continue
        items = request.items or ()
        name = f"request {request.number}"
        if len(items) > 100:  # noqa: PLR2004 -- what Pleo takes at once
            yield Problem(TOO_LARGE, name)
        if request.status == 400 and not request.faults and not _holds_a_bad_item(request, sent_in):  # noqa: PLR2004 -- an HTTP status
            yield Problem(ILLEGAL, name)
        for item in items:
            key = ItemKey(request.job_id or "", str(item.get("accountingEntryId")))
            expected = sent_in.get(key)
            if expected is None or Content.sent(item) not in expected.contents:
                yield Problem(MIXED, f"{name}: {key}")
            elif request.credential is not None and request.credential != expected.company_id:
                yield Problem(WRONG_COMPANY, f"{name}: {key}")


def _holds_a_bad_item(request: ReceivedRequest, sent_in: Mapping[ItemKey, Expected]) -> bool:
    """Whether Pleo refuses the whole request because of one item in it, as it was told to."""
    keys = (ItemKey(request.job_id or "", str(item.get("accountingEntryId"))) for item in request.items or ())
    return any("request_rejected" in sent_in[key].error_types for key in keys if key in sent_in)
