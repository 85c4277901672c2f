from datetime import timedelta

import pytest

from export_adapter_workstation.local.pleo import (
    AnswerStatus,
    Credential,
    EntryRefusal,
    JobStatus,
    LocalPleo,
    LocalPleoClient,
    NewJob,
    RandomFault,
    Scheme,
    everything_at,
)
from export_adapter_workstation.local.pleo.client import LocalPleoError
from export_adapter_workstation.local.pleo.faults import FAULTS, Fault, ItemError, Redirect, SecretRotated
from export_adapter_workstation.local.pleo.faults_json import fault_from_json, fault_json
from tests.unit.local_pleo.calling import COMPANY, JOB, OTHER_COMPANY, OTHER_JOB, Caller, basic, entry, update


@pytest.fixture
def client(pleo: LocalPleo) -> LocalPleoClient:
    return LocalPleoClient(pleo.url)


def test_a_job_created_from_outside_takes_items(client: LocalPleoClient, caller: Caller) -> None:
    new = NewJob(OTHER_JOB, COMPANY, (entry(1),))
    assert client.create_job(new).status is JobStatus.IN_PROGRESS
    assert caller.put(update(1), job=OTHER_JOB).json["errors"] == []


def test_the_jobs_seen_from_outside_are_those_that_the_server_holds(
    pleo: LocalPleo, client: LocalPleoClient, caller: Caller
) -> None:
    caller.put(update(1, "failed", failureReason="Closed", failureReasonType="validation_failure"))
    caller.put(
        update(1, externalId="7", externalUrl="https://example.com/7", exportedAt="2026-03-01T12:00:00Z")
    )
    pleo.create_job(NewJob(OTHER_JOB, OTHER_COMPANY, (), JobStatus.COMPLETED))
    assert client.jobs() == pleo.jobs()
    assert client.job(JOB.upper()) == pleo.job(JOB)
    assert client.job(entry(7)) is None


def test_the_record_seen_from_outside_is_the_servers(
    pleo: LocalPleo, client: LocalPleoClient, caller: Caller
) -> None:
    caller.put(update(1))
    caller.job()
    assert client.requests() == pleo.requests.all()
    assert [one.number for one in client.requests(since=1)] == [2]
    client.clear_requests()
    assert client.requests() == ()


def test_calls_of_the_client_are_in_no_record_and_meet_no_fault(
    pleo: LocalPleo, client: LocalPleoClient
) -> None:
    client.next_faults(AnswerStatus(503))
    client.jobs()
    assert pleo.requests.all() == ()
    assert len(pleo.faults.pending()) == 1


def test_a_fault_planned_from_outside_strikes(client: LocalPleoClient, caller: Caller) -> None:
    client.next_faults(AnswerStatus(503, retry_after=2), times=2, method="PUT", job_id=JOB, entry_id=entry(1))
    assert caller.put(update(2)).status == 200
    assert [caller.put(update(1)).status for _ in range(3)] == [503, 503, 200]


def test_random_faults_planned_from_outside_strike_until_they_are_cleared(
    client: LocalPleoClient, caller: Caller
) -> None:
    client.random_faults(3, [RandomFault(AnswerStatus(503), 1)])
    assert [caller.job().status for _ in range(3)] == [503, 503, 503]
    client.clear_faults()
    assert caller.job().status == 200


def test_a_fault_without_end_planned_from_outside_can_be_cleared(
    client: LocalPleoClient, caller: Caller
) -> None:
    client.next_faults(AnswerStatus(503), times=None)
    assert [caller.job().status for _ in range(3)] == [503, 503, 503]
    client.clear_faults()
    assert caller.job().status == 200


def test_a_credential_can_be_let_in_rotated_and_removed_from_outside(
    client: LocalPleoClient, caller: Caller
) -> None:
    path = f"/v1/export-jobs/{JOB}"
    for secret in ("test-1", "test-2"):
        client.put_credential(Credential("new", secret, Scheme.BASIC, frozenset({COMPANY})))
    assert caller.ask("GET", path, headers=basic("test-1:")).status == 401
    assert caller.ask("GET", path, headers=basic("test-2:")).status == 200
    client.remove_credential("new")
    assert caller.ask("GET", path, headers=basic("test-2:")).status == 401


def test_the_state_names_the_credentials_without_their_secrets(pleo: LocalPleo, caller: Caller) -> None:
    pleo.credentials.put(Credential("third", "some-secret"))
    state = caller.ask("GET", "/_local/state", headers={})
    assert "third" in state.json["credentials"]
    assert b"some-secret" not in state.body


def test_an_entry_can_be_refused_and_accepted_from_outside(client: LocalPleoClient, caller: Caller) -> None:
    client.refuse_entry(entry(1))
    assert caller.put(update(1)).json["errors"][0]["type"] == "EXPORT_ENTRY_STATUS_UPDATE_FAILED"
    client.refuse_entry(entry(1), EntryRefusal("UNSUPPORTED_INVOICE_STATUS", "No.", 422))
    assert caller.put(update(1)).error == (422, "UNSUPPORTED_INVOICE_STATUS")
    client.accept_entry(entry(1))
    assert caller.put(update(1)).json["errors"] == []


def test_the_clock_can_be_put_forward_from_outside(client: LocalPleoClient, caller: Caller) -> None:
    client.put_clock_forward(timedelta(hours=2))
    assert caller.put(update(1)).error == (422, "EXPORT_JOB_STATUS_UNPROCESSABLE")


def test_a_job_that_exists_already_is_refused_with_its_reason(client: LocalPleoClient) -> None:
    with pytest.raises(LocalPleoError, match="exists already"):
        client.create_job(NewJob(JOB, COMPANY, ()))


@pytest.mark.parametrize(
    ("target", "content"),
    [
        ("/_local/jobs", {"exportJobId": "17", "companyId": COMPANY, "accountingEntryIds": []}),
        ("/_local/jobs", {"exportJobId": JOB}),
        ("/_local/faults", {"faults": []}),
        ("/_local/faults", {"faults": [{"kind": "Nothing"}]}),
        ("/_local/faults/random", {"seed": 1, "rates": [{"rate": 2, "fault": {"kind": "ConnectionReset"}}]}),
        ("/_local/refuse", {"accountingEntryId": entry(1), "status": 503}),
        ("/_local/credentials", {"name": "new", "secret": "test", "scheme": "none"}),
        ("/_local/clock", {"seconds": -1}),
        ("/_local/clock", []),
    ],
)
def test_what_the_admin_surface_cannot_do_is_a_bad_request(
    caller: Caller, target: str, content: object
) -> None:
    assert caller.ask("POST", target, content, headers={}).error == (400, "BAD_REQUEST")


def test_a_body_that_is_no_json_is_a_bad_request(caller: Caller) -> None:
    assert caller.ask("POST", "/_local/clock", body=b"{").error == (400, "BAD_REQUEST")


def test_an_endpoint_that_does_not_exist_is_not_found(caller: Caller) -> None:
    assert caller.ask("GET", "/_local/nothing").error == (404, "NOT_FOUND")


EVERY_FAULT: list[Fault] = [
    *(one.fault for one in everything_at(0)),
    Redirect("http://127.0.0.1:9"),
    SecretRotated("new", "test"),
    fault_from_json({"kind": "LowerLimit", "items": 7}),
    ItemError(entry_ids=(entry(1), entry(2))),
]


@pytest.mark.parametrize("fault", EVERY_FAULT, ids=repr)
def test_a_fault_survives_the_way_through_json(fault: Fault) -> None:
    assert fault_from_json(fault_json(fault)) == fault


def test_every_kind_of_fault_can_be_sent() -> None:
    assert {type(fault) for fault in EVERY_FAULT} == set(FAULTS)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ([], "kind"),
        ({"kind": "AnswerStatus"}, "status"),
        ({"kind": "AnswerStatus", "status": "503"}, "status"),
        ({"kind": "AnswerStatus", "status": True}, "status"),
        ({"kind": "AnswerStatus", "status": 503, "retry_after": 1.5}, "retry_after"),
        ({"kind": "AnswerStatus", "status": 503, "wait": 1}, "wait"),
        ({"kind": "Latency", "seconds": True}, "seconds"),
        ({"kind": "Latency", "seconds": -1}, "seconds"),
        ({"kind": "ItemError", "entry_ids": [7]}, "entry_ids"),
    ],
)
def test_json_that_is_no_fault_is_refused_by_the_fields_name(content: object, field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        fault_from_json(content)


@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "http://example.com", "ftp://127.0.0.1", ""])
def test_the_client_talks_to_a_loopback_address_only(url: str) -> None:
    with pytest.raises(LocalPleoError, match="loopback"):
        LocalPleoClient(url)


def test_a_server_that_is_gone_is_reported() -> None:
    with LocalPleo() as pleo:
        client = LocalPleoClient(pleo.url)
    with pytest.raises(LocalPleoError, match="does not answer"):
        client.jobs()
