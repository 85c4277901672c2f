"""What Pleo is shown as proof, per company, and how long it is trusted."""

import base64
import functools
import re
import threading
from dataclasses import dataclass, field
from typing import Final, Protocol

from export_adapter.model import Json

_LONGEST: Final = 8192
_SHORTEST_SECRET: Final = 8
_WITHOUT_WIDTH: Final = (
    rb"(?:\xc2\xad|\xe2\x80[\x8b-\x8d]|\xe2\x81\xa0|\xef\xbb\xbf|\\u(?i:00ad|200[bcd]|2060|feff))*+"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The value of the Authorization header. It never shows in a repr."""

    authorization: str = field(repr=False)

    def blanked_out(self, text: bytes) -> bytes:
        """Return an answer without the secret: it may repeat the headers of its request.

        A word as short as those that JSON is made of stays, or the answer could not be read any more.
        """
        scheme, _, word = self.authorization.encode().partition(b" ")
        key = base64.b64decode(word).removesuffix(b":") if scheme == b"Basic" else word
        for secret in (word, key):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, b"***")
                if b"\\" in text or b"%" in text or not text.isascii():
                    text = _spelt_otherwise(secret).sub(b"***", text)
        return text


@functools.lru_cache(maxsize=64)
def _spelt_otherwise(secret: bytes) -> re.Pattern[bytes]:
    """Match a secret whose characters stand as they are, behind a backslash, or by their code.

    Many JSON writers escape the "/" and the "=" of Base64, a URL has them as %2F and %3D. Characters without
    width may stand between: they are left out of what is logged, and the secret would be whole again.
    """
    characters = (
        rb"(?:\\?%b|(?:\\u00|%%)(?i:%02x))" % (re.escape(bytes([character])), character)
        for character in secret
    )
    return re.compile(_WITHOUT_WIDTH.join(characters))


@dataclass(frozen=True, slots=True)
class NoCredentials:
    """There are none to be had for the company. `cause` is a word for metrics, `reason` for people.

    The cause is `no_credentials` where the secret is missing or has the wrong shape, and
    `credentials_unavailable` where it could not be read this time.
    """

    cause: str
    reason: str


class CredentialStore(Protocol):
    """Where the credentials are stored."""

    def fetch(self, company_id: str | None, *, fresh: bool) -> Credentials | NoCredentials:
        """Return a company's credentials, or the default ones for None; `fresh` passes over every cache."""
        ...


def credentials_in(secret: Json) -> Credentials | NoCredentials:
    """Read a secret of the form {"accessToken": "..."} or {"apiKey": "..."}.

    A token goes out as Bearer; an API key as the user name of Basic, with an empty password.
    """
    if not isinstance(secret, dict):
        return NoCredentials("no_credentials", "the secret is not a JSON object")
    token, key = secret.get("accessToken"), secret.get("apiKey")
    if _usable(token):
        return Credentials(f"Bearer {token}")
    if _usable(key):
        return Credentials("Basic " + base64.b64encode(f"{key}:".encode()).decode())
    return NoCredentials(
        "no_credentials",
        'the secret holds neither "accessToken" nor "apiKey" as one word of printable ASCII characters',
    )


def _usable(value: Json) -> bool:
    """Whether a value can stand in a header: no blanks, no line ends, nothing beyond ASCII."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= _LONGEST
        and value.isascii()
        and value.isprintable()
        and " " not in value
    )


class CompanyAccess:
    """One company's credentials during one invocation, shared by all of its jobs.

    After a 401 the secret is read again, once for all jobs; what is refused after that is refused for
    the rest of the invocation, and no further request is made for the company.
    """

    def __init__(self, company_id: str | None, store: CredentialStore) -> None:
        self._company_id = company_id
        self._store = store
        self._lock = threading.Lock()
        self._current: Credentials | NoCredentials | None = None
        self._was_read_again = False

    def current(self) -> Credentials | NoCredentials:
        """Return what to send with, or why nothing can be sent."""
        with self._lock:
            if self._current is None:
                self._current = self._store.fetch(self._company_id, fresh=False)
            return self._current

    def after_refusal(self, refused: Credentials) -> Credentials | NoCredentials:
        """Return what to try instead of the credentials that Pleo refused."""
        with self._lock:
            if self._current is not refused and self._current is not None:
                return self._current
            if self._was_read_again:
                reason = "Pleo refuses the credentials, also after they were read again"
                self._current = NoCredentials("credentials_refused", reason)
            else:
                self._was_read_again = True
                self._current = self._store.fetch(self._company_id, fresh=True)
            return self._current
