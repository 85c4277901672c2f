"""The values that pass between the steps, and their enums. All are frozen.

A result is read as part of a Record and its Message; from then on it is an Item (item.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple


class ItemStatus(StrEnum):
    """Status of an export job item, as Pleo's Export API spells it (specification/export-api.yaml)."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    FAILED = "failed"
    SUCCESSFUL = "successful"
    ABANDONED = "abandoned"

    @property
    def is_terminal(self) -> bool:
        """Whether the exporter is done with the entry: nothing non-terminal may overwrite it."""
        return self in {ItemStatus.FAILED, ItemStatus.SUCCESSFUL, ItemStatus.ABANDONED}

    @property
    def carries_failure_reason(self) -> bool:
        """Whether failureReasonType and failureReason are sent along."""
        return self in {ItemStatus.FAILED, ItemStatus.ABANDONED}


class ApiVersion(StrEnum):
    """Version of Pleo's Export API; the first part of the path of every request."""

    V1 = "v1"
    V2 = "v2"
    V3 = "v3"


class FailureReasonType(StrEnum):
    """Why an entry was not exported. The last four exist in version 3 of the Export API only."""

    RECEIPT_UPLOAD_FAILURE = "receipt_upload_failure"
    RECEIPT_DOWNLOAD_FAILURE = "receipt_download_failure"
    RECEIPT_FILE_SIZE_LIMIT_EXCEEDED = "receipt_file_size_limit_exceeded"
    RECEIPT_CONVERSION_FAILURE = "receipt_conversion_failure"
    UNEXPECTED_FAILURE = "unexpected_failure"
    INVALID_CONFIGURATION = "invalid_configuration"
    MISSING_CONFIGURATION = "missing_configuration"
    ACCOUNTING_SYSTEM_AUTHENTICATION_FAILURE = "accounting_system_authentication_failure"
    ACCOUNTING_SYSTEM_RATE_LIMIT = "accounting_system_rate_limit"
    ACCOUNTING_SYSTEM_UNREACHABLE = "accounting_system_unreachable"
    VALIDATION_FAILURE = "validation_failure"
    ACCOUNTING_SYSTEM_VALIDATION_FAILURE = "accounting_system_validation_failure"
    AUTHORIZATION_FAILURE = "authorization_failure"
    ACCOUNTING_SYSTEM_TIMEOUT = "accounting_system_timeout"
    VENDOR_UNKNOWN = "vendor_unknown"
    ACCOUNT_UNKNOWN = "account_unknown"
    TAX_CODE_UNKNOWN = "tax_code_unknown"
    TAG_UNKNOWN = "tag_unknown"


FALLBACKS: Final = {
    # What Pleo's own guides use for these causes where the finer type does not exist.
    FailureReasonType.VENDOR_UNKNOWN: FailureReasonType.ACCOUNTING_SYSTEM_VALIDATION_FAILURE,
    FailureReasonType.ACCOUNT_UNKNOWN: FailureReasonType.INVALID_CONFIGURATION,
    FailureReasonType.TAX_CODE_UNKNOWN: FailureReasonType.INVALID_CONFIGURATION,
    FailureReasonType.TAG_UNKNOWN: FailureReasonType.INVALID_CONFIGURATION,
}
"""What a failure reason type becomes in versions of the Export API that do not know it (docs/delivery.md)."""


def legal_types(version: ApiVersion) -> frozenset[FailureReasonType]:
    """Return the failure reason types that a version takes."""
    if version is ApiVersion.V3:
        return frozenset(FailureReasonType)
    return frozenset(FailureReasonType) - FALLBACKS.keys()


def in_version(reason_type: FailureReasonType, version: ApiVersion) -> FailureReasonType:
    """Return the type itself where the version takes it, otherwise what it falls back to."""
    return reason_type if reason_type in legal_types(version) else FALLBACKS[reason_type]


class Stage(StrEnum):
    """How far the exporter had come with the entry when it failed (the message contract)."""

    CONFIGURE = "configure"
    CONNECT = "connect"
    VALIDATE = "validate"
    DOWNLOAD_RECEIPT = "download_receipt"
    CONVERT_RECEIPT = "convert_receipt"
    CREATE_ENTRY = "create_entry"
    UPLOAD_RECEIPT = "upload_receipt"


class ErrorType(StrEnum):
    """Why a message was parked on the dead-letter queue: its `errorType` attribute."""

    INVALID_MESSAGE = "invalid_message"
    INVALID_RESULT = "invalid_result"
    ITEM_REJECTED = "item_rejected"
    REQUEST_REJECTED = "request_rejected"
    JOB_NOT_FOUND = "job_not_found"
    JOB_FINISHED = "job_finished"
    NO_CREDENTIALS = "no_credentials"
    RETRIES_EXHAUSTED = "retries_exhausted"


type Json = bool | int | float | str | list[Json] | dict[str, Json] | None


class JobKey(NamedTuple):
    """One company's export job. Two companies never share one, so no PUT can mix them.

    A named tuple, because it is a key of dictionaries and Python hashes it faster than a dataclass.
    """

    export_job_id: str
    company_id: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """What the accounting system or the exporter said when an entry failed, as it was sent.

    Nothing in it is trusted: `body` is any JSON value of up to 1 MiB, a string may hold anything.
    Header names are lower case.
    """

    stage: Stage | None = None
    http_status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Json = None
    code: str | None = None
    message: str | None = None
    exception: str | None = None


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What became of one accounting entry; `original` is the JSON text it was read from, for parking."""

    accounting_entry_id: str
    status: ItemStatus
    original: str
    exported_at: datetime | None = None
    external_id: str | None = None
    external_url: str | None = None
    failure: Failure | None = None
    failure_reason_type: str | None = None
    failure_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One SQS message as the event has it. Times are in milliseconds since 1970, 0 where not known."""

    message_id: str
    receipt_handle: str
    body: str
    receive_count: int = 1
    sent_at: int = 0
    first_received_at: int = 0
    message_group_id: str | None = None
    replay_count: int = 0
    was_parked: bool = False

    @property
    def came_back(self) -> bool:
        """Whether it was received before, or was on the dead-letter queue."""
        return self.receive_count > 1 or self.was_parked


@dataclass(frozen=True, slots=True)
class InvalidResult:
    """One element of `results` that breaks the contract; its neighbours go on without it.

    `original` is its JSON text; `accounting_entry_id` is there where that much could be read.
    """

    original: str
    reason: str
    accounting_entry_id: str | None = None


@dataclass(frozen=True, slots=True)
class InvalidMessage:
    """A record whose body is not a message; it is parked whole, its body unchanged."""

    record: Record
    reason: str


@dataclass(frozen=True, slots=True)
class Message:
    """A record that was read. `envelope` holds the JSON text of each field but `results`, for parking."""

    record: Record
    job: JobKey
    system: str
    envelope: Mapping[str, str]
    results: tuple[ExportResult | InvalidResult, ...]


@dataclass(frozen=True, slots=True)
class UnreadMessage:
    """A record that there was no time to read."""

    record: Record


type ReadRecord = Message | InvalidMessage | UnreadMessage


@dataclass(frozen=True, slots=True)
class ItemUpdate:
    """One element of the PUT's array. What is None is left out of the request, never sent as null."""

    accounting_entry_id: str
    status: ItemStatus
    exported_at: datetime | None = None
    external_id: str | None = None
    external_url: str | None = None
    failure_reason_type: FailureReasonType | None = None
    failure_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """Pleo stores the item with the status that was sent. `reason` says what shows that."""

    reason: str


@dataclass(frozen=True, slots=True)
class Superseded:
    """The item was not sent: another result of its entry counts more. `reason` says where that one is."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Pleo will not take the item however often it is sent: it goes to the dead-letter queue."""

    error_type: ErrorType
    reason: str
    pleo_status: int | None = None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The item may still be delivered later: its record goes back to the queue.

    `cause` is a short, stable word for metrics; `retry_after` is in seconds, where Pleo named a time.
    """

    cause: str
    reason: str
    pleo_status: int | None = None
    retry_after: float | None = None


NO_TIME: Final = Undelivered("out_of_time", "the invocation had no time left to read the item")

type Outcome = Delivered | Superseded | Rejected | Undelivered


@dataclass(frozen=True, slots=True)
class Bug:
    """A fault of the adapter's own, and the entries that it affected: for the log."""

    error: Exception
    job: JobKey
    accounting_entry_ids: tuple[str, ...]

    @property
    def outcome(self) -> Undelivered:
        """What becomes of the entries: once the fault is fixed they can be delivered."""
        kind = type(self.error).__name__
        return Undelivered("bug", f"the adapter met a fault of its own ({kind})")
