"""Each setting reaches the part that it is for: values that no default has are found again where they act."""

import random
import time
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.config import Config

from export_adapter import wiring
from export_adapter.batch import MAX_ITEMS
from export_adapter.classify.classifier import no_documents
from export_adapter.deliver.delivery import Delivery
from export_adapter.deliver.http import PooledHttp
from export_adapter.deliver.secrets import SecretsManagerCredentials
from export_adapter.model import ApiVersion
from export_adapter.settle.queues import LONGEST_CALL, SqsDeadLetterQueue, SqsVisibilityTimeouts

ENVIRONMENT = {
    "PLEO_BASE_URL": "https://pleo.test/base",
    "PLEO_API_VERSION": "v3",
    "PLEO_SECRET_ID": "company/{companyId}",
    "PLEO_DEFAULT_SECRET_ID": "the-default-one",
    "EXPORT_RESULTS_QUEUE_URL": "https://sqs.test/results",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.test/dead-letters",
    "MAX_RECEIVE_COUNT": "7",
    "DELIVERY_THREADS": "3",
    "REQUEST_SECONDS": "9",
    "SETTLE_SECONDS": "21",
    "LONGEST_PAUSE_SECONDS": "111",
    "OWN_RULES": "ssm:/rules",
    "POWERTOOLS_METRICS_NAMESPACE": "Namespace",
    "POWERTOOLS_SERVICE_NAME": "service",
}


class Wired:
    """The adapter of an environment, and what it was made with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
        self.clients: dict[str, Config] = {}
        self.rules: list[tuple[str, Config]] = []
        make_client = boto3.client

        def client(name: str, **options: Any) -> Any:  # noqa: ANN401 -- any service's
            self.clients[name] = options["config"]
            return make_client(name, region_name="eu-west-1", **options)  # type: ignore[call-overload]  # as above

        def rule_documents(source: str, config: Config) -> object:
            self.rules.append((source, config))
            return no_documents

        monkeypatch.setattr(boto3, "client", client)
        monkeypatch.setattr(wiring, "rule_documents", rule_documents)
        self.adapter = wiring.adapter({**ENVIRONMENT, **changes})
        assert isinstance(self.adapter.flow.delivery, Delivery)
        self.delivery = self.adapter.flow.delivery


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> Wired:
    return Wired(monkeypatch)


def test_pleo_is_where_and_what_the_settings_say(wired: Wired) -> None:
    pleo = wired.delivery.pleo

    assert (pleo.base_url, pleo.version, pleo.request_seconds) == ("https://pleo.test/base", ApiVersion.V3, 9)
    assert wired.adapter.flow.version is ApiVersion.V3
    assert (pleo.clock, pleo.now) == (time.monotonic, time.time)


def test_jobs_are_delivered_on_as_many_threads_and_connections_as_the_settings_say(wired: Wired) -> None:
    http: Any = wired.delivery.pleo.http

    assert isinstance(http, PooledHttp)
    assert wired.delivery.threads == 3
    assert vars(http)["_pool"].connection_pool_kw["maxsize"] == 3
    assert wired.delivery.limit.items == MAX_ITEMS


def test_pauses_are_drawn_at_random(wired: Wired) -> None:
    assert wired.delivery.backoff.random == random.random
    assert wired.adapter.flow.settlement.random == random.random
    assert wired.delivery.sleep == time.sleep


def test_settling_has_its_time_its_pauses_and_its_receives(wired: Wired) -> None:
    settlement = wired.adapter.flow.settlement

    assert wired.adapter.flow.settle_seconds == 21
    assert (settlement.max_receive_count, settlement.longest_pause) == (7, 111)
    assert isinstance(settlement.dead_letter_queue, SqsDeadLetterQueue)
    assert isinstance(settlement.visibility_timeouts, SqsVisibilityTimeouts)
    assert settlement.dead_letter_queue.url == "https://sqs.test/dead-letters"
    assert settlement.visibility_timeouts.url == "https://sqs.test/results"


def test_secrets_are_named_as_the_settings_say(wired: Wired) -> None:
    store: Any = wired.delivery.store

    assert isinstance(store, SecretsManagerCredentials)
    fields = vars(store)
    assert (fields["_secret_id"], fields["_default_id"]) == ("company/{companyId}", "the-default-one")
    assert isinstance(fields["_reader"], SecretsProvider)


def test_the_self_test_tries_what_the_deliveries_use(wired: Wired) -> None:
    self_test = wired.adapter.self_test

    assert (self_test.store, self_test.pleo) == (wired.delivery.store, wired.delivery.pleo)


@pytest.mark.parametrize(("secret_id", "is_one"), [("company/{companyId}", False), ("pleo", True)])
def test_all_parts_know_whether_one_secret_serves_all_companies(
    monkeypatch: pytest.MonkeyPatch, secret_id: str, *, is_one: bool
) -> None:
    wired = Wired(monkeypatch, PLEO_SECRET_ID=secret_id)

    assert wired.adapter.flow.one_secret is is_one
    assert wired.adapter.self_test.needs_default is is_one
    assert vars(wired.delivery.memory)["_by_company"] is not is_one


def test_every_client_of_aws_gives_up_within_the_time_that_is_reckoned_with(wired: Wired) -> None:
    assert wired.clients.keys() == {"sqs", "secretsmanager"}
    ((source, for_rules),) = wired.rules
    assert source == "ssm:/rules"
    for config in (*wired.clients.values(), for_rules):
        made: Any = config
        attempts = made.retries["total_max_attempts"]
        assert attempts * (made.connect_timeout + made.read_timeout) + attempts - 1 <= LONGEST_CALL


def test_metrics_and_lines_carry_the_settings_names(wired: Wired) -> None:
    telemetry = wired.adapter.telemetry

    assert (telemetry.namespace, telemetry.service) == ("Namespace", "service")
    assert telemetry.name_of("Xero") == "xero"
