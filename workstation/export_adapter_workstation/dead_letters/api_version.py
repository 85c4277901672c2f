"""Which failure reason types Pleo would be told today: those of the API version that the stack uses."""

from dataclasses import dataclass

from export_adapter.model import ApiVersion
from export_adapter_workstation.stack.doctor.facts import Function
from export_adapter_workstation.stack.doctor.finding import NotKnown


@dataclass(frozen=True, slots=True)
class Version:
    """The version, and what has to be said where it is not known to be the stack's."""

    version: ApiVersion
    caveat: str | None = None


def version_of(live: Function | NotKnown) -> Version:
    """Return the version that the live function is set to."""
    if isinstance(live, NotKnown):
        return _not_known(live.reason)
    # The function takes nothing set for v1, as this does.
    given = live.environment.get("PLEO_API_VERSION", "").strip() or ApiVersion.V1
    return Version(ApiVersion(given)) if given in ApiVersion else _not_known("it is set to none")


def _not_known(reason: str) -> Version:
    said = f"Failure reason types are those of API v3: which version the stack uses is not known ({reason})."
    return Version(ApiVersion.V3, said)
