"""Who asks, and for which companies.

Source: developers.pleo.io/docs/current/authentication/api-base-urls: a bearer token, or an API key as the
user name of HTTP Basic with an empty password. A key belongs to one company, or to an organisation with
several.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Scheme(StrEnum):
    """How a secret is presented."""

    BEARER = "bearer"
    BASIC = "basic"


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that the server accepts, under a name that may be shown.

    companies None means every company.
    """

    name: str
    secret: str = field(repr=False)
    scheme: Scheme = Scheme.BEARER
    companies: frozenset[str] | None = None

    def reaches(self, company_id: str) -> bool:
        """Tell whether the credential is valid for the company's jobs."""
        return self.companies is None or company_id in self.companies


def credential_of(authorization: str | None, accepted: Iterable[Credential]) -> Credential | None:
    """Return the credential of an Authorization header, or None if it is missing, invalid or not accepted."""
    word, _, rest = (authorization or "").partition(" ")
    secret = _api_key(rest) if word.lower() == Scheme.BASIC else rest.strip()
    if secret is None:
        return None
    for credential in accepted:
        same = hmac.compare_digest(credential.secret.encode(), secret.encode())
        if same and credential.scheme == word.lower():
            return credential
    return None


def _api_key(encoded: str) -> str | None:
    """Return the user name of a Basic header with an empty password, the only form of Pleo's API keys."""
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user if colon and not password else None
