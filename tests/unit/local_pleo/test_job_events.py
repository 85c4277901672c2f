import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from export_adapter_workstation.local.pleo import JobStatus, LocalPleo, NewJob
from export_adapter_workstation.local.pleo.jobs import LEGAL_MOVES, JobEvent
from tests.unit.local_pleo.calling import (
    COMPANY,
    JOB,
    OTHER_COMPANY,
    OTHER_JOB,
    TOKEN,
    Caller,
    entry,
    hold_job,
    update,
)

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("status", "event"), LEGAL_MOVES, ids=str)
def test_a_legal_event_moves_the_job(
    pleo: LocalPleo, caller: Caller, status: JobStatus, event: JobEvent
) -> None:
    pleo.create_job(NewJob(OTHER_JOB, COMPANY, (entry(1),), status))
    answer = caller.event(event, OTHER_JOB)
    assert (answer.status, answer.body) == (202, b"")
    assert caller.job(OTHER_JOB).json["data"]["status"] == LEGAL_MOVES[status, event]


@pytest.mark.parametrize(
    ("status", "event"),
    [move for move in itertools.product(JobStatus, JobEvent) if move not in LEGAL_MOVES],
    ids=str,
)
def test_every_other_event_is_refused_and_changes_nothing(
    pleo: LocalPleo, caller: Caller, status: JobStatus, event: JobEvent
) -> None:
    pleo.create_job(NewJob(OTHER_JOB, COMPANY, (entry(1),), status))
    assert caller.event(event, OTHER_JOB).error == (422, "INVALID_EXPORT_JOB_STATUS_CHANGE")
    assert caller.job(OTHER_JOB).json["data"]["status"] == status


def test_a_started_job_must_not_be_started_again(caller: Caller) -> None:
    assert caller.event("started").error == (422, "INVALID_EXPORT_JOB_STATUS_CHANGE")


def test_a_failed_job_keeps_its_reason_and_abandons_its_open_items(pleo: LocalPleo, caller: Caller) -> None:
    caller.put(update(1))
    caller.event("failed", failureReason="No connection", failureReasonType="service_unreachable")
    job = pleo.job(JOB)
    assert job is not None
    assert (job.failure_reason, job.failure_reason_type) == ("No connection", "service_unreachable")
    assert [item.status for item in job.items.values()] == ["successful", "abandoned", "abandoned"]


@pytest.mark.parametrize(
    "body",
    [
        {"event": "completed"},
        {"jobId": JOB},
        {"event": "canceled", "jobId": JOB},
        {"event": "completed", "exportJobId": JOB},
        {"event": "failed", "jobId": JOB, "failureReasonType": "receipt_upload_failure"},
        [],
    ],
)
def test_an_illegal_event_is_a_bad_request(caller: Caller, body: object) -> None:
    assert caller.ask("POST", "/v1/export-job-events", body).error == (400, "BAD_REQUEST")


def test_an_event_for_an_unknown_job_is_not_found(caller: Caller) -> None:
    assert caller.event("completed", OTHER_JOB).error == (404, "EXPORT_NOT_FOUND")


def test_an_event_for_another_companys_job_is_forbidden(pleo: LocalPleo, caller: Caller) -> None:
    hold_job(pleo, job=OTHER_JOB, company=OTHER_COMPANY)
    assert caller.event("completed", OTHER_JOB).error == (403, "FORBIDDEN")


def test_a_job_expires_an_hour_after_its_last_update(pleo: LocalPleo, caller: Caller) -> None:
    pleo.put_clock_forward(HOUR)
    assert caller.job().json["data"]["status"] == "in_progress"
    pleo.put_clock_forward(SECOND)
    assert caller.put(update(1)).error == (422, "EXPORT_JOB_STATUS_UNPROCESSABLE")
    shown = caller.job().json["data"]
    assert (shown["status"], shown["failureReasonType"]) == ("failed", "job_expired")
    assert shown["expiredAt"] == "2026-03-01T13:00:00Z"
    assert {item["status"] for item in caller.items().json["data"]} == {"abandoned"}


def test_an_item_update_renews_the_hour(pleo: LocalPleo, caller: Caller) -> None:
    pleo.put_clock_forward(HOUR)
    caller.put(update(1))
    pleo.put_clock_forward(HOUR)
    assert caller.put(update(2)).status == 200


@pytest.fixture
def strict_caller() -> Iterator[tuple[LocalPleo, Caller]]:
    """A server on which item updates do not count as updates of the job."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with LocalPleo(credentials=[TOKEN], clock=lambda: noon, item_updates_renew_the_hour=False) as pleo:
        hold_job(pleo)
        caller = Caller(pleo.url)
        yield pleo, caller
        caller.connection.close()


def test_a_server_can_be_told_that_item_updates_do_not_renew_the_hour(
    strict_caller: tuple[LocalPleo, Caller],
) -> None:
    pleo, caller = strict_caller
    pleo.put_clock_forward(HOUR)
    caller.put(update(1))
    pleo.put_clock_forward(SECOND)
    assert caller.put(update(2)).error == (422, "EXPORT_JOB_STATUS_UNPROCESSABLE")


def test_a_job_cannot_be_created_twice(pleo: LocalPleo) -> None:
    with pytest.raises(ValueError, match="exists already"):
        hold_job(pleo)
