"""All of it on this machine: the deployed stack, and a local Pleo that it talks to."""

import contextlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Final

from export_adapter_workstation.local.aws import DeployedStack, EmbeddedAwsError, Say, deployed_stack
from export_adapter_workstation.local.events import NotInPleo
from export_adapter_workstation.local.pleo import Credential, JobStatus, LocalPleo, jobs_for, local_pleo
from export_adapter_workstation.project import ROOT

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

ACCESS_TOKEN: Final = "test"  # noqa: S105 -- the local Pleo's only credential
_AT_ONCE: Final = 10
_DRAIN_SECONDS: Final = 120
_LOOK_SECONDS: Final = 0.3
_LOOK_AT_PARKED_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class LocalAdapter:
    """A deployed stack and its Pleo."""

    pleo: LocalPleo
    stack: DeployedStack

    def create_missing_jobs(self, messages: Iterable[str], absent: NotInPleo) -> None:
        """Create at Pleo the export jobs that messages are about; those that exist already stay."""
        existing = {job.job_id for job in self.pleo.jobs()}
        for job in jobs_for(messages, without=absent.unknown):
            if job.job_id not in existing:
                finished = job.job_id in absent.finished
                self.pleo.create_job(replace(job, status=JobStatus.COMPLETED) if finished else job)

    def send(self, messages: Iterable[str], over_seconds: float = 0.0) -> None:
        """Put messages on the main queue, spread evenly over a number of seconds.

        Raises:
            EmbeddedAwsError: The queue did not take them all.
        """
        sqs = self.stack.aws.sqs()
        batches = list(batched(messages, _AT_ONCE, strict=False))
        for bodies in batches:
            answer = sqs.send_message_batch(
                QueueUrl=self.stack.outputs.export_results_queue_url,
                Entries=[{"Id": str(place), "MessageBody": body} for place, body in enumerate(bodies)],
            )
            if answer.get("Failed"):
                raise EmbeddedAwsError(f"The queue refused messages: {answer['Failed']}")
            time.sleep(over_seconds / len(batches))

    def give_credentials(self, company_id: str, secret_id: str, token: str) -> None:
        """Let Pleo accept a token for one company, and put it in the company's secret."""
        self.accept_token(company_id, token)
        self.put_secret(secret_id, token)

    def accept_token(self, company_id: str, token: str) -> None:
        """Let Pleo accept a token for one company, in place of the token that it accepted before."""
        self.pleo.put_credential(Credential(company_id, token, companies=frozenset({company_id})))

    def put_secret(self, secret_id: str, token: str) -> None:
        """Put a token in a secret, which is created if it does not exist."""
        secrets = self.stack.aws.secrets_manager()
        text = json.dumps({"accessToken": token})
        try:
            secrets.put_secret_value(SecretId=secret_id, SecretString=text)
        except secrets.exceptions.ResourceNotFoundException:
            secrets.create_secret(Name=secret_id, SecretString=text)

    def wait_until_drained(self) -> None:
        """Wait until the main queue has no message, neither visible nor in flight.

        Raises:
            EmbeddedAwsError: It still does after two minutes.
        """
        end = time.monotonic() + _DRAIN_SECONDS
        while waiting := self.messages_on(self.stack.outputs.export_results_queue_url):
            if time.monotonic() > end:
                raise EmbeddedAwsError(
                    f"{waiting} messages are still on the queue after {_DRAIN_SECONDS} s. "
                    f"Logs: {self.stack.aws.directory}"
                )
            time.sleep(_LOOK_SECONDS)

    def messages_on(self, queue_url: str) -> int:
        """Count a queue's messages, whether visible, in flight or delayed."""
        answer = self.stack.aws.sqs().get_queue_attributes(
            QueueUrl=queue_url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )
        return sum(int(count) for count in answer["Attributes"].values())

    def parked(self) -> list["MessageTypeDef"]:
        """Look at all messages of the dead-letter queue; they stay on it."""
        found = self.receive_parked()
        self.put_back_parked(found)
        return found

    def receive_parked(self) -> list["MessageTypeDef"]:
        """Receive all messages of the dead-letter queue; nobody else sees them for two minutes."""
        found: list[MessageTypeDef] = []
        while (
            received := self.stack.aws.sqs()
            .receive_message(
                QueueUrl=self.stack.outputs.dead_letter_queue_url,
                MaxNumberOfMessages=_AT_ONCE,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["DeadLetterQueueSourceArn"],
                VisibilityTimeout=_LOOK_AT_PARKED_SECONDS,
            )
            .get("Messages")
        ):
            found.extend(received)
        return found

    def put_back_parked(self, messages: Iterable["MessageTypeDef"]) -> None:
        """Make parked messages visible again."""
        sqs = self.stack.aws.sqs()
        for some in batched(messages, _AT_ONCE, strict=False):
            sqs.change_message_visibility_batch(
                QueueUrl=self.stack.outputs.dead_letter_queue_url,
                Entries=[
                    {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
                    for place, message in enumerate(some)
                ],
            )

    def stop_consuming(self) -> None:
        """Stop the function from receiving messages."""
        client = self.stack.aws.lambda_()
        function = f"{self.stack.outputs.update_export_items_function_name}:live"
        for mapping in client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)


@contextlib.contextmanager
def local_adapter(
    say: Say, *, parameters: Mapping[str, str] | None = None, project: Path = ROOT
) -> Iterator[LocalAdapter]:
    """Start a local Pleo, deploy the stack to an embedded AWS, and put the credentials in its secret.

    Args:
        say: Told one sentence at the beginning of every step.
        parameters: Template parameters that differ from those of samconfig.toml's `local`.
        project: The folder of the template to deploy.

    Raises:
        EmbeddedAwsError: A part did not come up.
    """
    say("Starting a local Pleo")
    with (
        local_pleo(Credential("local", ACCESS_TOKEN)) as pleo,
        deployed_stack(pleo_base_url=pleo.url, parameters=parameters, project=project, say=say) as stack,
    ):
        adapter = LocalAdapter(pleo, stack)
        adapter.put_secret(stack.outputs.pleo_credentials_arn, ACCESS_TOKEN)
        yield adapter
