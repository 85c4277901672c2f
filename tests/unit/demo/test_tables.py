"""The tables of the demo: all as wide as the terminal, with no word cut in the middle."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from export_adapter_workstation.cli.demo_tables import job_table, parked_table
from export_adapter_workstation.local.pleo import ExportItem, ExportJob, JobStatus
from tests.fakes.messages import company, entry, job
from tests.unit.dead_letters.showing import printed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONGEST_TYPE = "accounting_system_authentication_failure"
SENTENCE = "Xero refused the connection. Connect Xero again in Pleo's settings, then export the entry again."


def a_job(*items: ExportItem) -> ExportJob:
    return ExportJob(
        job_id=job(),
        company_id=company(),
        status=JobStatus.IN_PROGRESS,
        updated_at=NOW,
        items={item.accounting_entry_id: item for item in items},
    )


BOOKED = ExportItem(entry(1), "successful", {"externalId": "INV-1"})
FAILED = ExportItem(entry(2), "failed", {"failureReasonType": LONGEST_TYPE, "failureReason": SENTENCE})
PARKED = {
    "Body": '{"exportJobId": "x"}' * 20,
    "MessageAttributes": {
        "errorType": {"DataType": "String", "StringValue": "retries_exhausted"},
        "errorMessage": {"DataType": "String", "StringValue": SENTENCE},
    },
}


@pytest.mark.parametrize("width", [72, 80, 140])
def test_all_tables_are_as_wide_as_the_terminal_and_cut_no_word(width: int) -> None:
    tables = [
        printed(job_table(a_job(BOOKED, FAILED)), width),
        printed(job_table(a_job(BOOKED)), width),
        printed(parked_table([cast("Any", PARKED)]), width),
    ]
    assert {len(line) for view in tables for line in view.splitlines() if line[0] in "┏│└"} == {width}
    for word in (LONGEST_TYPE, "successful", "retries_exhausted", *SENTENCE.split()):
        assert word in "".join(tables)
    assert "INV-1" in tables[1]
