"""A result becomes the update that Pleo is sent, with a failure reason where the status carries one."""

from dataclasses import dataclass
from typing import Final, Protocol

from export_adapter.classify import versions
from export_adapter.classify.classifier import Classification
from export_adapter.model import ApiVersion, ExportResult, Failure, FailureReasonType, ItemStatus, ItemUpdate
from export_adapter.text import MAX_REASON, shown

_NO_EXPLANATION: Final = (
    "The exporter reported that this entry failed, but not why. "
    "Ask whoever runs the export integration to look it up, then export the entry again."
)
_SAYS_NOTHING: Final = Failure()


class Classifies(Protocol):
    """What this needs of the classifier."""

    def classify(self, system: str, failure: Failure) -> Classification:
        """Never raises, whatever the failure holds."""
        ...


@dataclass(frozen=True, slots=True)
class Explained:
    """An update and, where the adapter worked it out itself, the classification behind it."""

    update: ItemUpdate
    classification: Classification | None = None


def explain(result: ExportResult, system: str, classifier: Classifies, version: ApiVersion) -> Explained:
    """Work out what Pleo is told about a result.

    What the exporter itself gave wins where it is legal: a type that Pleo knows, a reason that is not
    blank. The rest is worked out from `failure`, or from the reason's text where that is all there is.
    """
    if not result.status.carries_failure_reason:
        return Explained(_update(result, None, None))
    given_type = _given_type(result.failure_reason_type)
    given_reason = shown(result.failure_reason or "", MAX_REASON)
    failure = result.failure if result.failure != _SAYS_NOTHING else None
    if failure is None and given_reason:
        failure = Failure(message=given_reason)
    if failure is None:
        return Explained(_unexplained(result, given_type, version))
    if given_type and given_reason:
        return Explained(_update(result, versions.in_version(given_type, version), given_reason))
    classification = classifier.classify(system, failure)
    worked_out = given_type or classification.v3_failure_reason_type
    if version is not ApiVersion.V3 and given_type is None:
        worked_out = classification.failure_reason_type
    reason = given_reason or classification.failure_reason
    return Explained(_update(result, versions.in_version(worked_out, version), reason), classification)


def _unexplained(
    result: ExportResult, given_type: FailureReasonType | None, version: ApiVersion
) -> ItemUpdate:
    if given_type:
        return _update(result, versions.in_version(given_type, version), _NO_EXPLANATION)
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


def _given_type(given: str | None) -> FailureReasonType | None:
    name = (given or "").strip().lower()
    return FailureReasonType(name) if name in FailureReasonType else None
