"""Asks a new version for its self-test before CodeDeploy moves traffic to it, and tells CodeDeploy."""

import json
import os
from typing import TYPE_CHECKING, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_lambda import LambdaClient

type Verdict = Literal["Succeeded", "Failed"]

# One attempt, for as long as the version may take: with a second one this function's own time would run out
# before CodeDeploy was told. tests/template/test_hook.py adds both up.
_ASK = Config(connect_timeout=2, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 1})
_TELL = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})


def lambda_handler(event: "Mapping[str, str]", _context: object) -> dict[str, str]:
    """Check the version that CURRENT_VERSION names; `event` is CodeDeploy's."""
    version = os.environ.get("CURRENT_VERSION", "")
    try:
        verdict = check(boto3.client("lambda", config=_ASK), version)
    except Exception as error:  # noqa: BLE001 -- untold, CodeDeploy would wait for an hour
        # Its kind alone: the text may hold anything.
        _log({"version": version, "passed": False, "error": _kind(error)})
        verdict = "Failed"
    tell(boto3.client("codedeploy", config=_TELL), event, verdict)
    return {"status": verdict}


def check(client: "LambdaClient", version: str) -> Verdict:
    """Invoke the version with the empty event, and print what it says for the log."""
    answer = client.invoke(FunctionName=version, Payload=b"{}")
    said = answer["Payload"].read(65_536)
    if answer.get("FunctionError"):
        # The answer of a function that broke may hold anything: the version's own log tells.
        _log({"version": version, "passed": False, "error": answer["FunctionError"]})
        return "Failed"
    body = json.loads(said)
    result = body.get("selfTest") if isinstance(body, dict) else None
    if not isinstance(result, dict):
        _log({"version": version, "passed": False, "error": "NoSelfTest"})
        return "Failed"
    _log({**result, "version": version})
    return "Succeeded" if result.get("passed") is True else "Failed"


def tell(client: "CodeDeployClient", event: "Mapping[str, str]", verdict: Verdict) -> None:
    """Tell CodeDeploy to go on, or to roll back."""
    client.put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=verdict,
    )


def _kind(error: Exception) -> str:
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
    return code or type(error).__name__


def _log(line: "Mapping[str, object]") -> None:
    print(json.dumps(line))  # noqa: T201 -- a log line
