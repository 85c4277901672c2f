"""A server of bare sockets on a loopback address, for what no HTTP library would send."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

_LINGER_ZERO = struct.pack("ii", 1, 0)
"""Closing then sends RST instead of FIN."""

THREADS = "raw-server"
"""The name of all threads of a server."""


class Connection:
    """One accepted connection, seen from the server."""

    def __init__(self, accepted: socket.socket, is_over: threading.Event | None = None) -> None:
        self.socket = accepted
        self.is_over = is_over or threading.Event()
        """Set at the end; what has no end of its own stops then."""
        self._reader = accepted.makefile("rb")

    def read_request(self) -> bytes:
        """Read one request with its body; empty once the client has hung up."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._reader.readline()
            if not line:
                return b""
            head += line
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        return head + self._reader.read(length)

    def send(self, *pieces: bytes) -> None:
        self.socket.sendall(b"".join(pieces))

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)


type Behaviour = Callable[[Connection], None]


class RawServer:
    """Behaves in turn as told, connection by connection; the last behaviour holds for the rest."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self._behaviours = behaviours
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve, name=THREADS, daemon=True)]
        self._open: list[socket.socket] = []
        self._hung_up = threading.Semaphore(0)
        self.connections = 0
        self.released = threading.Event()
        """Set at the end; a behaviour that hangs waits for it."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for accepted in self._open:
            with contextlib.suppress(OSError):
                accepted.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def wait_until_hung_up(self) -> None:
        """Wait until the server has closed one more connection, so that its client can know."""
        assert self._hung_up.acquire(timeout=5)

    @property
    def open_sockets(self) -> int:
        """How many of its connections the server has not closed yet."""
        return sum(accepted.fileno() >= 0 for accepted in self._open)

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            behaviour = self._behaviours[min(self.connections, len(self._behaviours) - 1)]
            self.connections += 1
            self._open.append(accepted)
            thread = threading.Thread(target=self._run, args=(behaviour, accepted), name=THREADS, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, behaviour: Behaviour, accepted: socket.socket) -> None:
        connection = Connection(accepted, self.released)
        with contextlib.suppress(OSError):
            behaviour(connection)
        connection._reader.close()  # noqa: SLF001 -- its file holds the socket open
        accepted.close()
        self._hung_up.release()


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def answering(*answers: bytes) -> Behaviour:
    """Answer request after request on one connection, the last answer for ever."""

    def behave(connection: Connection) -> None:
        count = 0
        while connection.read_request():
            connection.send(answers[min(count, len(answers) - 1)])
            count += 1

    return behave


def sending(*pieces: bytes) -> Behaviour:
    """Answer one request with these bytes, then hang up."""

    def behave(connection: Connection) -> None:
        connection.read_request()
        connection.send(*pieces)

    return behave
