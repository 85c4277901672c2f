"""PooledHttp against real sockets on this machine."""

import gzip
import socket

import pytest

from export_adapter.deliver.http import Answer, NoAnswer, PooledHttp
from tests.unit.deliver.asking import CHUNKED, HEADERS, OK, ask, no_answer
from tests.unit.deliver.raw_server import Behaviour, Connection, RawServer, answer, answering, sending


def test_an_answer_comes_as_it_was_sent(http: PooledHttp) -> None:
    body = b'{"data": []}' * 20_000
    with RawServer(answering(answer(body, "422 Whatever", "X-Name: Some Value", "RETRY-AFTER: 7"))) as server:
        found = ask(http, server.url)

    headers = {"content-length": str(len(body)), "x-name": "Some Value", "retry-after": "7"}
    assert found == Answer(422, headers, body)


def test_method_path_headers_and_body_go_out_as_given(http: PooledHttp) -> None:
    seen: list[bytes] = []

    def behave(connection: Connection) -> None:
        while request := connection.read_request():
            seen.append(request)
            connection.send(answer())

    with RawServer(behave) as server:
        http("PUT", f"{server.url}/v1/items?limit=1", HEADERS, b'["\xc3\xa4"]', 5.0)
        http("GET", f"{server.url}/v1/items", HEADERS, None, 5.0)

    assert seen[0].startswith(b"PUT /v1/items?limit=1 HTTP/1.1\r\n")
    assert b"\r\nauthorization: Bearer marked\r\n" in seen[0]
    assert seen[0].endswith(b'\r\n\r\n["\xc3\xa4"]')
    assert seen[1].startswith(b"GET /v1/items HTTP/1.1\r\n")
    assert seen[1].endswith(b"\r\n\r\n")


def test_a_chunked_answer_is_read_to_its_end(http: PooledHttp) -> None:
    chunked = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"dat\r\n6\r\na": 1}\r\n0\r\n\r\n'
    with RawServer(answering(chunked)) as server:
        found = [ask(http, server.url), ask(http, server.url)]

        assert [one.body for one in found if isinstance(one, Answer)] == [b'{"data": 1}'] * 2
        assert server.connections == 1


def test_an_answer_that_ends_with_its_connection_is_read_to_its_end(http: PooledHttp) -> None:
    with RawServer(sending(b"HTTP/1.0 200 OK\r\n\r\n", b"{", b"}")) as server:
        assert ask(http, server.url) == Answer(200, {}, b"{}")


def test_a_compressed_answer_is_unpacked(http: PooledHttp) -> None:
    with RawServer(answering(answer(gzip.compress(b"{}"), "200 OK", "Content-Encoding: gzip"))) as server:
        found = ask(http, server.url)

    assert isinstance(found, Answer)
    assert found.body == b"{}"


@pytest.mark.parametrize(
    "status", ["200 OK", "204 No Content", "401 Unauthorized", "413 Too Large", "503 Gone"]
)
def test_one_connection_serves_request_after_request_whatever_the_answers(
    http: PooledHttp, status: str
) -> None:
    body = b"" if status.startswith("204") else b"{}"
    with RawServer(answering(answer(body, status))) as server:
        for _ in range(4):
            assert isinstance(ask(http, server.url), Answer)

        assert server.connections == 1


def test_a_kept_connection_that_the_server_closed_while_idle_is_replaced_without_a_fault(
    http: PooledHttp,
) -> None:
    with RawServer(sending(answer())) as server:
        for _ in range(3):
            assert ask(http, server.url) == OK
            server.wait_until_hung_up()

        assert server.connections == 3


def test_a_kept_connection_that_the_server_closes_on_the_next_request_is_no_answer_once(
    http: PooledHttp,
) -> None:
    def one_answer_and_hang_up(connection: Connection) -> None:
        connection.read_request()
        connection.send(answer())
        connection.read_request()

    with RawServer(one_answer_and_hang_up, answering(answer())) as server:
        assert ask(http, server.url) == OK
        assert no_answer(ask(http, server.url)) == "connection"
        assert ask(http, server.url) == OK
        assert server.connections == 2


def reset(connection: Connection) -> None:
    connection.read_request()
    connection.reset()


def reset_amid_the_body(connection: Connection) -> None:
    connection.read_request()
    connection.send(answer(b"{}" * 50)[:-20])
    connection.reset()


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(sending(b""), id="hangs_up"),
        pytest.param(reset, id="reset"),
        pytest.param(reset_amid_the_body, id="reset_amid_the_body"),
        pytest.param(sending(answer(b"{}" * 50)[:-20]), id="cut_amid_the_body"),
        pytest.param(sending(answer(b"{}")[:-2]), id="cut_before_the_body"),
        pytest.param(sending(CHUNKED), id="cut_before_the_first_chunk"),
        pytest.param(sending(CHUNKED, b"a\r\n12345"), id="cut_amid_a_chunk"),
        pytest.param(sending(CHUNKED, b"5\r\n12345\r\n"), id="cut_between_chunks"),
        pytest.param(sending(CHUNKED, b"zz\r\n12345\r\n"), id="no_chunk_size"),
        pytest.param(sending(b"nonsense\r\n\r\n"), id="no_http"),
        pytest.param(sending(b"HTTP/1.1 abc\r\n\r\n"), id="no_status"),
        pytest.param(sending(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 200, b"\r\n"), id="too_many_headers"),
        pytest.param(sending(b"HTTP/1.1 200 OK\r\na: ", b"b" * 99_999, b"\r\n\r\n"), id="too_long_a_header"),
        pytest.param(sending(answer(b"no gzip", "200 OK", "Content-Encoding: gzip")), id="no_gzip"),
    ],
)
def test_a_broken_answer_is_no_answer_and_the_next_request_goes_well(
    http: PooledHttp, broken: Behaviour
) -> None:
    with RawServer(broken, answering(answer())) as server:
        assert no_answer(ask(http, server.url)) == "connection"
        server.wait_until_hung_up()
        assert ask(http, server.url) == OK


def test_an_answer_cut_off_amid_its_headers_has_no_body(http: PooledHttp) -> None:
    with RawServer(sending(b"HTTP/1.1 200 OK\r\nContent-Le")) as server:
        assert ask(http, server.url) == Answer(200, {}, b"")


def test_a_broken_answer_is_told_apart_from_no_connection(http: PooledHttp) -> None:
    with RawServer(reset) as server:
        told = "the connection to Pleo broke before its answer was complete (ProtocolError)"
        assert ask(http, server.url) == NoAnswer("connection", told)


def test_nobody_there_is_no_answer(http: PooledHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    found = ask(http, f"http://127.0.0.1:{port}")

    assert found == NoAnswer("connection", "no connection to Pleo (NewConnectionError)")


def test_an_address_that_is_none_is_no_answer(http: PooledHttp) -> None:
    found = ask(http, "http://127.0.0.1:99999")

    assert found == NoAnswer("connection", "no connection to Pleo (LocationParseError)")
