"""Which deployed stack a command works on, and the clients for it: in an AWS account, or the local one."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from export_adapter_workstation.local.aws import StackOutputs
from export_adapter_workstation.local.aws.aws import REGION
from export_adapter_workstation.local.aws.aws import session as embedded_session
from export_adapter_workstation.local.running_stack import RunningStack
from export_adapter_workstation.stack.aws_errors import code_of

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_OUTPUTS: Final = {
    "export_results_queue_url": "ExportResultsQueueUrl",
    "dead_letter_queue_url": "DeadLetterQueueUrl",
    "update_export_items_function_name": "UpdateExportItemsFunctionName",
    "pleo_credentials_arn": "PleoCredentialsArn",
}
_KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


class StackNotUsableError(Exception):
    """The stack does not exist, or was not made from this template. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Clients:
    """Makes clients for one account and region. None of them waits longer than about a minute."""

    session: boto3.Session
    endpoint_url: str | None = None

    def sqs(self) -> "SQSClient":
        """Make a client for the queues."""
        return self.session.client("sqs", **self._options())

    def cloudformation(self) -> "CloudFormationClient":
        """Make a client for the stack."""
        return self.session.client("cloudformation", **self._options())

    def cloudwatch(self) -> "CloudWatchClient":
        """Make a client for the alarms."""
        return self.session.client("cloudwatch", **self._options())

    def lambda_(self) -> "LambdaClient":
        """Make a client for the function, which may take a minute to answer."""
        return self.session.client("lambda", **self._options(read_timeout=70))

    def secrets_manager(self) -> "SecretsManagerClient":
        """Make a client for the credentials."""
        return self.session.client("secretsmanager", **self._options())

    def _options(self, read_timeout: int = 20) -> dict[str, Any]:
        config = Config(
            connect_timeout=5,
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": 3},
            # An empty mapping: with None botocore reads the proxies of the environment.
            proxies={} if self.endpoint_url else None,
        )
        return {"endpoint_url": self.endpoint_url, "config": config}


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack. `options` name it again on a command line, `aws_options` its account for `aws`.

    `aws_environment` is what a plain shell has to set before `aws`, as NAME=VALUE. `pleo_url` is where the
    local Pleo listens. Archives of discarded messages go into `state_folder`.
    """

    name: str
    where: str
    outputs: StackOutputs
    clients: Clients
    state_folder: Path
    options: tuple[str, ...]
    aws_options: tuple[str, ...] = ()
    aws_environment: tuple[str, ...] = ()
    pleo_url: str | None = None

    @property
    def title(self) -> str:
        """The stack in a few words, for the first line of every output."""
        return f"{self.name} ({self.where})"

    def command(self, *words: str) -> str:
        """Return a command of this program on this stack, to be copied into a terminal."""
        return " ".join((".venv/bin/export-adapter", *words, *self.options))

    def aws(self, command: str) -> str:
        """Return a command of the AWS CLI for this stack's account and region."""
        return " ".join((*self.aws_environment, "aws", command, *self.aws_options))


def local(running: RunningStack) -> Stack:
    """Reach the stack that `make up` keeps running."""
    return Stack(
        name="export-adapter-local",  # as in samconfig.toml
        where="on this machine",
        outputs=running.outputs,
        clients=Clients(embedded_session(), running.aws.endpoint_url),
        # An archive of messages that end with `make up` ends with it.
        state_folder=running.aws.directory,
        options=("--local",),
        aws_options=("--endpoint-url", running.aws.endpoint_url, "--region", REGION),
        aws_environment=tuple(f"{name}={running.aws.settings[name]}" for name in _KEYS),
        pleo_url=running.pleo_url,
    )


def in_account(name: str, profile: str | None, region: str | None) -> Stack:
    """Reach a stack in an AWS account, by the credentials of a profile or of the environment.

    Raises:
        StackNotUsableError: The stack does not exist, or was not made from this template.
        BotoCoreError: There are no credentials, no region or no connection.
        ClientError: AWS refuses the request.
    """
    session = boto3.Session(profile_name=profile, region_name=region)
    clients = Clients(session)
    account = (("--profile", profile) if profile else ()) + (("--region", region) if region else ())
    state_home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Stack(
        name=name,
        where=str(clients.cloudformation().meta.region_name),
        outputs=_outputs(clients, name),
        clients=clients,
        state_folder=Path(state_home) / "export-adapter",
        options=(*account, "--stack-name", name),
        aws_options=account,
    )


def _outputs(clients: Clients, name: str) -> StackOutputs:
    try:
        (stack,) = clients.cloudformation().describe_stacks(StackName=name)["Stacks"]
    except ClientError as refused:
        if code_of(refused) != "ValidationError":
            raise
        raise StackNotUsableError(
            f"There is no stack {name} in this account and region. "
            "Name another one (--stack-name, --region, --profile)."
        ) from refused
    values = {
        output.get("OutputKey", ""): output.get("OutputValue", "") for output in stack.get("Outputs", ())
    }
    missing = [key for key in _OUTPUTS.values() if not values.get(key)]
    if missing:
        raise StackNotUsableError(
            f"The stack {name} is not an export adapter: it has no output {missing[0]}."
        )
    return StackOutputs(**{field: values[key] for field, key in _OUTPUTS.items()})
