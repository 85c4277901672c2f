"""What `sam build` makes, run as Lambda runs it: on the standard library, the function and its layers."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from export_adapter_workstation.local_pleo import Credential, LocalPleo, NewJob

if TYPE_CHECKING:
    from pathlib import Path

    from export_adapter_workstation.embedded_aws import EmbeddedAws

pytestmark = pytest.mark.xdist_group("embedded_aws")

JOB = "7a1c1d0e-3f52-4f0b-9a55-0c6f3a1f2b01"
COMPANY = "7a1c1d0e-3f52-4f0b-9a55-0c6f3a1f2b02"
ENTRY = "7a1c1d0e-3f52-4f0b-9a55-0c6f3a1f2b03"

# Lambda puts the function first and the layers, merged under /opt/python, behind it.
BOOTSTRAP = """
import json, sys, types
sys.path[:0] = sys.argv[1:]
import app
context = types.SimpleNamespace(
    get_remaining_time_in_millis=lambda: 30_000,
    function_name="any", function_version="1", memory_limit_in_mb=512, aws_request_id="any",
    invoked_function_arn="arn:aws:lambda:eu-west-1:000000000000:function:any:live",
)
answer = app.lambda_handler(json.load(sys.stdin), context)
print("ANSWER", json.dumps(answer))
print("FILES", json.dumps([str(getattr(module, "__file__", "")) for module in sys.modules.values()]))
"""


def record(message_id: str, body: str) -> dict[str, object]:
    """One record of an SQS event."""
    return {
        "messageId": message_id,
        "receiptHandle": "any",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1790000000000"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:any",
        "awsRegion": "eu-west-1",
    }


def test_the_built_layers_hold_no_machine_code(built_template: Path) -> None:
    built = [path for path in built_template.parent.rglob("*") if path.is_file()]

    assert [path for path in built if path.suffix in {".so", ".pyd", ".dylib", ".dll"}] == []


def test_the_built_layers_stay_far_below_what_lambda_unpacks(built_template: Path) -> None:
    unpacked = sum(path.stat().st_size for path in built_template.parent.rglob("*") if path.is_file())

    # Lambda allows 250 MB; more than a quarter of it would be something that nobody meant to add.
    assert unpacked < 60_000_000


def test_the_built_function_delivers_and_parks_with_its_own_layers_alone(
    embedded_aws: EmbeddedAws, built_template: Path
) -> None:
    built = built_template.parent
    own = [
        built / "UpdateExportItemsFunction",
        built / "DependenciesLayer/python",
        built / "ExportAdapterLayer/python",
    ]
    sqs = embedded_aws.sqs()
    queue, parked = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("built-queue", "built-parked"))
    embedded_aws.secrets_manager().create_secret(
        Name="built-credentials", SecretString='{"accessToken": "test"}'
    )
    good = {
        "exportJobId": JOB,
        "companyId": COMPANY,
        "system": "xero",
        "results": [{"accountingEntryId": ENTRY, "status": "successful"}],
    }
    event = {"Records": [record("first", json.dumps(good)), record("second", "not JSON")]}

    with LocalPleo(credentials=[Credential(name="any", secret="test")]) as pleo:
        pleo.create_job(NewJob(job_id=JOB, company_id=COMPANY, accounting_entry_ids=(ENTRY,)))
        run = subprocess.run(  # noqa: S603 -- this very interpreter
            [sys.executable, "-I", "-S", "-c", BOOTSTRAP, *map(str, own)],
            input=json.dumps(event),
            capture_output=True,
            text=True,
            check=False,
            env={
                **embedded_aws.settings,
                "PLEO_BASE_URL": pleo.url,
                "PLEO_SECRET_ID": "built-credentials",
                "EXPORT_RESULTS_QUEUE_URL": queue,
                "DEAD_LETTER_QUEUE_URL": parked,
                "POWERTOOLS_SERVICE_NAME": "any",
                "POWERTOOLS_METRICS_NAMESPACE": "any",
            },
        )
        held = pleo.job(JOB)

    assert run.returncode == 0, run.stderr
    printed = dict(
        line.split(" ", 1) for line in run.stdout.splitlines() if line.startswith(("ANSWER ", "FILES "))
    )
    assert json.loads(printed["ANSWER"]) == {"batchItemFailures": []}
    assert held is not None
    assert held.items[ENTRY].status == "successful"
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=parked)["Messages"]] == ["not JSON"]
    third_party = [file for file in json.loads(printed["FILES"]) if "site-packages" in file]
    assert third_party == []
