"""Credentials from AWS Secrets Manager, through Powertools Parameters and its cache."""

import json
import threading
from dataclasses import dataclass
from typing import Final, Protocol

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError

from export_adapter.deadline import Clock
from export_adapter.deliver.credentials import Credentials, NoCredentials, credentials_in
from export_adapter.model import Json

COMPANY: Final = "{companyId}"
"""What stands for the company in the setting for the secret's id."""

MISSING_SECONDS: Final = 60.0
"""How long a missing secret is remembered, so that each invocation does not ask again."""

MOST_MISSING: Final = 10_000
"""Missing secrets remembered at once; the oldest are forgotten. Messages may name any number of companies."""

_KEPT_SECONDS: Final = 300
_MISSING: Final = frozenset(
    {
        "ResourceNotFoundException",
        "InvalidRequestException",
        # IAM is asked first, and a name that leads to no secret matches no ARN in the function's role.
        "AccessDeniedException",
    }
)


class SecretReader(Protocol):
    """What this needs of Powertools' SecretsProvider."""

    def get(self, name: str, *, max_age: int, force_fetch: bool) -> str | bytes | dict[str, Json] | None:
        """Return the secret's value as a string.

        Raises:
            GetParameterError: It cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Missing:
    answer: NoCredentials
    until: float


class SecretsManagerCredentials:
    """A CredentialStore on Secrets Manager.

    `secret_id` may contain {companyId}; then each company has a secret of its own, and `default_id`
    names the one for messages without a company (none: such messages have no credentials).
    """

    def __init__(self, reader: SecretReader, secret_id: str, default_id: str | None, clock: Clock) -> None:
        self._reader = reader
        self._secret_id = secret_id
        self._default_id = default_id
        self._clock = clock
        self._missing: dict[str, _Missing] = {}
        self._lock = threading.Lock()

    def fetch(self, company_id: str | None, *, fresh: bool) -> Credentials | NoCredentials:
        """Return a company's credentials; see CredentialStore."""
        name = self._name(company_id)
        if name is None:
            return NoCredentials(
                "no_credentials", "the message names no companyId, and there is no default secret"
            )
        with self._lock:
            missing = self._missing.get(name)
        if missing and not fresh and self._clock() < missing.until:
            return missing.answer
        # A secret of the wrong shape is in the reader's cache, too: once corrected, it is used in a minute.
        found = self._read(name, fresh=fresh or missing is not None)
        self._remember(name, found)
        return found

    def _remember(self, name: str, found: Credentials | NoCredentials) -> None:
        with self._lock:
            self._missing.pop(name, None)
            if isinstance(found, NoCredentials) and found.cause == "no_credentials":
                self._missing[name] = _Missing(found, self._clock() + MISSING_SECONDS)
            if len(self._missing) > MOST_MISSING:
                del self._missing[next(iter(self._missing))]

    def _name(self, company_id: str | None) -> str | None:
        if COMPANY not in self._secret_id:
            return self._secret_id
        return self._secret_id.replace(COMPANY, company_id) if company_id else self._default_id

    def _read(self, name: str, *, fresh: bool) -> Credentials | NoCredentials:
        try:
            text = self._reader.get(name, max_age=_KEPT_SECONDS, force_fetch=fresh)
        except GetParameterError as failed:
            return _unreadable(failed, name)
        try:
            secret: Json = json.loads(text) if isinstance(text, str | bytes) else None
        except (ValueError, RecursionError):
            secret = None
        found = credentials_in(secret)
        return (
            found
            if isinstance(found, Credentials)
            else NoCredentials(found.cause, f"{found.reason} ({_shown(name)})")
        )


def _unreadable(failed: GetParameterError, name: str) -> NoCredentials:
    """Tell a secret that is not there from one that cannot be read just now.

    Powertools keeps of the AWS error only its text; the error itself is the implicit context.
    """
    cause = failed.__context__
    code = str(cause.response.get("Error", {}).get("Code", "")) if isinstance(cause, ClientError) else ""
    if code in _MISSING:
        reason = f"Secrets Manager has nothing named {_shown(name)} that may be read ({code})"
        return NoCredentials("no_credentials", reason)
    return NoCredentials(
        "credentials_unavailable", f"Secrets Manager cannot give {_shown(name)} ({code or 'no answer'})"
    )


def _shown(name: str) -> str:
    """Return a secret's name so that masking leaves it: in an ARN, what follows `secret:` is masked."""
    return name.rpartition(":secret:")[2]
