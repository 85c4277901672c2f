"""Asks a new version for its self-test before CodeDeploy moves traffic to it, and tells CodeDeploy."""

import json
import os
from typing import TYPE_CHECKING, Literal

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_codedeploy import CodeDeployClient
    from mypy_boto3_lambda import LambdaClient

type Verdict = Literal["Succeeded", "Failed"]

_CONFIG = Config(connect_timeout=2, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 2})


def lambda_handler(event: "Mapping[str, str]", _context: object) -> dict[str, str]:
    """Check the version that CURRENT_VERSION names; `event` is CodeDeploy's."""
    verdict = check(boto3.client("lambda", config=_CONFIG), os.environ["CURRENT_VERSION"])
    tell(boto3.client("codedeploy", config=_CONFIG), event, verdict)
    return {"status": verdict}


def check(client: "LambdaClient", version: str) -> Verdict:
    """Invoke the version with the empty event, and print what it says for the log."""
    answer = client.invoke(FunctionName=version, Payload=b"{}")
    said = answer["Payload"].read(65_536)
    if answer.get("FunctionError"):
        # The answer of a function that broke may hold anything: the version's own log tells.
        print(json.dumps({"version": version, "passed": False, "error": answer["FunctionError"]}))  # noqa: T201 -- a log line
        return "Failed"
    result = json.loads(said).get("selfTest", {})
    print(json.dumps({"version": version, **result}))  # noqa: T201 -- a log line
    return "Succeeded" if result.get("passed") is True else "Failed"


def tell(client: "CodeDeployClient", event: "Mapping[str, str]", verdict: Verdict) -> None:
    """Tell CodeDeploy to go on, or to roll back."""
    client.put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=verdict,
    )
