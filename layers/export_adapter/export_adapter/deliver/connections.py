"""Connections on which a request ends in time, whatever the server does.

urllib3 and http.client give each single read a timeout, so a server that sends a byte now and then is waited
for without end, and the look-up of a host's name has no timeout at all. Here every wait of a request counts
against one deadline, and every byte that it receives against one limit.
"""

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, override

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import allowed_gai_family
from urllib3.util.ssl_ import create_urllib3_context

from export_adapter.deadline import Clock

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CONNECT_SECONDS: Final = 5.0
"""What connecting may take, from the look-up of the name to the end of the TLS handshake."""

type _Addresses = Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[object, ...]]]


class Names:
    """Looks up host names. At most one look-up of a name is under way: whoever needs it waits for that one.

    Nothing can interrupt a look-up, so each has a thread of its own, and only that thread waits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[tuple[str, int], Future[_Addresses]] = {}

    def look_up(self, host: str, port: int, seconds: float) -> _Addresses:
        """Return the addresses of a host.

        Raises:
            TimeoutError: They are not known within `seconds`.
            OSError: The name cannot be resolved.
        """
        with self._lock:
            future = self._under_way.get((host, port))
            if future is None:
                future = self._under_way[host, port] = Future()
                threading.Thread(
                    target=self._resolve, args=(host, port, future), name="look-up", daemon=True
                ).start()
        return future.result(seconds)

    def _resolve(self, host: str, port: int, future: "Future[_Addresses]") -> None:
        try:
            found = socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM)
        except BaseException as failed:  # noqa: BLE001 -- whoever waits raises it
            future.set_exception(failed)
        else:
            future.set_result(found)
        finally:
            with self._lock:
                del self._under_way[host, port]


@dataclass(slots=True)
class Budget:
    """What is left of one request: time until `end` on `clock`, and bytes that it may receive."""

    clock: Clock
    end: float
    bytes_left: int
    names: Names

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Let what this thread sends and receives count against the budget."""
        token = _BUDGET.set(self)
        try:
            yield
        finally:
            _BUDGET.reset(token)

    @contextmanager
    def connecting(self) -> Iterator[None]:
        """Bound the time by CONNECT_SECONDS for a while."""
        end, self.end = self.end, min(self.end, self.clock() + CONNECT_SECONDS)
        try:
            yield
        finally:
            self.end = end

    def seconds(self) -> float:
        """Return the seconds that are left.

        Raises:
            TimeoutError: There are none.
        """
        left = self.end - self.clock()
        if left <= 0:
            raise TimeoutError
        return left

    def receive(self, received: int) -> None:
        """Take off what was received.

        Raises:
            OSError: It was too much.
        """
        self.bytes_left -= received
        if self.bytes_left < 0:
            message = "the answer is too long"
            raise OSError(message)


_BUDGET: ContextVar[Budget] = ContextVar("budget")
"""That of the request which the thread is making; neither urllib3 nor http.client would pass it on."""


class BoundedSocket(socket.socket):
    """A socket whose every operation takes no longer than the thread's budget allows.

    http.client and urllib3 use no other operations than these.
    """

    @override
    def recv_into(self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0) -> int:
        budget = _BUDGET.get()
        self.settimeout(budget.seconds())
        received = super().recv_into(buffer, nbytes or memoryview(buffer).nbytes, flags)
        budget.receive(received)
        return received

    @override
    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        self.settimeout(_BUDGET.get().seconds())
        return super().send(data, flags)

    @override
    def sendall(self, data: "ReadableBuffer", flags: int = 0) -> None:
        # In the clear the timeout is for all of it; over TLS this calls `send` until all is sent.
        self.settimeout(_BUDGET.get().seconds())
        super().sendall(data, flags)


class _BoundedTlsSocket(BoundedSocket, ssl.SSLSocket):
    """The same over TLS."""

    @override
    def do_handshake(self, block: bool = False) -> None:
        self.settimeout(_BUDGET.get().seconds())
        super().do_handshake(block)


class _Connection(HTTPConnection):
    """A connection over a bounded socket. Nothing is sent on it where connecting took too long."""

    @override
    def connect(self) -> None:
        with _BUDGET.get().connecting():
            super().connect()

    @override
    def _new_conn(self) -> socket.socket:
        budget = _BUDGET.get()
        try:
            addresses = budget.names.look_up(self.host, self.port, budget.seconds())
            return self._connected(addresses, budget)
        except TimeoutError as late:
            raise exceptions.ConnectTimeoutError(self, "connecting took too long") from late
        except OSError as failed:
            raise exceptions.NewConnectionError(self, "no connection") from failed

    def _connected(self, addresses: _Addresses, budget: Budget) -> socket.socket:
        """Return a socket that is connected to the first of the addresses that takes it."""
        failed = OSError("the name has no address")
        for family, kind, protocol, _, address in addresses:
            made = BoundedSocket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    made.setsockopt(*option)
                made.settimeout(budget.seconds())
                made.connect(address)
            except OSError as refused:
                made.close()
                failed = refused
            else:
                return made
        raise failed


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def bounded_pool(connections: int) -> urllib3.PoolManager:
    """Return a pool for requests that are made with a Budget in use. Certificates are verified."""
    context = create_urllib3_context()
    context.load_default_certs()
    context.sslsocket_class = _BoundedTlsSocket
    pool = urllib3.PoolManager(maxsize=connections, ssl_context=context)
    pool.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return pool
