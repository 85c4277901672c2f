"""An AWS on this machine, with the stack deployed to it, for the demo, for playing and for tests.

Needs no account and no Docker. It is ministack, which runs functions on its own Python, so it does not notice
a package that is missing in the layers: the built artefact is tested separately.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from export_adapter_workstation.local.aws.aws import EmbeddedAws, EmbeddedAwsError, Say
from export_adapter_workstation.local.aws.server import running
from export_adapter_workstation.local.aws.stack import StackOutputs, build, deploy
from export_adapter_workstation.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "DeployedStack",
    "EmbeddedAws",
    "EmbeddedAwsError",
    "Say",
    "StackOutputs",
    "build",
    "deploy",
    "deployed_stack",
    "run_directory",
    "running",
]


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """The stack, and the AWS that it is deployed to."""

    aws: EmbeddedAws
    outputs: StackOutputs


@contextlib.contextmanager
def run_directory() -> Iterator[Path]:
    """Make a folder for one run, in the project's `.run`.

    It is removed at the end, except after an error, whose message names its logs.
    """
    parent = ROOT / ".run"
    parent.mkdir(exist_ok=True)
    directory = Path(tempfile.mkdtemp(dir=parent))
    keep = False
    try:
        yield directory
    except Exception:
        keep = True
        raise
    finally:
        if not keep:
            shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def deployed_stack(
    *,
    pleo_base_url: str,
    parameters: Mapping[str, str] | None = None,
    project: Path = ROOT,
    say: Say,
) -> Iterator[DeployedStack]:
    """Start an embedded AWS, build and deploy the stack, and stop everything afterwards.

    Args:
        pleo_base_url: Where the function finds Pleo, such as the URL of a local Pleo.
        parameters: Template parameters that differ from those of samconfig.toml's `local`.
        project: The folder of the template to deploy.
        say: Told one sentence at the beginning of every step.

    Raises:
        EmbeddedAwsError: A part is not installed, does not start, build or deploy.
    """
    with run_directory() as directory, running(directory, say=say) as aws:
        built_template = build(aws, say=say, project=project)
        outputs = deploy(
            aws,
            built_template,
            pleo_base_url=pleo_base_url,
            parameters=parameters,
            say=say,
            project=project,
        )
        yield DeployedStack(aws=aws, outputs=outputs)
