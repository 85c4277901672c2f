"""The same bounds over TLS. The ciphers here need no certificate, so no key lies about."""

import ssl
import time

import pytest

from export_adapter.deliver import connections
from export_adapter.deliver.http import Answer, PooledHttp
from tests.unit.deliver.asking import HEADERS, ask, no_answer
from tests.unit.deliver.raw_server import Behaviour, Connection, RawServer, answer, answering

pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


def anonymous(purpose: int) -> ssl.SSLContext:
    context = ssl.SSLContext(purpose)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return context


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> PooledHttp:
    monkeypatch.setattr(connections, "create_urllib3_context", lambda: anonymous(ssl.PROTOCOL_TLS_CLIENT))
    return PooledHttp(connections=2, clock=time.monotonic)


def over_tls(behaviour: Behaviour) -> Behaviour:
    def behave(connection: Connection) -> None:
        with anonymous(ssl.PROTOCOL_TLS_SERVER).wrap_socket(connection.socket.dup(), server_side=True) as tls:
            behaviour(Connection(tls, connection.is_over))

    return behave


def address(server: RawServer) -> str:
    return server.url.replace("http://", "https://")


def test_an_answer_comes_over_tls_and_the_connection_is_used_again(http: PooledHttp) -> None:
    with RawServer(over_tls(answering(answer(b"first"), answer(b"x" * 200_000)))) as server:
        first, second = ask(http, address(server)), ask(http, address(server))
        assert server.connections == 1
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert (first.body, len(second.body)) == (b"first", 200_000)


def test_headers_in_drops_end_in_time(http: PooledHttp) -> None:
    def drip(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 200 OK\r\n")
        while not connection.is_over.wait(0.005):
            connection.send(b"x: y\r\n")

    with RawServer(over_tls(drip)) as server:
        begun = time.monotonic()
        assert no_answer(ask(http, address(server), timeout=0.15)) == "timeout"
        assert time.monotonic() - begun < 3


def reads_nothing(connection: Connection) -> None:
    connection.is_over.wait(5)


def test_a_request_that_nobody_reads_ends_in_time(http: PooledHttp) -> None:
    with RawServer(over_tls(reads_nothing)) as server:
        begun = time.monotonic()
        assert no_answer(http("PUT", address(server), HEADERS, b"x" * 8_000_000, 0.15)) == "timeout"
        assert time.monotonic() - begun < 3
