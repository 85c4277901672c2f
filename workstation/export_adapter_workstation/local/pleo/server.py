"""A local Pleo's sockets: HTTP/1.1 with keep-alive on a loopback address, and the faults of the wire."""

import contextlib
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import cast, override

from export_adapter_workstation.local.pleo.answers import PleoAnswer, refused
from export_adapter_workstation.local.pleo.client import LocalPleo
from export_adapter_workstation.local.pleo.control import PREFIX, control_answer
from export_adapter_workstation.local.pleo.credentials import Credential
from export_adapter_workstation.local.pleo.requests import PleoRequest
from export_adapter_workstation.local.pleo.service import PleoService, Reply

LOOPBACK = "127.0.0.1"
LARGEST_BODY_BYTES = 8 * 1024 * 1024
_LINGER_ZERO = struct.pack("ii", 1, 0)  # closing then sends RST instead of FIN


@contextlib.contextmanager
def local_pleo(
    *credentials: Credential,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] | None = None,
) -> Iterator[LocalPleo]:
    """Run a local Pleo on a free port of 127.0.0.1 for as long as the block, and yield what steers it.

    Args:
        credentials: What it accepts from the start.
        clock: Returns an aware datetime.
        sleep: Takes seconds; called for delays. By default it waits in real time, but never longer than the
            server runs.
    """
    server = _Server(clock, sleep)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        pleo = LocalPleo(server.url)
        for credential in credentials:
            pleo.put_credential(credential)
        yield pleo
    finally:
        server.stop()
        thread.join()


class _Server(ThreadingHTTPServer):
    """One thread for each connection. Stopping closes the open ones, which clients would keep alive."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, clock: Callable[[], datetime], sleep: Callable[[float], None] | None) -> None:
        self.stopping = Event()
        self.sleep = sleep or self.wait_or_stop
        self._service = PleoService(clock, self.sleep)
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._reset: set[socket.socket] = set()
        super().__init__((LOOPBACK, 0), _Connection)

    def reply_to(self, request: PleoRequest) -> Reply:
        """Return what Pleo, or its control, replies."""
        if request.path.startswith(PREFIX):
            return Reply(control_answer(request, self._service))
        return self._service.reply_to(request)

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def wait_or_stop(self, seconds: float) -> None:
        """Wait in real time, but no longer than the server runs."""
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
        if not isinstance(sys.exception(), OSError):  # a caller that hangs up is not an error
            super().handle_error(cast("socket.socket", request), cast("tuple[str, int]", client_address))


class _Connection(BaseHTTPRequestHandler):
    """One connection with its requests, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        request = self._read()
        if isinstance(request, PleoAnswer):
            self.close_connection = True  # the rest of the request is still in the socket
            self._send(Reply(request))
            return
        self._send(self.server.reply_to(request))

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = do_HEAD = _serve  # noqa: N815 - http.server wants these names

    def _read(self) -> PleoRequest | PleoAnswer:
        if "Transfer-Encoding" in self.headers:
            return refused(411, "LENGTH_REQUIRED", "Send a Content-Length.")
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdecimal()):
            return refused(400, "BAD_REQUEST", "Content-Length is not a whole number.")
        if len(length) > len(str(LARGEST_BODY_BYTES)) or int(length) > LARGEST_BODY_BYTES:
            return refused(413, "PAYLOAD_TOO_LARGE", f"The body is above {LARGEST_BODY_BYTES} bytes.")
        return PleoRequest(
            method=self.command,
            target=self.path,
            authorization=self.headers.get("Authorization"),
            content_type=self.headers.get("Content-Type"),
            body=self.rfile.read(int(length)),
        )

    def _send(self, reply: Reply) -> None:
        if reply.answer is None:
            self.close_connection = True
            self.server.reset_when_closed(self.connection)
            return
        fault = reply.fault
        body = b"" if self.command == "HEAD" else reply.answer.body
        sent = body[: len(body) // 2] if fault.cut_off else body
        declared = len(sent) if fault.honest_length else len(body)
        if len(sent) < declared:
            self.close_connection = True
        head = self._head(reply.answer, declared)
        if not fault.drip:
            # One write: a second one would wait until the first is acknowledged.
            self.wfile.write(head + sent)
            return
        self.wfile.write(head)
        for start in range(0, len(sent), fault.piece_bytes):
            self.server.sleep(fault.drip)
            self.wfile.write(sent[start : start + fault.piece_bytes])

    def _head(self, answer: PleoAnswer, length: int) -> bytes:
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
