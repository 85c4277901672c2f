import json

import pytest

from export_adapter_workstation.local.pleo import NewJob, jobs_for
from export_adapter_workstation.local.pleo.from_messages import DEFAULT_COMPANY
from tests.unit.local_pleo.calling import COMPANY, JOB, OTHER_COMPANY, OTHER_JOB, entry, update


def message(*numbers: int, job: str = JOB, **more: object) -> dict[str, object]:
    return {"exportJobId": job, "system": "xero", "results": [update(number) for number in numbers], **more}


def test_all_entries_of_a_job_come_together_each_once() -> None:
    jobs = jobs_for([message(1, 2, companyId=COMPANY), message(7, job=OTHER_JOB), message(2, 3)])
    assert jobs == (
        NewJob(JOB, COMPANY, (entry(1), entry(2), entry(3))),
        NewJob(OTHER_JOB, DEFAULT_COMPANY, (entry(7),)),
    )


@pytest.mark.parametrize(
    "wrapped",
    [
        pytest.param({"detail-type": "x", "detail": message(1)}, id="EventBridge"),
        pytest.param({"Type": "Notification", "Message": json.dumps(message(1))}, id="SNS"),
        pytest.param({"specversion": "1.0", "data": message(1)}, id="CloudEvents"),
        pytest.param(
            {"Type": "Notification", "Message": json.dumps({"detail-type": "x", "detail": message(1)})},
            id="one in another",
        ),
        pytest.param(json.dumps(message(1)), id="text"),
    ],
)
def test_a_wrapped_message_is_unwrapped(wrapped: object) -> None:
    assert jobs_for([wrapped]) == (NewJob(JOB, DEFAULT_COMPANY, (entry(1),)),)


def test_chosen_entries_and_jobs_are_left_out() -> None:
    jobs = jobs_for([message(1, 2), message(3, job=OTHER_JOB)], without={entry(2).upper(), OTHER_JOB})
    assert jobs == (NewJob(JOB, DEFAULT_COMPANY, (entry(1),)),)


def test_the_first_company_that_a_jobs_messages_name_is_believed() -> None:
    messages = [message(1), message(1, companyId=COMPANY), message(1, companyId=OTHER_COMPANY)]
    assert jobs_for(messages, company_id=OTHER_COMPANY)[0].company_id == COMPANY


@pytest.mark.parametrize(
    "content",
    ["no JSON", 7, [], {}, {"exportJobId": "17"}, {"exportJobId": 17}, {"detail": {"detail": "x"}}],
    ids=repr,
)
def test_what_is_no_message_is_passed_by(content: object) -> None:
    assert jobs_for([content]) == ()


@pytest.mark.parametrize("results", [None, "x", [7], [{}], [{"accountingEntryId": "17"}]], ids=repr)
def test_results_that_name_no_entry_leave_the_job_without_it(results: object) -> None:
    assert jobs_for([{"exportJobId": JOB, "results": results}]) == (NewJob(JOB, DEFAULT_COMPANY, ()),)
