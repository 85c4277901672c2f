"""The whole of it on this machine: the deployed stack, and a local Pleo that it talks to."""

import contextlib
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import batched
from typing import TYPE_CHECKING, Final

from export_adapter_workstation.embedded_aws import DeployedStack, EmbeddedAwsError, Say, deployed_stack
from export_adapter_workstation.events import NotInPleo
from export_adapter_workstation.local_pleo import Credential, JobStatus, LocalPleo, jobs_for

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

ACCESS_TOKEN: Final = "test"  # noqa: S105 -- the local Pleo's only credential
_AT_ONCE: Final = 10
_DRAIN_SECONDS: Final = 120
_LOOK_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class LocalAdapter:
    """A deployed stack and its Pleo."""

    pleo: LocalPleo
    stack: DeployedStack

    def hold_jobs_of(self, messages: Iterable[str], absent: NotInPleo) -> None:
        """Let Pleo hold the export jobs that messages speak of; those that it holds already stay."""
        for job in jobs_for(messages, without=absent.unknown):
            if self.pleo.job(job.job_id) is None:
                finished = job.job_id in absent.finished
                self.pleo.create_job(replace(job, status=JobStatus.COMPLETED) if finished else job)

    def send(self, messages: Iterable[str]) -> None:
        """Put messages on the main queue.

        Raises:
            EmbeddedAwsError: The queue did not take them all.
        """
        sqs = self.stack.aws.sqs()
        for bodies in batched(messages, _AT_ONCE, strict=False):
            answer = sqs.send_message_batch(
                QueueUrl=self.stack.outputs.export_results_queue_url,
                Entries=[{"Id": str(place), "MessageBody": body} for place, body in enumerate(bodies)],
            )
            if answer.get("Failed"):
                raise EmbeddedAwsError(f"The queue refused messages: {answer['Failed']}")

    def wait_until_drained(self) -> None:
        """Wait until the main queue holds no message, neither visible nor in flight.

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
        sqs = self.stack.aws.sqs()
        url = self.stack.outputs.dead_letter_queue_url
        found: list[MessageTypeDef] = []
        while received := sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=_AT_ONCE,
            MessageAttributeNames=["All"],
            VisibilityTimeout=30,
        ).get("Messages"):
            found.extend(received)
        for message in found:
            sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        return found


@contextlib.contextmanager
def local_adapter(say: Say) -> Iterator[LocalAdapter]:
    """Start a local Pleo, deploy the stack to an embedded AWS, and put the credentials in its secret.

    Raises:
        EmbeddedAwsError: A part did not come up.
    """
    say("Starting a local Pleo")
    credential = Credential("local", ACCESS_TOKEN)
    with (
        LocalPleo(credentials=[credential]) as pleo,
        deployed_stack(pleo_base_url=pleo.url, say=say) as stack,
    ):
        stack.aws.secrets_manager().put_secret_value(
            SecretId=stack.outputs.pleo_credentials_arn,
            SecretString=json.dumps({"accessToken": ACCESS_TOKEN}),
        )
        yield LocalAdapter(pleo, stack)
