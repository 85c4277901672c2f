"""A running embedded AWS, and the clients that talk to it and to nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

type Say = Callable[[str], None]
"""Takes one sentence about the step that begins."""

HOST: Final = "127.0.0.1"
REGION: Final = "eu-west-1"
_CREDENTIALS: Final = "test"

# An empty mapping of proxies: none at all would make botocore read those of the environment.
_DIRECT: Final = Config(proxies={}, connect_timeout=5, read_timeout=70, retries={"mode": "standard"})


class EmbeddedAwsError(Exception):
    """The embedded AWS or the stack on it did not come up. The message says what to do."""


@dataclass(frozen=True, slots=True)
class EmbeddedAws:
    """A running embedded AWS. Its clients read neither the user's AWS settings nor proxies."""

    port: int
    directory: Path
    """The folder of its log, and of everything that it and SAM write."""

    @property
    def endpoint_url(self) -> str:
        """Where every service listens."""
        return f"http://{HOST}:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """Environment variables with which any AWS tool, such as `aws`, talks to this AWS alone."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": _CREDENTIALS,
            "AWS_SECRET_ACCESS_KEY": _CREDENTIALS,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def sqs(self) -> SQSClient:
        """Make a client for the queues."""
        return session().client("sqs", endpoint_url=self.endpoint_url, config=_DIRECT)

    def secrets_manager(self) -> SecretsManagerClient:
        """Make a client for the credentials."""
        return session().client("secretsmanager", endpoint_url=self.endpoint_url, config=_DIRECT)

    def lambda_(self) -> LambdaClient:
        """Make a client for the function and its event source mapping."""
        return session().client("lambda", endpoint_url=self.endpoint_url, config=_DIRECT)

    def logs(self) -> CloudWatchLogsClient:
        """Make a client for what the function logs."""
        return session().client("logs", endpoint_url=self.endpoint_url, config=_DIRECT)

    def cloudwatch(self) -> CloudWatchClient:
        """Make a client for metrics and alarms."""
        return session().client("cloudwatch", endpoint_url=self.endpoint_url, config=_DIRECT)

    def cloudformation(self) -> CloudFormationClient:
        """Make a client for the stack."""
        return session().client("cloudformation", endpoint_url=self.endpoint_url, config=_DIRECT)


def session() -> boto3.Session:
    """Make a session that reads no profile and no file of the user; its clients need an endpoint."""
    unread = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.Session(
        aws_access_key_id=_CREDENTIALS,
        aws_secret_access_key=_CREDENTIALS,
        region_name=REGION,
        botocore_session=botocore.session.Session(session_vars=unread),
    )
