"""The local Pleo's sockets: HTTP/1.1 with keep-alive on a loopback address, and the faults of the wire."""

import contextlib
import socket
import struct
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock
from typing import cast, override

from export_adapter_workstation.local.pleo.answers import Answer, refused
from export_adapter_workstation.local.pleo.faults import ConnectionReset, CutOffBody, SlowDrip
from export_adapter_workstation.local.pleo.jobs import Refusal
from export_adapter_workstation.local.pleo.requests import PleoRequest
from export_adapter_workstation.local.pleo.service import Reply

LOOPBACK = "127.0.0.1"
LARGEST_BODY_BYTES = 8 * 1024 * 1024
_LINGER_ZERO = struct.pack("ii", 1, 0)  # closing then sends RST instead of FIN

type Responder = Callable[[PleoRequest], Reply]


class WireServer(ThreadingHTTPServer):
    """One thread a connection.

    It can close what is still open, which keep-alive clients would hold for ever.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, responder: Responder, sleep: Callable[[float], None] | None = None) -> None:
        self.responder = responder
        self.stopping = Event()
        self.sleep = sleep or self.wait_or_stop
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._reset: set[socket.socket] = set()
        super().__init__((LOOPBACK, port), _Connection)

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def wait_or_stop(self, seconds: float) -> None:
        """Wait in real time, but no longer than the server lives."""
        self.stopping.wait(seconds)

    def reset_when_closed(self, connection: socket.socket) -> None:
        """Let the connection end with RST."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        with self._lock:
            self._reset.add(connection)

    def stop(self) -> None:
        """Stop serving, and close the listening socket and every connection."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            still_open = tuple(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @override
    def process_request(self, request: object, client_address: object) -> None:
        with self._lock:
            self._open.add(cast("socket.socket", request))
        super().process_request(cast("socket.socket", request), cast("tuple[str, int]", client_address))

    @override
    def shutdown_request(self, request: object) -> None:
        connection = cast("socket.socket", request)
        with self._lock:
            self._open.discard(connection)
            is_reset = connection in self._reset
            self._reset.discard(connection)
        if is_reset:
            self.close_request(connection)
        else:
            super().shutdown_request(connection)

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), OSError):  # a caller that hangs up is no news
            super().handle_error(cast("socket.socket", request), cast("tuple[str, int]", client_address))


class _Connection(BaseHTTPRequestHandler):
    """One connection with its requests, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: WireServer

    def _serve(self) -> None:
        request = self._read()
        if isinstance(request, Refusal):
            self.close_connection = True  # the rest of the request is still in the socket
            self._send(Reply(refused(request)))
            return
        self._send(self.server.responder(request))

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = do_HEAD = _serve  # noqa: N815 - http.server wants these names

    def _read(self) -> PleoRequest | Refusal:
        if "Transfer-Encoding" in self.headers:
            return Refusal(411, "LENGTH_REQUIRED", "Send a Content-Length.")
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdecimal()):
            return Refusal(400, "BAD_REQUEST", "Content-Length is no whole number.")
        if len(length) > len(str(LARGEST_BODY_BYTES)) or int(length) > LARGEST_BODY_BYTES:
            return Refusal(413, "PAYLOAD_TOO_LARGE", f"The body is above {LARGEST_BODY_BYTES} bytes.")
        return PleoRequest(
            method=self.command,
            target=self.path,
            authorization=self.headers.get("Authorization"),
            content_type=self.headers.get("Content-Type"),
            body=self.rfile.read(int(length)),
        )

    def _send(self, reply: Reply) -> None:
        if reply.answer is None or any(isinstance(fault, ConnectionReset) for fault in reply.wire_faults):
            self.close_connection = True
            self.server.reset_when_closed(self.connection)
            return
        cut = next((fault for fault in reply.wire_faults if isinstance(fault, CutOffBody)), None)
        drip = next((fault for fault in reply.wire_faults if isinstance(fault, SlowDrip)), None)
        body = b"" if self.command == "HEAD" else reply.answer.body
        sent = body[: len(body) // 2] if cut else body
        declared = len(sent) if cut and cut.honest_length else len(body)
        if len(sent) < declared:
            self.close_connection = True
        head = self._head(reply.answer, declared)
        if drip is None:
            self.wfile.write(
                head + sent
            )  # one write, or the second waits for the acknowledgement of the first
            return
        self.wfile.write(head)
        for start in range(0, len(sent), drip.piece_bytes):
            self.server.sleep(drip.seconds_between)
            self.wfile.write(sent[start : start + drip.piece_bytes])

    def _head(self, answer: Answer, length: int) -> bytes:
        phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else "Unknown"
        headers = [("Content-Length", str(length)), *answer.headers]
        if answer.content_type is not None:
            headers.insert(0, ("Content-Type", answer.content_type))
        if self.close_connection:
            headers.append(("Connection", "close"))
        lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{name}: {value}" for name, value in headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    @override
    def log_message(self, format: str, *args: object) -> None:  # the record of requests says more
        pass
