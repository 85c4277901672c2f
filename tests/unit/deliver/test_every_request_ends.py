"""However a server or a name server drags a request out: it ends in time, and leaves nothing behind."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from export_adapter.deliver.http import Answer, NoAnswer, PooledHttp
from tests.unit.deliver.asking import CHUNKED, HEADERS, OK, ask, no_answer
from tests.unit.deliver.raw_server import THREADS, Behaviour, Connection, RawServer, answer, answering

INVOCATIONS = 12
TIMEOUT = 0.04
BIG_BODY = b"x" * 8_000_000
"""More than the buffers of two sockets hold."""


def dripping(head: bytes, drop: bytes, tail: bytes = b"") -> Behaviour:
    """Send a head, then drops for as long as the client listens; a timeout for each read never strikes."""

    def drip(connection: Connection) -> None:
        connection.read_request()
        connection.send(head)
        while not connection.is_over.wait(0.005):
            connection.send(drop, tail)

    return drip


def flooding(head: bytes, flood: bytes) -> Behaviour:
    """Send as much as the client takes."""

    def pour(connection: Connection) -> None:
        connection.read_request()
        connection.send(head)
        while not connection.is_over.is_set():
            connection.send(flood)

    return pour


def says_nothing(connection: Connection) -> None:
    connection.is_over.wait(5)


NEVER_ENDING: dict[str, Behaviour] = {
    "says nothing": says_nothing,
    "status line in drops": dripping(b"HTTP/1.1 2", b"0"),
    "header name in drops": dripping(b"HTTP/1.1 200 OK\r\nx", b"x"),
    "headers in drops": dripping(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
    "body in drops": dripping(answer(b"x" * 10_000)[:-10_000], b"x"),
    "chunks in drops": dripping(CHUNKED, b"1\r\nx\r\n"),
    "chunk size in drops": dripping(CHUNKED, b"0"),
    "trailers in drops": dripping(CHUNKED + b"0\r\n", b"x: y\r\n"),
    "100 Continue in drops": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "100 Continue without end": flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "a chunk size without end": flooding(CHUNKED, b"0" * 60_000),
    "trailers without end": flooding(CHUNKED + b"0\r\n", b"x: y\r\n" * 10_000),
    "one header without end": flooding(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 60_000),
    "headers without end": flooding(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 10_000),
}


def open_sockets() -> int:
    opened = [Path(each).readlink() for each in Path("/proc/self/fd").iterdir() if Path(each).is_symlink()]
    return sum(str(each).startswith("socket:") for each in opened)


def running_threads() -> int:
    return sum(thread.name != THREADS for thread in threading.enumerate())


@contextmanager
def left_behind(server: RawServer) -> Iterator[Callable[[], tuple[int, int]]]:
    """Count the threads and the client's sockets that there are more than at the beginning."""
    threads, sockets = running_threads(), open_sockets()
    yield lambda: (running_threads() - threads, open_sockets() - server.open_sockets - sockets)


def eventually(found: Callable[[], tuple[int, int]], wanted: tuple[int, int]) -> tuple[int, int]:
    """Return what is found, as soon as it is what is wanted: closing takes a server a moment."""
    until = time.monotonic() + 3
    while found() != wanted and time.monotonic() < until:
        time.sleep(0.005)
    return found()


def in_a_thread(http: PooledHttp, url: str, body: bytes = b"[]") -> Answer | NoAnswer | None:
    """Ask as a delivery does, and wait no longer than a delivery would; None if there is no end to it."""
    found: list[Answer | NoAnswer] = []
    thread = threading.Thread(
        target=lambda: found.append(http("PUT", f"{url}/v1/items", HEADERS, body, TIMEOUT)), daemon=True
    )
    thread.start()
    thread.join(3)
    return found[0] if found else None


@pytest.mark.parametrize("behaviour", NEVER_ENDING.values(), ids=NEVER_ENDING)
def test_an_answer_without_end_leaves_no_thread_and_no_socket_behind(
    http: PooledHttp, behaviour: Behaviour
) -> None:
    with RawServer(behaviour) as server, left_behind(server) as more:
        for _ in range(INVOCATIONS):
            found = in_a_thread(http, server.url)
            assert isinstance(found, NoAnswer), "there is no end to it"
            assert found.cause in {"timeout", "connection", "unreadable_answer"}
        assert eventually(more, (0, 0)) == (0, 0)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_reads_nothing_leaves_no_thread_and_no_socket_behind(
    http: PooledHttp, scheme: str
) -> None:
    """Over TLS it is the handshake that has no answer."""
    with RawServer(says_nothing) as server, left_behind(server) as more:
        for _ in range(INVOCATIONS):
            found = in_a_thread(http, server.url.replace("http", scheme), BIG_BODY)
            assert found is not None, "there is no end to it"
            assert no_answer(found) == "timeout"
        assert eventually(more, (0, 0)) == (0, 0)


def test_a_tls_handshake_in_drops_ends_in_time(http: PooledHttp) -> None:
    def drip(connection: Connection) -> None:
        connection.send(b"\x16\x03\x03\x40\x00")  # a handshake record of 16 KiB to come
        while not connection.is_over.wait(0.005):
            connection.send(b"\x02")

    with RawServer(drip) as server, left_behind(server) as more:
        for _ in range(INVOCATIONS):
            found = in_a_thread(http, server.url.replace("http", "https"))
            assert found is not None, "there is no end to it"
            assert no_answer(found) in {"timeout", "tls"}
        assert eventually(more, (0, 0)) == (0, 0)


def test_a_name_that_is_not_resolved_takes_one_thread_however_many_requests_wait_for_it(
    http: PooledHttp, monkeypatch: pytest.MonkeyPatch, release: threading.Event
) -> None:
    look_up = socket.getaddrinfo
    asked: list[object] = []

    def hang(*args: object, **more: object) -> object:
        asked.append(args)
        release.wait(5)
        return look_up(*args, **more)  # type: ignore[arg-type]  # passed on as they come

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with RawServer(answering(answer())) as server, left_behind(server) as more:
        url = server.url.replace("127.0.0.1", "localhost")
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: ask(http, url, TIMEOUT), range(INVOCATIONS)))
        assert {no_answer(one) for one in found} == {"timeout"}
        assert more() == (1, 0)
        assert len(asked) == 1
        release.set()
        assert ask(http, url) == OK


def test_a_name_that_does_not_exist_is_no_connection(
    http: PooledHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert no_answer(ask(http, "http://pleo.test")) == "connection"


def test_a_second_address_is_tried_where_the_first_refuses(
    http: PooledHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(_: str, port: int, *__: object, **___: object) -> object:
        closed = ("127.0.0.1", 1)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", each) for each in (closed, ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with RawServer(answering(answer())) as server:
        assert ask(http, server.url) == OK


def test_an_answer_of_1xx_is_not_mixed_up_with_the_one_that_follows(http: PooledHttp) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    with RawServer(answering(hints + answer(b"first")), answering(answer(b"second"))) as server:
        assert no_answer(ask(http, server.url)) == "unreadable_answer"
        found = ask(http, server.url)
    assert isinstance(found, Answer)
    assert found.body == b"second"


def test_a_connection_is_used_again_within_a_new_time(http: PooledHttp) -> None:
    with RawServer(answering(answer())) as server:
        assert ask(http, server.url, timeout=0.2) == OK
        time.sleep(0.25)
        assert ask(http, server.url, timeout=0.2) == OK
        assert server.connections == 1


def test_one_tls_context_serves_all_connections(http: PooledHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    contexts: list[ssl.SSLContext] = []

    def refuse(context: ssl.SSLContext, *_: object, **__: object) -> None:
        contexts.append(context)
        raise ssl.SSLCertVerificationError("self-signed certificate")

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", refuse)
    with RawServer(says_nothing) as server:
        for _ in range(2):
            assert no_answer(ask(http, server.url.replace("http", "https"))) == "tls"
    assert contexts[0] is contexts[1]
