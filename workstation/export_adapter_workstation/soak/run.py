"""Runs a soak: sends messages while faults are injected, replays what was parked, and reconciles."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from export_adapter.parked_message import ERROR_MESSAGE, ERROR_TYPE
from export_adapter_workstation.local.adapter import ACCESS_TOKEN, LocalAdapter, local_adapter
from export_adapter_workstation.local.aws import Say
from export_adapter_workstation.local.pleo import EntryRefusal, ExportJob, JobStatus, ReceivedRequest
from export_adapter_workstation.local.pleo.jobs import FINAL_ITEM_STATUSES
from export_adapter_workstation.soak.fault_injection import (
    COMPANY_SECRETS,
    Injected,
    fault_injection,
)
from export_adapter_workstation.soak.plan import SoakPlan
from export_adapter_workstation.soak.reconciliation import (
    Content,
    Found,
    ItemKey,
    ParkedCopy,
    Reconciliation,
    reconcile,
)
from export_adapter_workstation.soak.traffic import Traffic, traffic

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

VISIBILITY_SECONDS: Final = 30
PARAMETERS: Final = {
    # As short as the template allows, or the soak would take hours.
    "FunctionTimeout": "30",
    "VisibilityTimeout": str(VISIBILITY_SECONDS),
    "LongestPause": "2",
    "CompanySecretPrefix": COMPANY_SECRETS,
    "LogLevel": "WARN",
}

_REPLAYED: Final = frozenset({"item_rejected", "request_rejected", "retries_exhausted", None})
"""What is moved back to the queue once the faults have ended: all that may end differently this time."""

_LOOK_SECONDS: Final = 1.0
_SAY_SECONDS: Final = 15.0
_AT_ONCE: Final = 10


@dataclass(frozen=True, slots=True)
class SoakReport:
    """What was sent, what was injected, and where each item is at the end."""

    plan: SoakPlan
    messages: int
    duplicates: int
    reconciliation: Reconciliation
    injected: Injected
    invocations_that_died: int
    requests: int
    requests_by_fault: Mapping[str, int]
    replayed: int
    overwritten: int
    seconds: float


def soak(plan: SoakPlan, say: Say) -> SoakReport:
    """Run a soak on a stack of its own.

    Raises:
        EmbeddedAwsError: A part did not come up.
    """
    say(f"Drawing {plan.items} items over {plan.jobs} jobs from seed {plan.seed}")
    drawn = traffic(plan.items, plan.jobs, plan.seed)
    with local_adapter(say, parameters=PARAMETERS, project=plan.project) as adapter:
        begun = time.monotonic()
        _prepare(adapter, drawn)
        say(f"Sending {len(drawn.messages)} messages while faults are injected")
        with fault_injection(adapter, drawn.companies, plan) as injected:
            sending = threading.Thread(target=adapter.send, args=(drawn.messages, plan.sending_seconds))
            sending.start()
            _wait_until_settled(adapter, sending, plan.most_seconds, say)
        say("No more faults: moving back to the queue what may be delivered now")
        replayed = _replay(adapter)
        _wait_until_settled(adapter, sending, plan.most_seconds, say)
        requests, jobs = adapter.pleo.item_updates(), adapter.pleo.jobs()
        return SoakReport(
            plan=plan,
            messages=len(drawn.messages),
            duplicates=drawn.duplicates,
            reconciliation=reconcile(drawn.expected, _found(adapter, drawn, jobs, requests)),
            injected=injected,
            invocations_that_died=_invocations_that_died(adapter),
            requests=len(requests),
            requests_by_fault=Counter(request.fault for request in requests if request.fault is not None),
            replayed=replayed,
            overwritten=_overwritten(jobs),
            seconds=time.monotonic() - begun,
        )


def _prepare(adapter: LocalAdapter, drawn: Traffic) -> None:
    """Create the jobs at Pleo, and give every company that has credentials its own, the default one too."""
    for job in drawn.jobs:
        is_finished = job.job_id in drawn.finished
        adapter.pleo.create_job(replace(job, status=JobStatus.COMPLETED) if is_finished else job)
    for entry in drawn.refused:
        adapter.pleo.refuse_entry(entry, EntryRefusal(message="The entry is locked by a review."))
    for entry in drawn.refused_with_request:
        adapter.pleo.refuse_entry(entry, EntryRefusal("BAD_REQUEST", "An item is malformed.", 400))
    adapter.pleo.remove_credential("local")
    for company in drawn.companies:
        if not company.has_credentials:
            continue
        name = company.at_pleo
        if company.company_id:
            adapter.give_credentials(name, COMPANY_SECRETS + name, "test-" + name)
        else:
            adapter.accept_token(name, ACCESS_TOKEN)


def _wait_until_settled(adapter: LocalAdapter, sending: threading.Thread, most: float, say: Say) -> None:
    """Wait until everything was sent and the queue is empty, but no longer than `most` seconds."""
    main, dead = (
        adapter.stack.outputs.export_results_queue_url,
        adapter.stack.outputs.dead_letter_queue_url,
    )
    begun = said = time.monotonic()
    while (sending.is_alive() or adapter.messages_on(main)) and time.monotonic() - begun < most:
        time.sleep(_LOOK_SECONDS)
        if time.monotonic() - said > _SAY_SECONDS:
            said = time.monotonic()
            say(f"{adapter.messages_on(main)} messages on the queue, {adapter.messages_on(dead)} parked")


def _found(
    adapter: LocalAdapter, drawn: Traffic, jobs: Iterable[ExportJob], requests: tuple[ReceivedRequest, ...]
) -> Found:
    """Look for every item: at Pleo, on the dead-letter queue, on the main queue."""
    at_pleo = {
        ItemKey(job.job_id, item.accounting_entry_id): Content.of(item.sent)
        for job in jobs
        for item in job.items.values()
        if item.history
    }
    return Found(
        at_pleo=at_pleo,
        parked=tuple(_parked(adapter.parked(), drawn)),
        on_queue=_on_queue(adapter, drawn),
        requests=requests,
    )


def _parked(messages: Iterable["MessageTypeDef"], drawn: Traffic) -> Iterator[ParkedCopy]:
    for message in messages:
        values = {
            name: value.get("StringValue") for name, value in message.get("MessageAttributes", {}).items()
        }
        moved = "DeadLetterQueueSourceArn" in message.get("Attributes", {})
        for key in drawn.items_of(message["Body"]):
            yield ParkedCopy(key, values.get(ERROR_TYPE), values.get(ERROR_MESSAGE), moved)


def _on_queue(adapter: LocalAdapter, drawn: Traffic) -> frozenset[ItemKey]:
    """Return the items that are still on the main queue; if there are any, the function is stopped first."""
    url = adapter.stack.outputs.export_results_queue_url
    if not adapter.messages_on(url):
        return frozenset()
    adapter.stop_consuming()
    time.sleep(VISIBILITY_SECONDS + _LOOK_SECONDS)  # until all that was in flight is visible again
    found: set[ItemKey] = set()
    sqs = adapter.stack.aws.sqs()
    while received := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=_AT_ONCE, VisibilityTimeout=600
    ).get("Messages"):
        found.update(*(drawn.items_of(message["Body"]) for message in received))
    return frozenset(found)


def _replay(adapter: LocalAdapter) -> int:
    """Move parked messages back to the main queue, bodies as they are; return how many there were."""
    sqs, outputs = adapter.stack.aws.sqs(), adapter.stack.outputs
    moved, stay = 0, []
    for message in adapter.receive_parked():
        error_type = message.get("MessageAttributes", {}).get(ERROR_TYPE)
        if (error_type.get("StringValue") if error_type else None) in _REPLAYED:
            sqs.send_message(QueueUrl=outputs.export_results_queue_url, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=outputs.dead_letter_queue_url, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
        else:
            stay.append(message)
    adapter.put_back_parked(stay)
    return moved


def _invocations_that_died(adapter: LocalAdapter) -> int:
    """Count the invocations that ended with their process, from the log of the embedded AWS."""
    log = (adapter.stack.aws.directory / "embedded-aws.log").read_text(encoding="utf-8", errors="replace")
    return sum("failed processing SQS batch" in line for line in log.splitlines())


def _overwritten(jobs: Iterable[ExportJob]) -> int:
    """Count the items whose final status at Pleo was overwritten, because a message overtook another one."""
    return sum(
        item.status not in FINAL_ITEM_STATUSES and bool(FINAL_ITEM_STATUSES & set(item.history))
        for job in jobs
        for item in job.items.values()
    )
