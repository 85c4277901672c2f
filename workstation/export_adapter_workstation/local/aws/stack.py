"""Builds and deploys the stack on an embedded AWS, with the same `sam` commands as in production."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from export_adapter_workstation.local.aws.aws import HOST, EmbeddedAws, EmbeddedAwsError, Say
from export_adapter_workstation.local.aws.server import last_lines
from export_adapter_workstation.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_cloudformation import CloudFormationClient

_SAM: Final = Path(sys.prefix) / "bin" / "sam"
_CONFIGURATION: Final = "local"
_STEP_SECONDS: Final = 600
_ARM: Final = frozenset({"arm64", "aarch64"})


@dataclass(frozen=True, slots=True)
class StackOutputs:
    """The outputs of the template, by which everything else finds the deployed stack."""

    export_results_queue_url: str
    dead_letter_queue_url: str
    update_export_items_function_name: str
    pleo_credentials_arn: str


def build(aws: EmbeddedAws, *, say: Say, project: Path = ROOT) -> Path:
    """Build the function and its layers, away from what is built for real accounts.

    Args:
        aws: Its folder takes the build.
        say: Told when the build begins.
        project: The folder of the template to build.

    Returns:
        The built template.

    Raises:
        EmbeddedAwsError: SAM is not installed, or the build failed.
    """
    say("Building the function and its layers (sam build)")
    build_directory = aws.directory / "build"
    _sam(
        aws,
        "build",
        *("--template-file", str(project / "template.yaml")),
        *("--config-file", str(project / "samconfig.toml"), "--config-env", _CONFIGURATION),
        *("--build-dir", str(build_directory), "--no-cached"),
    )
    return build_directory / "template.yaml"


def deploy(
    aws: EmbeddedAws,
    built_template: Path,
    *,
    pleo_base_url: str,
    parameters: Mapping[str, str] | None = None,
    say: Say,
    project: Path = ROOT,
) -> StackOutputs:
    """Deploy a built template, or deploy it again over the stack that is there.

    Args:
        aws: Where to.
        built_template: What `build` returned.
        pleo_base_url: Where the function finds Pleo.
        parameters: Template parameters that differ from those of samconfig.toml's `local`.
        say: Told when the deployment begins.
        project: The folder of samconfig.toml.

    Raises:
        EmbeddedAwsError: SAM is not installed, or the deployment failed.
    """
    say("Deploying the stack (sam deploy)")
    configuration = tomllib.loads((project / "samconfig.toml").read_text(encoding="utf-8"))[_CONFIGURATION]
    overrides = dict(
        pair.split("=", 1)
        for pair in shlex.split(configuration["deploy"]["parameters"]["parameter_overrides"])
    )
    overrides |= {
        "PleoBaseUrl": pleo_base_url,
        "Architecture": "arm64" if platform.machine().lower() in _ARM else "x86_64",
        **(parameters or {}),
    }
    _sam(
        aws,
        "deploy",
        *("--template-file", str(built_template)),
        *("--config-file", str(project / "samconfig.toml"), "--config-env", _CONFIGURATION),
        *("--parameter-overrides", *(f"{name}={value}" for name, value in overrides.items())),
    )
    outputs = _outputs(aws.cloudformation(), configuration["global"]["parameters"]["stack_name"])
    _give_the_event_source_mapping_numbers(aws, outputs)
    return outputs


def _sam(aws: EmbeddedAws, command: str, *arguments: str) -> None:
    if not _SAM.exists():
        raise EmbeddedAwsError("SAM CLI is not installed. Run: make setup")
    log = aws.directory / f"sam-{command}.log"
    with log.open("wb") as output:
        try:
            ended = subprocess.run(  # noqa: S603 -- this project's own SAM
                [_SAM, command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_sam_environment(aws),
                # So that the other files that SAM writes are in this folder.
                cwd=aws.directory,
                timeout=_STEP_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedAwsError(
                f"sam {command} did not end within {_STEP_SECONDS} s. Its log: {log}"
            ) from error
    if ended.returncode:
        raise EmbeddedAwsError(f"sam {command} failed. The end of its log, {log}:\n{last_lines(log)}")


def _sam_environment(aws: EmbeddedAws) -> dict[str, str]:
    """Return the user's environment, for pip's settings, without what could lead to a real account."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SAM_CLI_", "PYTHON")) and name.lower() != "no_proxy"
    }
    unproxied = ",".join(
        filter(None, (os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), HOST, "localhost"))
    )
    return {
        **inherited,
        **aws.settings,
        "no_proxy": unproxied,
        "NO_PROXY": unproxied,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",
        # Where SAM stores its state; by default in a folder in the user's home.
        "__SAM_CLI_APP_DIR": str(aws.directory / "sam"),
    }


def _outputs(cloudformation: CloudFormationClient, stack_name: str) -> StackOutputs:
    stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    values = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    return StackOutputs(
        export_results_queue_url=values["ExportResultsQueueUrl"],
        dead_letter_queue_url=values["DeadLetterQueueUrl"],
        update_export_items_function_name=values["UpdateExportItemsFunctionName"],
        pleo_credentials_arn=values["PleoCredentialsArn"],
    )


def _give_the_event_source_mapping_numbers(aws: EmbeddedAws, outputs: StackOutputs) -> None:
    """Set the mapping's numbers again, as numbers.

    The embedded AWS passes parameters of type Number as text, which its poller cannot compare.
    """
    client = aws.lambda_()
    function = f"{outputs.update_export_items_function_name}:live"
    for mapping in client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]:
        client.update_event_source_mapping(
            UUID=mapping["UUID"],
            BatchSize=int(mapping["BatchSize"]),
            MaximumBatchingWindowInSeconds=int(mapping["MaximumBatchingWindowInSeconds"]),
            ScalingConfig={"MaximumConcurrency": int(mapping["ScalingConfig"]["MaximumConcurrency"])},
        )
