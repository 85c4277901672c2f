"""The field's own terms, as enums: what every room may name without knowing another room."""

from enum import StrEnum


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
