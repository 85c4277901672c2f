"""One request to a raw server, and what came of it."""

from export_adapter.deliver.http import Answer, NoAnswer, PooledHttp

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HEADERS = {"authorization": "Bearer marked"}
OK = Answer(200, {"content-length": "2"}, b"{}")


def ask(http: PooledHttp, url: str, timeout: float = 5.0) -> Answer | NoAnswer:
    return http("PUT", f"{url}/v1/items", HEADERS, b"[]", timeout)


def no_answer(found: Answer | NoAnswer) -> str:
    assert isinstance(found, NoAnswer)
    assert "marked" not in found.reason
    assert "127.0.0.1" not in found.reason
    return found.cause
