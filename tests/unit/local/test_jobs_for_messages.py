import json

import pytest

from export_adapter_workstation.local.pleo import NewJob, jobs_for
from export_adapter_workstation.local.pleo.messages import DEFAULT_COMPANY
from tests.unit.local.calling import COMPANY, JOB, OTHER_COMPANY, OTHER_JOB, entry, update


def content(*numbers: int, job: str = JOB, **more: object) -> dict[str, object]:
    return {"exportJobId": job, "system": "xero", "results": [update(number) for number in numbers], **more}


def message(*numbers: int, job: str = JOB, **more: object) -> str:
    return json.dumps(content(*numbers, job=job, **more))


def test_all_entries_of_a_job_come_together_each_once() -> None:
    jobs = jobs_for([message(1, 2, companyId=COMPANY), message(7, job=OTHER_JOB), message(2, 3)])
    assert jobs == (
        NewJob(JOB, COMPANY, (entry(1), entry(2), entry(3))),
        NewJob(OTHER_JOB, DEFAULT_COMPANY, (entry(7),)),
    )


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param({"detail-type": "x", "detail": content(1)}, id="EventBridge"),
        pytest.param({"Type": "Notification", "Message": message(1)}, id="SNS"),
        pytest.param({"specversion": "1.0", "data": content(1)}, id="CloudEvents"),
    ],
)
def test_a_message_is_taken_out_of_its_envelope(wrapped: object) -> None:
    assert jobs_for([json.dumps(wrapped)]) == (NewJob(JOB, DEFAULT_COMPANY, (entry(1),)),)


def test_chosen_entries_and_jobs_are_left_out() -> None:
    jobs = jobs_for([message(1, 2), message(3, job=OTHER_JOB)], without={entry(2).upper(), OTHER_JOB})
    assert jobs == (NewJob(JOB, DEFAULT_COMPANY, (entry(1),)),)


def test_the_first_company_that_a_jobs_messages_name_is_believed() -> None:
    messages = [message(1), message(1, companyId=COMPANY), message(1, companyId=OTHER_COMPANY)]
    assert jobs_for(messages)[0].company_id == COMPANY


@pytest.mark.parametrize(
    "body", ["not JSON", "7", "[]", "{}", '{"exportJobId": "17"}', '{"exportJobId": 17}'], ids=repr
)
def test_a_body_that_is_not_a_message_is_ignored(body: str) -> None:
    assert jobs_for([body]) == ()


@pytest.mark.parametrize("results", [None, "x", [7], [{}], [{"accountingEntryId": "17"}]], ids=repr)
def test_results_that_name_no_entry_leave_the_job_without_it(results: object) -> None:
    body = json.dumps({"exportJobId": JOB, "results": results})
    assert jobs_for([body]) == (NewJob(JOB, DEFAULT_COMPANY, ()),)
