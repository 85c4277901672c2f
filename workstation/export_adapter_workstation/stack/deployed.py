"""What AWS says of a deployed stack."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.aws_errors import NO_QUEUE, code_of, plain_words

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_lambda.type_defs import (
        AliasConfigurationResponseTypeDef,
        EventSourceMappingConfigurationTypeDef,
        FunctionConfigurationResponseTypeDef,
    )

LIVE: Final = "live"
"""The alias that the queue invokes."""

UNREADABLE: Final = (ClientError, BotoCoreError, KeyError, ValueError)
"""What reading raises: no permission, or an AWS that does not offer it, or leaves it out of its answer."""


def is_missing(failed: Exception) -> bool:
    """Return whether AWS says that what was to be read does not exist."""
    return isinstance(failed, ClientError) and code_of(failed) in NO_QUEUE | {"ResourceNotFoundException"}


def why_unreadable(failed: Exception) -> str:
    """Say why something could not be read."""
    if is_missing(failed):
        return "it does not exist"
    if isinstance(failed, ClientError | BotoCoreError):
        return plain_words(failed)
    return "the answer does not say"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue. `asked_at` is by AWS's clock."""

    url: str
    attributes: Mapping[str, str]
    asked_at: datetime | None

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.attributes["QueueArn"]

    def number(self, name: str, default: int = 0) -> int:
        """Return an attribute that is a number; times are in seconds."""
        return int(self.attributes.get(name, default))

    def policy(self, name: str) -> dict[str, Any]:
        """Return an attribute that is a JSON object; an empty one where it is not set."""
        value: dict[str, Any] = json.loads(self.attributes.get(name) or "{}")
        return value


class NoText(Enum):
    """Why a secret that exists has no text."""

    EMPTY = "empty"
    TO_BE_DELETED = "to be deleted"


class Deployed:
    """A deployed stack; each part is read when it is first needed, and raises one of UNREADABLE."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.function_name = stack.outputs.update_export_items_function_name

    @cached_property
    def main(self) -> Queue:
        """The main queue."""
        return self._queue(self.stack.outputs.export_results_queue_url)

    @cached_property
    def dead(self) -> Queue:
        """The dead-letter queue."""
        return self._queue(self.stack.outputs.dead_letter_queue_url)

    def _queue(self, url: str) -> Queue:
        answer = self.stack.clients.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        attributes = {str(name): value for name, value in answer["Attributes"].items()}
        date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
        return Queue(url, attributes, parsedate_to_datetime(date) if date else None)

    @cached_property
    def live(self) -> "FunctionConfigurationResponseTypeDef":
        """The version of the function that the queue invokes."""
        client = self.stack.clients.lambda_()
        return client.get_function_configuration(FunctionName=self.function_name, Qualifier=LIVE)

    @cached_property
    def latest(self) -> "FunctionConfigurationResponseTypeDef":
        """The function as it was deployed last, whether or not a version was published of it."""
        return self.stack.clients.lambda_().get_function_configuration(FunctionName=self.function_name)

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """The environment variables of the live version; none where it cannot be read."""
        try:
            return settings_of(self.live)
        except UNREADABLE:
            return {}

    @cached_property
    def alias(self) -> "AliasConfigurationResponseTypeDef":
        """Where the alias points to."""
        return self.stack.clients.lambda_().get_alias(FunctionName=self.function_name, Name=LIVE)

    @cached_property
    def event_sources(self) -> "Sequence[EventSourceMappingConfigurationTypeDef]":
        """The event source mappings of the alias."""
        name = f"{self.function_name}:{LIVE}"
        return self.stack.clients.lambda_().list_event_source_mappings(FunctionName=name)[
            "EventSourceMappings"
        ]

    @cached_property
    def secret(self) -> str | NoText:
        """The secret's text, or why it has none."""
        client = self.stack.clients.secrets_manager()
        try:
            answer = client.get_secret_value(SecretId=self.stack.outputs.pleo_credentials_arn)
        except ClientError as refused:
            message = refused.response.get("Error", {}).get("Message", "")
            # The same code for a secret without a value and for no secret: only the words differ.
            if code_of(refused) == "ResourceNotFoundException" and "secret value" in message:
                return NoText.EMPTY
            if code_of(refused) == "InvalidRequestException" and "deletion" in message:
                return NoText.TO_BE_DELETED
            raise
        return answer.get("SecretString", NoText.EMPTY)


def settings_of(function: "FunctionConfigurationResponseTypeDef") -> Mapping[str, str]:
    """Return a version's environment variables."""
    return function.get("Environment", {}).get("Variables", {})
