"""The main job on the deployed stack: queue, function, layers, secret, local Pleo, dead-letter queue."""

import json

import pytest

from export_adapter_workstation.local.adapter import LocalAdapter
from export_adapter_workstation.local.events import (
    MessageFile,
    NotInPleo,
    message_files,
    not_in_pleo,
    sqs_event,
)
from export_adapter_workstation.local.pleo import EntryRefusal, ReceivedRequest, jobs_for
from tests.end_to_end.messages import message, new_id, successful

pytestmark = pytest.mark.xdist_group("deployed-stack")

NOTHING_ABSENT = NotInPleo(frozenset(), frozenset())


def parked_of(adapter: LocalAdapter, job: str) -> list[tuple[str, str, str]]:
    """Return error type, error message and body of what was parked for a job."""
    found = []
    for parked in adapter.parked():
        values = {name: value.get("StringValue", "") for name, value in parked["MessageAttributes"].items()}
        if values.get("exportJobId") == job:
            found.append((values["errorType"], values["errorMessage"], parked["Body"]))
    return found


def puts_of(adapter: LocalAdapter, job: str) -> list[ReceivedRequest]:
    return [put for put in adapter.pleo.item_updates() if put.job_id == job]


def invoke(adapter: LocalAdapter, bodies: list[str]) -> object:
    """Invoke the function directly: the embedded AWS never hands it more than ten records of a queue."""
    event = sqs_event(MessageFile(f"message-{number}", body) for number, body in enumerate(bodies))
    answer = adapter.stack.aws.lambda_().invoke(
        FunctionName=adapter.stack.outputs.update_export_items_function_name,
        Payload=json.dumps(event).encode(),
    )
    assert not answer.get("FunctionError")
    return json.loads(answer["Payload"].read())


def test_every_message_of_the_events_folder_ends_where_its_name_says(adapter: LocalAdapter) -> None:
    bodies = [message.body for message in message_files()]
    absent = not_in_pleo()
    adapter.create_missing_jobs(bodies, absent)

    adapter.send(bodies)
    adapter.wait_until_drained()

    jobs = {job.job_id for job in jobs_for(bodies)}
    statuses = [
        item.status for job in adapter.pleo.jobs() if job.job_id in jobs for item in job.items.values()
    ]
    assert statuses.count("successful") == 12
    assert statuses.count("failed") == 19
    assert statuses.count("abandoned") == 2
    parked = {
        attributes["errorType"].get("StringValue")
        for attributes in (one["MessageAttributes"] for one in adapter.parked())
    }
    assert parked == {"invalid_message", "invalid_result", "item_rejected", "job_finished", "job_not_found"}


def test_what_pleo_refuses_is_parked_with_its_reason_and_delivered_once_moved_back(
    adapter: LocalAdapter,
) -> None:
    job, refused, fine = new_id(), new_id(), new_id()
    body = message(job, successful(refused), successful(fine))
    adapter.create_missing_jobs([body], NOTHING_ABSENT)
    adapter.pleo.refuse_entry(refused, EntryRefusal(message="The entry is locked by a review."))

    adapter.send([body])
    adapter.wait_until_drained()

    ((error_type, error_message, parked_body),) = parked_of(adapter, job)
    assert error_type == "item_rejected"
    assert "The entry is locked by a review." in error_message
    held = adapter.pleo.job(job)
    assert held is not None
    assert held.items[fine].status == "successful"
    assert held.items[refused].status == "pending"

    adapter.pleo.accept_entry(refused)
    adapter.send([parked_body])
    adapter.wait_until_drained()

    held = adapter.pleo.job(job)
    assert held is not None
    assert held.items[refused].status == "successful"


def test_250_entries_in_one_message_become_exactly_3_puts(adapter: LocalAdapter) -> None:
    job = new_id()
    body = message(job, *(successful(new_id()) for _ in range(250)))
    adapter.create_missing_jobs([body], NOTHING_ABSENT)

    adapter.send([body])
    adapter.wait_until_drained()

    assert [len(put.items or ()) for put in puts_of(adapter, job)] == [100, 100, 50]


def test_a_thousand_records_over_thirty_jobs_are_delivered_in_one_invocation(adapter: LocalAdapter) -> None:
    jobs = [new_id() for _ in range(30)]
    bodies = [message(jobs[number % 30], successful(new_id())) for number in range(1000)]
    adapter.create_missing_jobs(bodies, NOTHING_ABSENT)

    assert invoke(adapter, bodies) == {"batchItemFailures": []}

    for job in jobs:
        held = adapter.pleo.job(job)
        assert held is not None
        assert {item.status for item in held.items.values()} == {"successful"}
        assert len(puts_of(adapter, job)) == 1


def test_thirty_single_result_messages_of_one_job_become_one_put(adapter: LocalAdapter) -> None:
    job = new_id()
    bodies = [message(job, successful(new_id())) for _ in range(30)]
    adapter.create_missing_jobs(bodies, NOTHING_ABSENT)

    assert invoke(adapter, bodies) == {"batchItemFailures": []}

    assert [len(put.items or ()) for put in puts_of(adapter, job)] == [30]
