"""What the deployment sets: the only place that reads the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from export_adapter.deliver.http import is_safe_base_url
from export_adapter.deliver.secrets import COMPANY
from export_adapter.model import ApiVersion
from export_adapter.settle.queues import LONGEST_CALL
from export_adapter.settle.visibility import LONGEST_SECONDS

_NAMESPACE: Final = "ExportAdapter"
_SERVICE: Final = "export-adapter"


class InvalidSettingError(Exception):
    """A setting is missing or wrong; the message names it. Nothing can be delivered until it is fixed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's settings. Times are in seconds."""

    pleo_base_url: str
    pleo_api_version: ApiVersion
    secret_id: str
    export_results_queue_url: str
    dead_letter_queue_url: str
    max_receive_count: int
    default_secret_id: str | None = None
    delivery_threads: int = 8
    request_seconds: float = 10.0
    settle_seconds: float = 15.0
    longest_pause_seconds: float = LONGEST_SECONDS
    own_rules: str = ""
    metrics_namespace: str = _NAMESPACE
    service: str = _SERVICE

    @property
    def one_secret(self) -> bool:
        """Whether one secret serves all companies."""
        return COMPANY not in self.secret_id

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            InvalidSettingError: One is missing or wrong.
        """
        base_url = _required(environment, "PLEO_BASE_URL").rstrip("/")
        if not is_safe_base_url(base_url):
            raise InvalidSettingError(
                "PLEO_BASE_URL must be an https URL, or http on a loopback address, without user or query"
            )
        version = environment.get("PLEO_API_VERSION", "").strip() or ApiVersion.V1
        if version not in ApiVersion:
            raise InvalidSettingError(f"PLEO_API_VERSION must be one of {', '.join(ApiVersion)}")
        return cls(
            pleo_base_url=base_url,
            pleo_api_version=ApiVersion(version),
            secret_id=_required(environment, "PLEO_SECRET_ID"),
            export_results_queue_url=_required(environment, "EXPORT_RESULTS_QUEUE_URL"),
            dead_letter_queue_url=_required(environment, "DEAD_LETTER_QUEUE_URL"),
            max_receive_count=_number(environment, "MAX_RECEIVE_COUNT", default=5, lowest=1, highest=1000),
            default_secret_id=environment.get("PLEO_DEFAULT_SECRET_ID", "").strip() or None,
            delivery_threads=_number(environment, "DELIVERY_THREADS", default=8, lowest=1, highest=64),
            request_seconds=_number(environment, "REQUEST_SECONDS", default=10, lowest=1, highest=60),
            settle_seconds=_number(
                # Parking needs one call, and returning to the queue another one.
                environment,
                "SETTLE_SECONDS",
                default=15,
                lowest=int(2 * LONGEST_CALL),
                highest=120,
            ),
            longest_pause_seconds=_number(
                environment,
                "LONGEST_PAUSE_SECONDS",
                default=int(LONGEST_SECONDS),
                lowest=1,
                highest=int(LONGEST_SECONDS),
            ),
            own_rules=environment.get("OWN_RULES", "").strip(),
            metrics_namespace=environment.get("POWERTOOLS_METRICS_NAMESPACE") or _NAMESPACE,
            service=environment.get("POWERTOOLS_SERVICE_NAME") or _SERVICE,
        )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise InvalidSettingError(f"{name} is not set")
    return value


def _number(environment: Mapping[str, str], name: str, *, default: int, lowest: int, highest: int) -> int:
    text = environment.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and lowest <= int(text) <= highest):
        raise InvalidSettingError(f"{name} must be a whole number from {lowest} to {highest}")
    return int(text)
