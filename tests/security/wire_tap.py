"""Listens in on a connection: passes bytes on in both directions, and keeps what the client sent."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

HOST: Final = "127.0.0.1"


@dataclass
class WireTap:
    """A place to connect to in front of another one."""

    url: str
    _sent: list[bytearray] = field(default_factory=list)
    _ends: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def sent(self) -> list[bytes]:
        """What clients sent, by connection."""
        return [bytes(connection) for connection in self._sent]

    def connect(self, client: socket.socket, target: tuple[str, int]) -> None:
        """Pass on what comes over one connection, and begin its record."""
        server = socket.create_connection(target)
        record = bytearray()
        self._sent.append(record)
        self._ends += [client, server]
        for arguments in ((client, server, record), (server, client, bytearray())):
            thread = threading.Thread(target=_pass_on, args=arguments, daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Close every connection."""
        _shut_down(*self._ends)
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()


@contextlib.contextmanager
def wire_tap(url: str) -> Iterator[WireTap]:
    """Listen in on what is sent to a URL on this machine, for as long as the block runs."""
    target = urlsplit(url)
    assert target.port
    with socket.create_server((HOST, 0)) as listener:
        tap = WireTap(f"http://{HOST}:{listener.getsockname()[1]}")
        arguments = (listener, (HOST, target.port), tap)
        accepting = threading.Thread(target=_accept, args=arguments, daemon=True)
        accepting.start()
        try:
            yield tap
        finally:
            _shut_down(listener)
            accepting.join()
            tap.close()


def _accept(listener: socket.socket, target: tuple[str, int], tap: WireTap) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            tap.connect(client, target)


def _pass_on(source: socket.socket, sink: socket.socket, record: bytearray) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            record += piece
            sink.sendall(piece)
    _shut_down(source, sink)


def _shut_down(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
