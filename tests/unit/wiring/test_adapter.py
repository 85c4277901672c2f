import io
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger

from export_adapter.classify.classifier import RefusedRules
from export_adapter.model import Json
from export_adapter.self_test import SelfTest
from export_adapter.settings import InvalidSettingError
from export_adapter.settle.queues import LONGEST_CALL, SqsDeadLetterQueue, SqsVisibilityTimeouts
from export_adapter.telemetry import Telemetry
from export_adapter.wiring import Adapter, InvocationFailedError, adapter
from tests.fakes.adapter import FakeAdapter
from tests.fakes.messages import entry, job, message, raw_record, result
from tests.fakes.pleo import Fault, error

ENVIRONMENT = {
    "PLEO_BASE_URL": "https://pleo.test",
    "PLEO_SECRET_ID": "pleo",
    "EXPORT_RESULTS_QUEUE_URL": "https://sqs.test/results",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.test/dead-letters",
}


def self_test_of(fakes: FakeAdapter, *, needs_default: bool = True) -> SelfTest:
    return SelfTest(fakes.store, fakes.api, uuid4, RefusedRules, needs_default=needs_default)


@pytest.fixture
def fakes() -> FakeAdapter:
    fakes = FakeAdapter()
    fakes.pleo.hold(job(), *(entry(number) for number in range(10)))
    return fakes


@pytest.fixture
def handler(fakes: FakeAdapter) -> Adapter:
    """The adapter as the Lambda handler uses it, over fakes."""
    quiet = Telemetry(Logger(service=f"test-{uuid4()}", stream=io.StringIO()))
    return Adapter(fakes.flow, RefusedRules, quiet, fakes.clock, self_test_of(fakes))


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> Adapter:
    """The adapter with its real edges, of which none is used."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return adapter(ENVIRONMENT)


def test_what_was_settled_is_answered_with_an_empty_list_of_failures(handler: Adapter) -> None:
    assert handler.handle({"Records": [raw_record(message(result(1)))]}, 60_000) == {"batchItemFailures": []}


def test_what_goes_back_is_named_in_the_answer_once_each(handler: Adapter, fakes: FakeAdapter) -> None:
    fakes.pleo.faults.extend([Fault(error(403, "FORBIDDEN"))] * 2)
    names = ("good", "other", "other")
    records: list[Json] = [
        raw_record(message(result(number), exportJobId=job(number % 2 + 1)), name)
        for number, name in enumerate(names)
    ]
    fakes.pleo.hold(job(2), entry(1))
    assert handler.handle({"Records": records}, 60_000) == {
        "batchItemFailures": [{"itemIdentifier": "good"}, {"itemIdentifier": "other"}]
    }


@pytest.mark.parametrize("event", [{"Records": []}, {"Records": None}, {"detail-type": "Scheduled Event"}])
def test_an_event_without_records_is_answered_in_the_form_that_sqs_understands(
    handler: Adapter, event: dict[str, Json]
) -> None:
    assert handler.handle(event, 60_000) == {"batchItemFailures": []}


def test_an_event_of_other_records_raises_so_that_nothing_of_it_is_deleted(handler: Adapter) -> None:
    with pytest.raises(TypeError, match="not SQS records"):
        handler.handle({"Records": [{"Sns": {}}]}, 60_000)


def test_the_time_that_is_left_is_counted_in_milliseconds(handler: Adapter, fakes: FakeAdapter) -> None:
    too_little_to_send = 15_900
    answer = handler.handle({"Records": [raw_record(message(result(1)))]}, too_little_to_send)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert fakes.pleo.requests == []
    assert handler.handle({"Records": [raw_record(message(result(1)))]}, 16_100) == {"batchItemFailures": []}


def test_no_call_to_sqs_can_take_longer_than_settling_reckons_with(wired: Adapter) -> None:
    settlement = wired.flow.settlement
    assert isinstance(settlement.dead_letter_queue, SqsDeadLetterQueue)
    assert isinstance(settlement.visibility_timeouts, SqsVisibilityTimeouts)
    longest_backoff = 1.0  # botocore's standard mode, before a first retry
    for client in (settlement.dead_letter_queue.client, settlement.visibility_timeouts.client):
        config: dict[str, Any] = vars(client.meta.config)
        attempts = config["retries"]["total_max_attempts"]
        assert config["retries"]["mode"] == "standard"
        one = config["connect_timeout"] + config["read_timeout"]
        assert attempts * one + (attempts - 1) * longest_backoff <= LONGEST_CALL


def test_each_queue_is_used_for_its_own_purpose(wired: Adapter) -> None:
    settlement = wired.flow.settlement
    assert isinstance(settlement.dead_letter_queue, SqsDeadLetterQueue)
    assert isinstance(settlement.visibility_timeouts, SqsVisibilityTimeouts)
    assert settlement.dead_letter_queue.url == ENVIRONMENT["DEAD_LETTER_QUEUE_URL"]
    assert settlement.visibility_timeouts.url == ENVIRONMENT["EXPORT_RESULTS_QUEUE_URL"]


def test_a_deployment_with_a_wrong_setting_fails_when_it_starts() -> None:
    with pytest.raises(InvalidSettingError, match="PLEO_BASE_URL"):
        adapter({**ENVIRONMENT, "PLEO_BASE_URL": "http://pleo.test"})


def test_a_fault_while_the_rules_are_looked_at_fails_the_event_without_its_text(handler: Adapter) -> None:
    def broken() -> RefusedRules:
        raise KeyError("marked")

    with pytest.raises(InvocationFailedError, match=r"^KeyError: see the line before$") as raised:
        replace(handler, refresh_rules=broken).handle({"Records": [raw_record(message(result(1)))]}, 60_000)

    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
