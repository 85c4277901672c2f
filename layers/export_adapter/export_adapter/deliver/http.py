"""HTTP, and nothing else: one request, one answer or the reason why there is none."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Protocol, override
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection

from export_adapter.deadline import Clock

MAX_ANSWER: Final = 4 * 1024 * 1024
"""Bytes read of an answer; one to a PUT of 100 items is some 60 KiB."""

_CHUNK: Final = 64 * 1024
_CONNECT_SECONDS: Final = 5.0


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
        self._pool = urllib3.PoolManager(maxsize=connections)
        self._pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Answer | NoAnswer:
        """Send one request; see Http."""
        end = self._clock() + timeout
        try:
            response = self._pool.request(
                method,
                url,
                body=body,
                headers=headers,
                timeout=urllib3.Timeout(total=timeout, connect=_CONNECT_SECONDS),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                return self._read(response, end)
            finally:
                response.release_conn()
        except (exceptions.HTTPError, OSError) as broken:
            return _no_answer(broken)

    def _read(self, response: urllib3.BaseHTTPResponse, end: float) -> Answer | NoAnswer:
        """Read the body piece by piece: a server that drips bytes would reset urllib3's timeout each time."""
        body = bytearray()
        while piece := response.read1(_CHUNK):
            body += piece
            if len(body) > MAX_ANSWER:
                response.close()
                return NoAnswer("unreadable_answer", f"Pleo's answer is longer than {MAX_ANSWER} bytes")
            if self._clock() > end:
                response.close()
                return NoAnswer("timeout", "Pleo's answer was not complete in time")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, bytes(body))


class _InTime(HTTPConnection):
    """A connection that counts all of connecting against its timeout, and sends nothing where that ran out.

    Looking up a host's name is bounded by no timeout, and each of its addresses gets a whole one. What is
    sent after that comes from a thread that was left behind, perhaps in a later invocation, and could
    overwrite what has been delivered meanwhile.
    """

    @override
    def connect(self) -> None:
        begun = time.monotonic()
        super().connect()
        if isinstance(self.timeout, int | float) and time.monotonic() - begun > self.timeout:
            self.close()
            raise exceptions.ConnectTimeoutError(self, "connecting took longer than its timeout")


class _InTimeWithTls(_InTime, HTTPSConnection):
    """The same over TLS."""


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _InTime


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _InTimeWithTls


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


def _no_answer(broken: Exception) -> NoAnswer:
    """Name the kind of fault. The exception's own text is left out: it may hold the URL and more."""
    kind = type(broken).__name__
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
