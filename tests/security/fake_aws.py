"""The three calls to AWS that the adapter makes, answered over HTTP; all that is sent there is kept."""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

HOST: Final = "127.0.0.1"


@dataclass(frozen=True)
class AwsError:
    """An answer that is an error; its message may hold anything."""

    code: str
    message: str = ""
    status: int = 400


@dataclass
class FakeAws:
    """Secrets by name, and what was asked for. A dead-letter queue that refuses names why in `refuses`."""

    url: str = ""
    secrets: dict[str, str | AwsError] = field(default_factory=dict)
    refuses: AwsError | None = None
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def parked(self) -> list[dict[str, Any]]:
        """The messages that were sent to the dead-letter queue."""
        return [
            entry
            for name, content in self.received
            if name == "AmazonSQS.SendMessageBatch"
            for entry in content["Entries"]
        ]

    def answer(self, target: str, content: Mapping[str, Any]) -> object:
        """Answer one call."""
        self.received.append((target, dict(content)))
        match target:
            case "secretsmanager.GetSecretValue":
                name = str(content["SecretId"])
                secret = self.secrets.get(name, AwsError("ResourceNotFoundException", f"no {name}"))
                return secret if isinstance(secret, AwsError) else {"Name": name, "SecretString": secret}
            case "AmazonSQS.SendMessageBatch":
                return self.refuses or {"Successful": self._all(content), "Failed": []}
            case "AmazonSQS.ChangeMessageVisibilityBatch":
                return {"Successful": self._all(content), "Failed": []}
            case _:
                return AwsError("UnknownOperationException")

    def _all(self, content: Mapping[str, Any]) -> list[dict[str, str]]:
        digest = "0" * 32
        return [
            {"Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": digest}
            for entry in content["Entries"]
        ]


@contextlib.contextmanager
def fake_aws() -> Iterator[FakeAws]:
    """Run a fake AWS for as long as the block runs."""
    aws = FakeAws()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = aws.answer(self.headers["X-Amz-Target"], content)
            status = 200
            if isinstance(answer, AwsError):
                status, answer = answer.status, {"__type": answer.code, "message": answer.message}
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    aws.url = f"http://{HOST}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield aws
    finally:
        server.shutdown()
        server.server_close()
