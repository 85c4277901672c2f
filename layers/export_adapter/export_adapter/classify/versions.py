"""The one place that knows what differs between the versions of Pleo's Export API (docs/delivery.md)."""

from typing import Final

from export_adapter.model import ApiVersion, FailureReasonType

FALLBACKS: Final = {
    # What Pleo's own guides use for these causes where the finer type does not exist.
    FailureReasonType.VENDOR_UNKNOWN: FailureReasonType.ACCOUNTING_SYSTEM_VALIDATION_FAILURE,
    FailureReasonType.ACCOUNT_UNKNOWN: FailureReasonType.INVALID_CONFIGURATION,
    FailureReasonType.TAX_CODE_UNKNOWN: FailureReasonType.INVALID_CONFIGURATION,
    FailureReasonType.TAG_UNKNOWN: FailureReasonType.INVALID_CONFIGURATION,
}


def legal_types(version: ApiVersion) -> frozenset[FailureReasonType]:
    """Return the failure reason types that a version takes."""
    if version is ApiVersion.V3:
        return frozenset(FailureReasonType)
    return frozenset(FailureReasonType) - FALLBACKS.keys()


def in_version(reason_type: FailureReasonType, version: ApiVersion) -> FailureReasonType:
    """Return the type itself where the version takes it, otherwise what it falls back to."""
    return reason_type if reason_type in legal_types(version) else FALLBACKS[reason_type]
