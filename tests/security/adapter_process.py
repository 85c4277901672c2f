"""The function in a process of its own, so that everything that it writes anywhere can be searched."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from export_adapter_workstation.project import ROOT

SETTLE_SECONDS: Final = 14
DELIVERY_SECONDS: Final = 4
_ANSWER: Final = "ANSWER "

_RUN: Final = """
import json, sys, traceback

{first}


class Context:
    function_name = function_version = aws_request_id = invoked_function_arn = "any"
    memory_limit_in_mb = 512

    def get_remaining_time_in_millis(self):
        return {remaining_ms}


try:
    import app
    for line in sys.stdin:
        answer = app.lambda_handler(json.loads(line), Context())
        print({answer!r} + json.dumps(answer), flush=True)
except Exception:
    # As Lambda's runtime does: what is raised is written to the log, with its message and trace.
    traceback.print_exc()
"""


@dataclass(frozen=True, slots=True)
class CameOut:
    """What a process wrote and what the function returned."""

    written: str
    answers: tuple[Any, ...]

    @property
    def lines(self) -> list[str]:
        """What was written, without the answers."""
        return [line for line in self.written.split("\n") if line and not line.startswith(_ANSWER)]


def run_adapter(
    events: Sequence[object], *, aws_url: str, settings: Mapping[str, str], first: str = ""
) -> CameOut:
    """Let one environment of the function handle events; `first` is code that runs before it is imported."""
    source = _RUN.format(first=first, remaining_ms=1000 * (SETTLE_SECONDS + DELIVERY_SECONDS), answer=_ANSWER)
    path = [ROOT / "functions" / "update_export_items", ROOT / "layers" / "export_adapter"]
    ended = subprocess.run(  # noqa: S603 -- this interpreter, with the project's own code
        [sys.executable, "-X", "dev", "-c", source],
        input="\n".join(json.dumps(event) for event in events),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
        env={
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "AWS_ENDPOINT_URL": aws_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "LOG_LEVEL": "DEBUG",
            "POWERTOOLS_SERVICE_NAME": "export-adapter",
            "EXPORT_RESULTS_QUEUE_URL": f"{aws_url}/results",
            "DEAD_LETTER_QUEUE_URL": f"{aws_url}/dead-letters",
            "SETTLE_SECONDS": str(SETTLE_SECONDS),
            "REQUEST_SECONDS": "1",
            "DELIVERY_THREADS": "16",
            **settings,
        },
    )
    answers = (line for line in ended.stdout.split("\n") if line.startswith(_ANSWER))
    return CameOut(ended.stdout, tuple(json.loads(line.removeprefix(_ANSWER)) for line in answers))


def sqs_event(bodies: Sequence[str], receive_count: int = 1) -> dict[str, object]:
    """Build the event with which the queue would invoke the function."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": f"receipt-{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receive_count)},
            }
            for number, body in enumerate(bodies)
        ]
    }
