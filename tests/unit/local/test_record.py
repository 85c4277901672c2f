import contextlib

from export_adapter_workstation.local.pleo import Fault, LocalPleo
from tests.unit.local.calling import JOB, OTHER_JOB, Caller, add_job, basic, entry, update


def test_the_record_tells_how_many_updates_a_job_received(pleo: LocalPleo, caller: Caller) -> None:
    add_job(pleo, 250, job=OTHER_JOB)
    updates = [update(number) for number in range(1, 251)]
    for start in (0, 100, 200):
        caller.put(*updates[start : start + 100], job=OTHER_JOB)
    caller.put(update(1))
    caller.items()
    received = pleo.item_updates(OTHER_JOB)
    assert [len(one.items or ()) for one in received] == [100, 100, 50]
    assert len(pleo.item_updates()) == 4
    assert len(pleo.requests()) == 5


def test_the_record_shows_what_was_sent_and_what_was_answered(pleo: LocalPleo, caller: Caller) -> None:
    caller.put(update(1, externalId="INV-7"))
    received = pleo.requests()[0]
    assert (received.number, received.method, received.path) == (1, "PUT", f"/v1/export-jobs/{JOB}/items")
    assert received.items == ({"accountingEntryId": entry(1), "status": "successful", "externalId": "INV-7"},)
    assert (received.job_id, received.status, received.fault) == (JOB, 200, None)


def test_the_record_names_the_credential_and_never_holds_a_secret(pleo: LocalPleo, caller: Caller) -> None:
    caller.ask("GET", f"/v1/export-jobs/{JOB}/items", headers=basic("test-key:"))
    caller.ask("GET", f"/v1/export-jobs/{JOB}/items", headers={"Authorization": "Bearer some-secret"})
    caller.ask("GET", f"/v1/export-jobs/{JOB}/items", headers={})
    received = pleo.requests()
    assert [(one.credential, one.status) for one in received] == [
        ("key of an organisation", 200),
        (None, 401),
        (None, 401),
    ]
    assert "some-secret" not in repr(received)


def test_the_record_says_which_fault_struck(pleo: LocalPleo, caller: Caller) -> None:
    pleo.fail_next(Fault(status=503))
    caller.put(update(1))
    assert [(one.status, one.fault) for one in pleo.requests()] == [(503, "status 503")]


def test_a_request_that_was_reset_has_no_status(pleo: LocalPleo, caller: Caller) -> None:
    pleo.fail_next(Fault(reset=True, applied=True))
    with contextlib.suppress(ConnectionResetError):
        caller.put(update(1))
    assert [(one.status, one.fault) for one in pleo.requests()] == [
        (None, "connection reset, applied all the same")
    ]


def test_a_body_that_is_not_an_array_is_recorded_without_items(pleo: LocalPleo, caller: Caller) -> None:
    caller.ask("PUT", f"/v1/export-jobs/{JOB}/items", body=b"[{")
    assert [one.items for one in pleo.requests()] == [None]


def test_the_record_can_be_read_from_a_number_on(pleo: LocalPleo, caller: Caller) -> None:
    caller.items()
    caller.items()
    assert [one.number for one in pleo.requests(since=1)] == [2]
