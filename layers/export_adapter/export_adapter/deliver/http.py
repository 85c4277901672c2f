"""HTTP, and nothing else: one request, one answer or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Protocol
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions

from export_adapter.deadline import Clock
from export_adapter.deliver.connections import Budget, Names, bounded_pool

MAX_ANSWER: Final = 1024 * 1024
"""Bytes read of an answer; one to a PUT of 100 items is some 60 KiB. Each thread may hold one."""

_CHUNK: Final = 64 * 1024
_MOST_OVERHEAD: Final = 2
"""How many times MAX_ANSWER may be received of an answer, with its headers and the sizes of its chunks."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """There was none, or only a part of one: whether Pleo acted on the request is not known.

    `cause` is one of `timeout`, `connection`, `tls` and `unreadable_answer`: a word for metrics.
    """

    cause: str
    reason: str


class Http(Protocol):
    """Sends one request. `timeout` is in seconds, for the whole of it. No fault of the network raises."""

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Answer | NoAnswer:
        """Return the answer, redirects included: none is followed."""
        ...


class PooledHttp:
    """Http over one urllib3 connection pool, kept warm between invocations.

    urllib3's own retries and redirects are off: its Retry obeys a Retry-After of hours, and a redirect
    would carry the credentials to wherever it points.
    """

    def __init__(self, connections: int, clock: Clock) -> None:
        self._clock = clock
        self._names = Names()
        self._pool = bounded_pool(connections)

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Answer | NoAnswer:
        """Send one request; see Http."""
        budget = Budget(self._clock, self._clock() + timeout, _MOST_OVERHEAD * MAX_ANSWER, self._names)
        try:
            with budget.in_use():
                return self._exchange(method, url, headers, body)
        except (exceptions.HTTPError, OSError) as broken:
            return _too_long() if budget.bytes_left < 0 else _no_answer(broken)

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer | NoAnswer:
        response = self._pool.request(
            method, url, body=body, headers=headers, retries=False, redirect=False, preload_content=False
        )
        try:
            if response.status < 200:  # noqa: PLR2004 -- the class of an HTTP status
                response.close()  # the next request would take the rest of this answer for its own
                return NoAnswer("unreadable_answer", f"Pleo answered {response.status}, which is not final")
            return _read(response)
        finally:
            response.release_conn()


def _read(response: urllib3.BaseHTTPResponse) -> Answer | NoAnswer:
    """Read the body piece by piece, so that no more is unpacked than is taken."""
    body = bytearray()
    while piece := response.read1(_CHUNK):
        body += piece
        if len(body) > MAX_ANSWER:
            response.close()
            return _too_long()
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, bytes(body))


def is_safe_base_url(url: str) -> bool:
    """Whether credentials may be sent there: https, or http on a loopback address."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password or "?" in url or "#" in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name: 127.0.0.1.example.com is not."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _too_long() -> NoAnswer:
    return NoAnswer("unreadable_answer", f"Pleo's answer is longer than {MAX_ANSWER} bytes")


def _no_answer(broken: Exception) -> NoAnswer:
    """Name the kind of fault. The exception's own text is left out: it may hold the URL and more."""
    kind = type(broken).__name__
    if isinstance(broken, exceptions.ProtocolError) and any(
        isinstance(one, TimeoutError) for one in broken.args
    ):
        return NoAnswer("timeout", "Pleo did not take the request in time")
    match broken:
        case exceptions.NewConnectionError():  # first, because urllib3 counts it among the timeouts
            return NoAnswer("connection", f"no connection to Pleo ({kind})")
        case exceptions.TimeoutError():
            return NoAnswer("timeout", f"Pleo did not answer in time ({kind})")
        case exceptions.SSLError():
            return NoAnswer("tls", f"no trusted connection to Pleo ({kind})")
        case exceptions.ProtocolError() | exceptions.DecodeError():
            return NoAnswer(
                "connection", f"the connection to Pleo broke before its answer was complete ({kind})"
            )
        case _:
            return NoAnswer("connection", f"no connection to Pleo ({kind})")
