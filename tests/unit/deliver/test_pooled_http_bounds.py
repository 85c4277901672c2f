"""PooledHttp bounds the time and the size of an answer, and where the credentials go."""

import gzip
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from export_adapter.deliver import http as http_module
from export_adapter.deliver.connections import BoundedSocket
from export_adapter.deliver.http import Answer, NoAnswer, PooledHttp
from tests.unit.deliver.asking import CHUNKED, HEADERS, OK, ask, no_answer
from tests.unit.deliver.raw_server import Connection, RawServer, answer, answering, sending


def test_a_server_that_says_nothing_is_given_up_in_time(http: PooledHttp) -> None:
    with RawServer(hang, answering(answer())) as server:
        begun = time.monotonic()
        found = ask(http, server.url, timeout=0.05)
        assert found == NoAnswer("timeout", "Pleo did not answer in time (ReadTimeoutError)")
        assert time.monotonic() - begun < 1
        assert ask(http, server.url) == OK


def hang(connection: Connection) -> None:
    connection.read_request()
    connection.read_request()


@pytest.mark.parametrize("head", [answer(b"x" * 10_000)[:-10_000], CHUNKED])
def test_a_server_that_drips_is_given_up_in_time_although_bytes_keep_coming(
    http: PooledHttp, head: bytes
) -> None:
    drop = b"1\r\nx\r\n" if head == CHUNKED else b"x"

    def drip(connection: Connection) -> None:
        connection.read_request()
        connection.send(head)
        for _ in range(1000):
            connection.send(drop)
            if server.released.wait(0.005):
                return

    with RawServer(drip, answering(answer())) as server:
        begun = time.monotonic()
        assert no_answer(ask(http, server.url, timeout=0.05)) == "timeout"
        assert time.monotonic() - begun < 1
        assert ask(http, server.url) == OK


def test_an_answer_of_which_a_part_is_missing_when_the_time_is_over_is_none() -> None:
    now = [0.0]

    def answer_late(connection: Connection) -> None:
        connection.read_request()
        now[0] = 5.1
        connection.send(answer()[:-2])
        connection.read_request()

    with RawServer(answer_late) as server:
        http = PooledHttp(connections=1, clock=lambda: now[0])
        assert no_answer(ask(http, server.url, timeout=5.0)) == "timeout"


def test_connecting_counts_into_the_time_of_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect
    now = [0.0]
    slowly: list[BoundedSocket] = []

    def connect_slowly(made: BoundedSocket, address: tuple[str, int]) -> None:
        slowly.append(made)
        now[0] = 4.0
        connect(made, address)

    monkeypatch.setattr(BoundedSocket, "connect", connect_slowly)
    with RawServer(answering(answer())) as server:
        http = PooledHttp(connections=1, clock=lambda: now[0])
        assert ask(http, server.url, timeout=6.0) == OK
        assert slowly[0].gettimeout() == 2.0


@pytest.mark.parametrize(("timeout", "connecting"), [(60.0, 5.0), (5.0, 5.0), (2.0, 2.0)])
def test_a_connection_must_be_made_within_five_seconds_and_within_the_time_of_the_request(
    http: PooledHttp, monkeypatch: pytest.MonkeyPatch, timeout: float, connecting: float
) -> None:
    asked: list[float | None] = []

    def refuse(made: BoundedSocket, _: object) -> None:
        asked.append(made.gettimeout())
        raise ConnectionRefusedError

    monkeypatch.setattr(BoundedSocket, "connect", refuse)

    assert no_answer(ask(http, "http://127.0.0.1:1", timeout)) == "connection"
    assert asked == [pytest.approx(connecting, abs=0.5)]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_took_too_long_to_connect_is_not_sent_any_more(
    http: PooledHttp, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """As in a thread that was left behind while it looked up the host's name, which no timeout bounds."""
    look_up = socket.getaddrinfo
    got: list[bytes] = []

    def look_up_slowly(*asked: object, **more: object) -> object:
        time.sleep(0.1)
        return look_up(*asked, **more)  # type: ignore[arg-type]  # passed on as they come

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", lambda _context, plain, **_: plain)
    with RawServer(lambda connection: got.append(connection.socket.recv(10_000))) as server:
        late = ask(http, server.url.replace("http", scheme), timeout=0.05)
        server.released.wait(0.1)

    assert late == NoAnswer("timeout", "Pleo did not answer in time (ConnectTimeoutError)")
    assert got in ([], [b""])


# -- size ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "oversized",
    [
        answer(b"x" * 1001),
        answer(b"x" * 500_000),
        CHUNKED + b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n",
        answer(gzip.compress(b"x" * 1_000_000), "200 OK", "Content-Encoding: gzip"),
    ],
    ids=["by_one_byte", "by_far", "chunked", "compressed"],
)
def test_an_oversized_answer_is_unreadable_and_does_not_run_into_the_next(
    http: PooledHttp, monkeypatch: pytest.MonkeyPatch, oversized: bytes
) -> None:
    monkeypatch.setattr(http_module, "MAX_ANSWER", 1000)
    with RawServer(answering(oversized, answer()), answering(answer())) as server:
        told = "Pleo's answer is longer than 1000 bytes"
        assert ask(http, server.url) == NoAnswer("unreadable_answer", told)
        assert ask(http, server.url) == OK


def test_a_connection_with_the_rest_of_an_oversized_answer_to_come_is_not_used_again(
    http: PooledHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_module, "MAX_ANSWER", 1000)
    asked_again: list[bytes] = []

    def half(connection: Connection) -> None:
        connection.read_request()
        connection.send(answer(b"x" * 4000)[:-2000])
        asked_again.append(connection.read_request())

    with RawServer(half, answering(answer())) as server:
        assert no_answer(ask(http, server.url)) == "unreadable_answer"
        assert ask(http, server.url, timeout=1.0) == OK
        server.wait_until_hung_up()

    assert asked_again == [b""]


def test_the_largest_answer_is_taken(http: PooledHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "MAX_ANSWER", 1000)
    with RawServer(answering(answer(b"x" * 1000))) as server:
        assert isinstance(ask(http, server.url), Answer)


# -- where the credentials go ----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_comes_back_as_an_answer_and_nobody_is_asked_there(http: PooledHttp, status: int) -> None:
    with RawServer(answering(answer())) as elsewhere:
        redirect = answer(b"", f"{status} Moved", f"Location: {elsewhere.url}/v1/items")
        with RawServer(answering(redirect)) as server:
            found = ask(http, server.url)

            assert isinstance(found, Answer)
            assert found.status == status
            assert server.connections == 1
        assert elsewhere.connections == 0


@pytest.mark.parametrize(
    "name", ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
)
def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with RawServer(answering(answer())) as proxy, RawServer(answering(answer())) as server:
        monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)

        assert ask(PooledHttp(2, time.monotonic), server.url) == OK
        assert proxy.connections == 0


def test_certificates_are_verified_against_the_name_of_the_host(
    http: PooledHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[ssl.VerifyMode, bool, object]] = []

    def refuse(context: ssl.SSLContext, *_: object, server_hostname: object = None, **__: object) -> None:
        seen.append((context.verify_mode, context.check_hostname, server_hostname))
        raise ssl.SSLCertVerificationError("self-signed certificate")

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", refuse)
    with RawServer(sending(b"")) as server:
        found = ask(http, server.url.replace("http://127.0.0.1", "https://localhost"))

    assert found == NoAnswer("tls", "no trusted connection to Pleo (SSLError)")
    assert seen == [(ssl.CERT_REQUIRED, True, "localhost")]


def test_a_server_that_does_not_speak_tls_is_not_spoken_to_in_the_clear(http: PooledHttp) -> None:
    seen: list[bytes] = []

    def behave(connection: Connection) -> None:
        seen.append(connection.socket.recv(10_000))
        connection.send(answer())

    with RawServer(behave) as server:
        assert no_answer(ask(http, server.url.replace("http://", "https://"))) == "tls"

    assert b"marked" not in b"".join(seen)


def test_threads_that_ask_at_once_each_get_their_own_answer(http: PooledHttp) -> None:
    def echo(connection: Connection) -> None:
        while request := connection.read_request():
            connection.send(answer(request.rpartition(b"\r\n\r\n")[2]))

    with RawServer(echo) as server, ThreadPoolExecutor(4) as threads:
        bodies = [str(number).encode() for number in range(40)]
        found = list(threads.map(lambda body: http("PUT", server.url, HEADERS, body, 5.0), bodies))

    assert [one.body for one in found if isinstance(one, Answer)] == bodies
