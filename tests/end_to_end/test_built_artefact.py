"""What is deployed holds all it needs. The embedded AWS would not notice: functions see its packages."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from export_adapter_workstation.local.adapter import LocalAdapter
from export_adapter_workstation.local.events import message_files, not_in_pleo, path_of

pytestmark = pytest.mark.xdist_group("deployed-stack")

# As on Lambda: the function's folder, then the layers; no site-packages (-S), nothing else of this project.
HANDLE_AN_EVENT = """
import json, sys
sys.path[:0] = sys.argv[1:]
import app
class Context:
    aws_request_id = "a request"
    def get_remaining_time_in_millis(self):
        return 60_000
json.dump(app.lambda_handler(json.load(sys.stdin), Context()), sys.stderr)
"""


def on_lambda(adapter: LocalAdapter, event: str) -> object:
    build = adapter.stack.aws.directory / "build"
    layers = [build / name / "python" for name in ("DependenciesLayer", "ExportAdapterLayer")]
    outputs = adapter.stack.outputs
    ended = subprocess.run(  # noqa: S603 -- this interpreter, with code from above
        [sys.executable, "-I", "-S", "-c", HANDLE_AN_EVENT, build / "UpdateExportItemsFunction", *layers],
        input=event,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=os.sep,
        env={
            **adapter.stack.aws.settings,
            "PLEO_BASE_URL": adapter.pleo.url,
            "PLEO_SECRET_ID": outputs.pleo_credentials_arn,
            "EXPORT_RESULTS_QUEUE_URL": outputs.export_results_queue_url,
            "DEAD_LETTER_QUEUE_URL": outputs.dead_letter_queue_url,
        },
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stderr)


@pytest.mark.parametrize("name", ["one-message", "every-wrapper", "every-stage", "what-is-parked"])
def test_the_built_function_handles_an_event_with_nothing_but_its_layers(
    adapter: LocalAdapter, name: str
) -> None:
    event = path_of(name).read_text(encoding="utf-8")
    # Of all events, not of this one: a job that exists gets no further entries.
    adapter.create_missing_jobs((message.body for message in message_files()), not_in_pleo())

    assert on_lambda(adapter, event) == {"batchItemFailures": []}


def test_the_layers_hold_pure_python_only(adapter: LocalAdapter) -> None:
    build = adapter.stack.aws.directory / "build"
    compiled = [
        str(file.relative_to(build))
        for pattern in ("*.so", "*.pyd", "*.dylib")
        for file in Path(build).rglob(pattern)
    ]
    assert compiled == []
