"""A result becomes the update that Pleo is sent, with a failure reason where the status carries one."""

from dataclasses import dataclass
from typing import Final, Protocol

from export_adapter.classify.classifier import Classification
from export_adapter.deadline import ENDLESS, Deadline
from export_adapter.model import (
    ApiVersion,
    ExportResult,
    Failure,
    FailureReasonType,
    ItemStatus,
    ItemUpdate,
    in_version,
)
from export_adapter.text import MAX_REASON, cut, shown

_LONGEST_TYPE: Final = 100
_MOST_OF_A_REASON: Final = 2 * MAX_REASON
"""Characters that are read of a reason: masking takes time for each."""

_SHORT: Final = 200
"""Characters of a reason that is read at once."""

_NO_EXPLANATION: Final = (
    "The exporter reported that this entry failed, but not why. "
    "Ask whoever runs the export integration to look it up, then export the entry again."
)
_NOT_READ: Final = (
    "The exporter gave a reason, but its message holds too much text for all of it to be read. "
    "Ask whoever runs the export integration to look it up, then export the entry again."
)
_SAYS_NOTHING: Final = Failure()


class Classifies(Protocol):
    """What this needs of the classifier."""

    def deadline_for_message(self) -> Deadline:
        """Return when the failures of a message that is begun now must be classified."""
        ...

    def classify(self, system: str, failure: Failure, until: Deadline = ENDLESS) -> Classification:
        """Never raises, whatever the failure holds."""
        ...


@dataclass(frozen=True, slots=True)
class Explained:
    """An update and, where the adapter worked it out itself, the classification behind it."""

    update: ItemUpdate
    classification: Classification | None = None


def needs_classifying(result: ExportResult) -> bool:
    """Whether `explain` reads texts of a result, which may take a while."""
    if not result.status.carries_failure_reason:
        return False
    reason = result.failure_reason or ""
    if reason and len(reason) <= _SHORT and _given_type(result.failure_reason_type):
        return False
    return bool(reason) or (result.failure or _SAYS_NOTHING) != _SAYS_NOTHING


def explain(
    result: ExportResult,
    system: str,
    classifier: Classifies,
    version: ApiVersion,
    until: Deadline = ENDLESS,
) -> Explained:
    """Work out what Pleo is told about a result, reading its failure until the deadline of its message.

    What the exporter itself gave wins where it is legal: a type that Pleo knows, a reason that is not
    blank. The rest is worked out from `failure`, or from the reason's text where that is all there is.
    What comes after the deadline is not read: megabytes of reasons take longer than an invocation lasts.
    """
    if not result.status.carries_failure_reason:
        return Explained(_update(result, None, None))
    given_type = _given_type(result.failure_reason_type)
    given_reason = _given_reason(result.failure_reason or "", until)
    failure = result.failure if result.failure != _SAYS_NOTHING else None
    if failure is None and given_reason:
        failure = Failure(message=given_reason)
    if failure is None:
        return Explained(_unexplained(result, given_type, version))
    if given_type and given_reason:
        return Explained(_update(result, in_version(given_type, version), given_reason))
    classification = classifier.classify(system, failure, until)
    worked_out = given_type or classification.v3_failure_reason_type
    if version is not ApiVersion.V3 and given_type is None:
        worked_out = classification.failure_reason_type
    reason = given_reason or classification.failure_reason
    return Explained(_update(result, in_version(worked_out, version), reason), classification)


def _unexplained(
    result: ExportResult, given_type: FailureReasonType | None, version: ApiVersion
) -> ItemUpdate:
    if given_type:
        return _update(result, in_version(given_type, version), _NO_EXPLANATION)
    if result.status is ItemStatus.FAILED:
        return _update(result, FailureReasonType.UNEXPECTED_FAILURE, _NO_EXPLANATION)
    return _update(result, None, None)


def _update(result: ExportResult, reason_type: FailureReasonType | None, reason: str | None) -> ItemUpdate:
    return ItemUpdate(
        accounting_entry_id=result.accounting_entry_id,
        status=result.status,
        exported_at=result.exported_at,
        external_id=result.external_id,
        external_url=result.external_url,
        failure_reason_type=reason_type,
        failure_reason=reason,
    )


def _given_reason(given: str, until: Deadline) -> str:
    if given and until.remaining() <= 0:
        return _NOT_READ
    return shown(cut(given, _MOST_OF_A_REASON), MAX_REASON)


def _given_type(given: str | None) -> FailureReasonType | None:
    name = (given or "").strip()[:_LONGEST_TYPE].lower()
    return FailureReasonType(name) if name in FailureReasonType else None
