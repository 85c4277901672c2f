"""When Pleo takes no more updates of a job's items."""

from datetime import timedelta

import pytest

from export_adapter_workstation.local.pleo import LocalPleo, LocalPleoError
from tests.unit.local.calling import JOB, Caller, add_job, update

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def test_a_job_expires_an_hour_after_its_last_update(pleo: LocalPleo, caller: Caller) -> None:
    caller.put(update(1))
    pleo.move_clock(HOUR)
    assert caller.put(update(2)).status == 200

    pleo.move_clock(HOUR + SECOND)
    assert caller.put(update(3)).error == (422, "EXPORT_JOB_STATUS_UNPROCESSABLE")
    job = pleo.job(JOB)
    assert job is not None
    assert job.status == "failed"
    assert [item.status for item in job.items.values()] == ["successful", "successful", "abandoned"]


def test_the_items_of_an_expired_job_can_be_listed(pleo: LocalPleo, caller: Caller) -> None:
    pleo.move_clock(HOUR + SECOND)
    assert {item["status"] for item in caller.items().json["data"]} == {"abandoned"}


def test_a_job_cannot_be_created_twice(pleo: LocalPleo) -> None:
    with pytest.raises(LocalPleoError, match="exists already"):
        add_job(pleo)
