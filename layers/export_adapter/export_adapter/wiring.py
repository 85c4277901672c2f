"""Puts the adapter together from its settings. Here alone the edge's real parts are chosen."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import boto3
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.config import Config

from export_adapter.batch import MAX_ITEMS
from export_adapter.classify.classifier import CurrentClassifier, RefusedRules
from export_adapter.deadline import Deadline
from export_adapter.deliver.delivery import Delivery
from export_adapter.deliver.http import PooledHttp
from export_adapter.deliver.job import SizeLimit
from export_adapter.deliver.pleo import Pleo
from export_adapter.deliver.retry import Backoff
from export_adapter.deliver.secrets import SecretsManagerCredentials
from export_adapter.deliver.terminal_memory import TerminalMemory
from export_adapter.flow import Flow
from export_adapter.model import Json
from export_adapter.read.reader import NotSqsRecordsError
from export_adapter.rule_documents import rule_documents
from export_adapter.self_test import SelfTest, as_json
from export_adapter.settings import Settings
from export_adapter.settle.queues import SqsDeadLetterQueue, SqsVisibilityTimeouts
from export_adapter.settle.settlement import Settlement
from export_adapter.telemetry import Telemetry

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_sqs import SQSClient

_AWS: Final = Config(
    # botocore's own defaults wait for minutes; a call and its retry stay below settle.queues.LONGEST_CALL.
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
)


class InvocationFailedError(Exception):
    """A fault of the adapter's own met the whole event; the log has its trace."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """The adapter as the handler uses it; one per environment."""

    flow: Flow
    refresh_rules: Callable[[], RefusedRules]
    telemetry: Telemetry
    clock: Callable[[], float]
    self_test: SelfTest

    def handle(self, event: Mapping[str, Json], remaining_ms: int, request_id: str = "") -> dict[str, Json]:
        """Handle one event of the queue, with `remaining_ms` milliseconds left to do it.

        `request_id` is the invocation's, for the log.

        The response always has the form that SQS understands: an empty or malformed one would delete
        the whole batch. An empty event asks for a self-test, whose result comes along.

        Raises:
            NotSqsRecordsError: The event's records are not SQS records; the whole batch goes back.
            InvocationFailedError: A fault of the adapter's own; the whole batch goes back.
        """
        self.telemetry.begin(request_id)
        if not event:
            return {"batchItemFailures": [], "selfTest": as_json(self.self_test.run())}
        records = event.get("Records")
        deadline = Deadline(self.clock, self.clock() + remaining_ms / 1000)
        try:
            self.telemetry.refused_rules(self.refresh_rules())
            report = self.flow.run(records if isinstance(records, list) else [], deadline)
        except NotSqsRecordsError:
            raise
        except Exception as bug:  # noqa: BLE001 -- whatever it is, it is raised again
            # Lambda writes what is raised to the log, text and causes included, and that may hold anything.
            self.telemetry.fault("the event could not be handled", bug)
            raise InvocationFailedError(f"{type(bug).__name__}: see the line before") from None
        self.telemetry.report(report, deadline)
        return {
            "batchItemFailures": [{"itemIdentifier": each} for each in report.settlement.batch_item_failures]
        }


def adapter(environment: Mapping[str, str]) -> Adapter:
    """Build the adapter.

    Raises:
        InvalidSettingError: A setting is missing or wrong.
        InvalidRuleSourceError: OWN_RULES names no place that rules can be read from.
    """
    settings = Settings.from_environment(environment)
    classifier = CurrentClassifier(rule_documents(settings.own_rules, _AWS))
    delivery = _delivery(settings)
    sqs: SQSClient = boto3.client("sqs", config=_AWS)
    telemetry = Telemetry(
        namespace=settings.metrics_namespace, service=settings.service, name_of=classifier.known_system
    )
    flow = Flow(
        classifier=classifier,
        version=settings.pleo_api_version,
        delivery=delivery,
        settlement=Settlement(
            dead_letter_queue=SqsDeadLetterQueue(sqs, settings.dead_letter_queue_url),
            visibility_timeouts=SqsVisibilityTimeouts(sqs, settings.export_results_queue_url),
            max_receive_count=settings.max_receive_count,
            random=random.random,
            longest_pause=settings.longest_pause_seconds,
            now=time.time,
        ),
        settle_seconds=settings.settle_seconds,
        one_secret=settings.one_secret,
    )
    self_test = SelfTest(
        delivery.store,
        delivery.pleo,
        uuid4,
        classifier.refresh,
        needs_default=settings.one_secret,
    )
    return Adapter(flow, classifier.refresh, telemetry, time.monotonic, self_test)


def _delivery(settings: Settings) -> Delivery:
    secrets = SecretsProvider(boto3_client=boto3.client("secretsmanager", config=_AWS))
    return Delivery(
        pleo=Pleo(
            http=PooledHttp(settings.delivery_threads, time.monotonic),
            base_url=settings.pleo_base_url,
            version=settings.pleo_api_version,
            request_seconds=settings.request_seconds,
            clock=time.monotonic,
            now=time.time,
        ),
        store=SecretsManagerCredentials(
            secrets, settings.secret_id, settings.default_secret_id, time.monotonic
        ),
        limit=SizeLimit(MAX_ITEMS),
        memory=TerminalMemory(by_company=not settings.one_secret),
        backoff=Backoff(random.random),
        threads=settings.delivery_threads,
        sleep=time.sleep,
    )
