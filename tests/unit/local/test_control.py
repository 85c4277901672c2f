"""The control over HTTP: what tests, soak, `make up` and people steer a local Pleo with."""

import json
from datetime import timedelta

import pytest

from export_adapter_workstation.local.pleo import (
    Credential,
    EntryRefusal,
    Fault,
    FaultPlan,
    JobStatus,
    LocalPleo,
    LocalPleoError,
    NewJob,
    Scheme,
    local_pleo,
)
from export_adapter_workstation.local.pleo.json_form import from_json, to_json
from tests.unit.local.calling import COMPANY, JOB, OTHER_JOB, Caller, basic, entry, update

PATH = f"/v1/export-jobs/{JOB}/items"


def test_a_created_job_takes_items(pleo: LocalPleo, caller: Caller) -> None:
    assert pleo.create_job(NewJob(OTHER_JOB, COMPANY, (entry(1),))).status is JobStatus.IN_PROGRESS
    assert caller.put(update(1), job=OTHER_JOB).json["errors"] == []


def test_one_job_is_found_by_its_id_in_whatever_letters(pleo: LocalPleo) -> None:
    pleo.create_job(NewJob(OTHER_JOB, COMPANY, ()))
    assert [job.job_id for job in pleo.jobs()] == [JOB, OTHER_JOB]
    assert pleo.job(JOB.upper()) == pleo.jobs()[0]
    assert pleo.job(entry(7)) is None


def test_the_control_is_not_recorded_and_meets_no_fault(pleo: LocalPleo) -> None:
    pleo.fail_next(Fault(status=503))
    pleo.jobs()
    assert pleo.requests() == ()
    assert len(pleo.state().fault_plans) == 1


def test_a_plan_strikes_the_requests_of_a_company_until_it_is_cleared(
    pleo: LocalPleo, caller: Caller
) -> None:
    pleo.fail(FaultPlan(faults=(Fault(status=503, retry_after=2),), company_id=COMPANY))
    answer = caller.put(update(1))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    pleo.clear_faults()
    assert caller.put(update(1)).status == 200


def test_a_credential_can_be_accepted_replaced_and_removed(pleo: LocalPleo, caller: Caller) -> None:
    for secret in ("test-1", "test-2"):
        pleo.put_credential(Credential("new", secret, Scheme.BASIC, frozenset({COMPANY})))
    assert caller.ask("GET", PATH, headers=basic("test-1:")).status == 401
    assert caller.ask("GET", PATH, headers=basic("test-2:")).status == 200
    pleo.remove_credential("new")
    assert caller.ask("GET", PATH, headers=basic("test-2:")).status == 401


def test_the_state_names_the_credentials_without_their_secrets(pleo: LocalPleo, caller: Caller) -> None:
    pleo.put_credential(Credential("third", "some-secret"))
    state = caller.ask("GET", "/_local/state", headers={})
    assert "third" in state.json["credentials"]
    assert b"some-secret" not in state.body


def test_an_entry_can_be_refused_and_accepted(pleo: LocalPleo, caller: Caller) -> None:
    pleo.refuse_entry(entry(1))
    assert caller.put(update(1)).json["errors"][0]["type"] == "EXPORT_ENTRY_STATUS_UPDATE_FAILED"
    pleo.refuse_entry(entry(1), EntryRefusal("UNSUPPORTED_INVOICE_STATUS", "No.", 422))
    assert caller.put(update(1)).error == (422, "UNSUPPORTED_INVOICE_STATUS")
    assert list(pleo.state().refusals) == [entry(1)]
    pleo.accept_entry()
    assert caller.put(update(1)).json["errors"] == []


def test_an_entry_can_be_refused_a_number_of_times(pleo: LocalPleo, caller: Caller) -> None:
    pleo.refuse_entry(entry(1), EntryRefusal(times=2))
    assert [len(caller.put(update(1)).json["errors"]) for _ in range(3)] == [1, 1, 0]


@pytest.mark.parametrize(
    ("target", "content", "field"),
    [
        ("jobs", {"jobId": "17", "companyId": COMPANY, "accountingEntryIds": []}, "UUID"),
        ("jobs", {"jobId": JOB, "companyId": COMPANY}, "accountingEntryIds"),
        ("jobs", {"jobId": JOB, "companyId": COMPANY, "accountingEntryIds": [7]}, "accountingEntryIds"),
        ("jobs", {"jobId": JOB, "companyId": COMPANY, "accountingEntryIds": [], "status": "x"}, "status"),
        ("faults", {"faults": []}, "faults"),
        ("faults", {"faults": [{"status": "503"}]}, "status"),
        ("faults", {"faults": [{"status": 99}]}, "status"),
        ("faults", {"faults": [{"status": True}]}, "status"),
        ("faults", {"faults": [{"wait": 1}]}, "wait"),
        ("faults", {"faults": [{"delay": -1}]}, "delay"),
        ("faults", {"faults": [{"body": "PDF"}]}, "body"),
        ("faults", {"faults": [{"status": 429, "asDate": True}]}, "asDate"),
        ("refusals", {"entryId": entry(1), "refusal": {"status": 503}}, "status"),
        ("credentials", {"name": "new", "secret": "test", "scheme": "none"}, "scheme"),
        ("clock", {"seconds": -1}, "seconds"),
        ("clock", [], "_Time"),
    ],
)
def test_a_wrong_request_is_refused_by_the_name_of_the_field(
    caller: Caller, target: str, content: object, field: str
) -> None:
    answer = caller.ask("POST", f"/_local/{target}", content, headers={})
    assert answer.error == (400, "BAD_REQUEST")
    assert field in answer.json["message"]


def test_a_body_that_is_not_json_is_a_bad_request(caller: Caller) -> None:
    assert caller.ask("POST", "/_local/clock", body=b"{").error == (400, "BAD_REQUEST")


def test_what_the_control_does_not_have_is_not_found(caller: Caller) -> None:
    assert caller.ask("GET", "/_local/nothing").error == (404, "NOT_FOUND")


def test_a_value_survives_the_way_through_json() -> None:
    fault = Fault(status=429, retry_after=3, as_date=True, entry_ids=(entry(1), entry(2)), item="error")
    plan = FaultPlan(faults=(fault, Fault(reset=True)), times=3, seconds=2.5, rate=0.5, job_id=JOB)
    assert from_json(FaultPlan, json.loads(json.dumps(to_json(plan)))) == plan
    credential = Credential("one", "test", Scheme.BASIC, frozenset({COMPANY}))
    assert from_json(Credential, json.loads(json.dumps(to_json(credential)))) == credential


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=503, retry_after=1), "status 503, Retry-After"),
        (Fault(status=502, body="html"), "status 502, html body"),
        (Fault(reset=True, applied=True), "connection reset, applied all the same"),
        (Fault(cut_off=True, honest_length=True), "body cut off, with the right length"),
        (Fault(delay=1, drip=0.1), "delay, slow body"),
        (Fault(item="error", type="LOCKED"), "item error LOCKED"),
        (Fault(limit=40), "limit of 40"),
    ],
)
def test_a_fault_says_in_words_what_goes_wrong(fault: Fault, words: str) -> None:
    assert str(fault) == words


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "http://example.com", "ftp://127.0.0.1", ""])
def test_only_a_loopback_address_is_steered(url: str) -> None:
    with pytest.raises(LocalPleoError, match="loopback"):
        LocalPleo(url)


def test_a_server_that_is_gone_is_reported() -> None:
    with local_pleo() as pleo:
        pleo.move_clock(timedelta(seconds=1))
    with pytest.raises(LocalPleoError, match="does not answer"):
        pleo.jobs()
