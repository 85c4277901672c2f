"""Who asks, and for which companies.

Source: developers.pleo.io/docs/current/authentication/api-base-urls: a bearer token, or an API key as the
user name of HTTP Basic with an empty password. A key belongs to one company or to an organisation with
several.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock


class Scheme(StrEnum):
    """How a secret is presented."""

    BEARER = "bearer"
    BASIC = "basic"
    NONE = "none"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret that the server accepts, under a name that may be shown.

    companies None means every company.
    """

    name: str
    secret: str = field(repr=False)
    scheme: Scheme = Scheme.BEARER
    companies: frozenset[str] | None = None

    def may_touch(self, company_id: str) -> bool:
        """Tell whether the credential reaches the company's jobs."""
        return self.companies is None or company_id in self.companies


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: the scheme that was used, and the credential where the server knows it."""

    scheme: Scheme
    credential: Credential | None

    @property
    def name(self) -> str | None:
        """The credential's name, or None for a caller that the server does not know."""
        return None if self.credential is None else self.credential.name


class Credentials:
    """The credentials that are accepted at this moment; they can be rotated while the server runs."""

    def __init__(self, credentials: Iterable[Credential] = ()) -> None:
        self._lock = Lock()
        self._by_name = {credential.name: credential for credential in credentials}

    def put(self, credential: Credential) -> None:
        """Accept a credential; the one that had its name is accepted no longer."""
        with self._lock:
            self._by_name[credential.name] = credential

    def rotate(self, name: str, secret: str) -> None:
        """Give a credential another secret. Raises KeyError for a name that is not known."""
        with self._lock:
            self._by_name[name] = replace(self._by_name[name], secret=secret)

    def remove(self, name: str) -> None:
        """Accept a credential no longer; an unknown name is no error."""
        with self._lock:
            self._by_name.pop(name, None)

    def names(self) -> tuple[str, ...]:
        """Return the names of what is accepted."""
        with self._lock:
            return tuple(self._by_name)

    def caller(self, authorization: str | None) -> Caller:
        """Return who an Authorization header speaks for.

        A wrong, empty or broken header is a caller without credential.
        """
        if not authorization:
            return Caller(Scheme.NONE, None)
        word, _, rest = authorization.partition(" ")
        scheme = {"bearer": Scheme.BEARER, "basic": Scheme.BASIC}.get(word.lower(), Scheme.OTHER)
        secret = _api_key(rest) if scheme is Scheme.BASIC else rest.strip()
        return Caller(scheme, None if secret is None else self._known(scheme, secret))

    def _known(self, scheme: Scheme, secret: str) -> Credential | None:
        with self._lock:
            accepted = tuple(self._by_name.values())
        for credential in accepted:
            same = hmac.compare_digest(credential.secret.encode(), secret.encode())
            if same and credential.scheme is scheme:
                return credential
        return None


def _api_key(encoded: str) -> str | None:
    """Return the user name of a Basic header whose password is empty; Pleo's API keys come in no other."""
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user if colon and not password else None
