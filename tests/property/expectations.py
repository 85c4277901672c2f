"""What is expected of a history: what was sent, what Pleo is told of it, and where each piece of it is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from export_adapter.model import ApiVersion, FailureReasonType, Json
from tests.fakes.classifier import classification

TERMINAL = frozenset({"failed", "successful", "abandoned"})
WITH_A_REASON = frozenset({"failed", "abandoned"})
BAFFLING: dict[str, Json] = {"code": "bug"}

type Key = tuple[str, str | None, str]
"""Job, company and entry."""


@dataclass(frozen=True)
class Piece:
    """One element of `results`, or a whole body that is no message. Each has a tag of its own."""

    tag: str
    job: str = ""
    company: str | None = None
    content: Json = None

    @property
    def fields(self) -> dict[str, Json]:
        """The fields of a good result; none of anything else."""
        good = isinstance(self.content, dict) and self.content.get("status") != "bad"
        return self.content if good and isinstance(self.content, dict) else {}

    @property
    def entry(self) -> str:
        return str(self.fields["accountingEntryId"])

    @property
    def status(self) -> str:
        return str(self.fields["status"])

    @property
    def key(self) -> Key:
        return self.job, self.company, self.entry

    @property
    def is_sendable(self) -> bool:
        """Whether Pleo is to hear of it: it is a good result that does not baffle the fake classifier."""
        is_classified = "failureReason" not in self.fields and self.fields.get("status") in WITH_A_REASON
        return bool(self.fields) and not (is_classified and self.fields.get("failure") == BAFFLING)


@dataclass
class QueuedMessage:
    """A message on the main queue, or one that SQS itself moved to the dead-letter queue."""

    message_id: str
    body: str
    pieces: tuple[Piece, ...]
    sent_at: int
    receive_count: int = 0


@dataclass
class Reconciliation:
    """How often each piece was put on the queue, delivered, and doubled by a fault of SQS."""

    sent: Counter[str] = field(default_factory=Counter[str])
    delivered: Counter[str] = field(default_factory=Counter[str])
    doubled: Counter[str] = field(default_factory=Counter[str])

    def imbalance(self, elsewhere: Iterable[str]) -> dict[str, int]:
        """The pieces of which there are too few (lost!) or too many, given those on the two queues."""
        found = Counter(elsewhere) + self.delivered
        expected = self.sent + self.doubled
        return {tag: found[tag] - expected[tag] for tag in found | expected if found[tag] != expected[tag]}


def tag_of(element: Json) -> str:
    """The tag in an element of `results`; what is no object is its own."""
    return str(element["tag"]) if isinstance(element, dict) else str(element)


STATUSES = ("pending", "in_progress", "abandoned", "failed", "successful")

type Worth = tuple[bool, float, int]


def worth(status: str, exported_at: str | None, sent_at: float) -> Worth:
    """What a result is worth against others for its entry: the message contract, told once more."""
    time = datetime.fromisoformat(exported_at).timestamp() // 1 if exported_at else sent_at
    return status in TERMINAL, time, STATUSES.index(status)


def worth_of(piece: Piece, sent_at: int) -> Worth:
    """What a piece is worth that was sent then, in milliseconds since 1970."""
    exported_at = piece.fields.get("exportedAt")
    return worth(piece.status, str(exported_at) if exported_at else None, sent_at / 1000)


def expected_update(piece: Piece, version: ApiVersion) -> dict[str, str]:
    """What Pleo is to be told of a result: the message contract, told once more."""
    update = {"accountingEntryId": piece.entry, "status": piece.status}
    if piece.fields.get("exportedAt"):
        moment = datetime.fromisoformat(str(piece.fields["exportedAt"])).astimezone(UTC)
        update["exportedAt"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if piece.fields.get("externalId"):
        update["externalId"] = str(piece.fields["externalId"])
    if piece.status in WITH_A_REASON:
        update |= _reason(piece, version)
    return update


def _reason(piece: Piece, version: ApiVersion) -> dict[str, str]:
    failure = piece.fields.get("failure")
    if piece.fields.get("failureReason"):
        return {
            "failureReasonType": str(piece.fields["failureReasonType"]),
            "failureReason": str(piece.fields["failureReason"]),
        }
    if isinstance(failure, dict):
        said = classification(FailureReasonType(str(failure["code"])))
        finest = version is ApiVersion.V3
        return {
            "failureReasonType": said.v3_failure_reason_type if finest else said.failure_reason_type,
            "failureReason": said.failure_reason,
        }
    if piece.status == "abandoned":
        return {}
    return {
        "failureReasonType": "unexpected_failure",
        "failureReason": "The exporter reported that this entry failed, but not why. "
        "Ask whoever runs the export integration to look it up, then export the entry again.",
    }
