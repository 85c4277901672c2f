import contextlib

from export_adapter_workstation.local.pleo import AnswerStatus, ConnectionReset, LocalPleo, Scheme
from tests.unit.local_pleo.calling import JOB, OTHER_JOB, Caller, basic, entry, hold_job, update


def test_the_record_tells_how_many_updates_a_job_received(pleo: LocalPleo, caller: Caller) -> None:
    hold_job(pleo, 250, job=OTHER_JOB)
    updates = [update(number) for number in range(1, 251)]
    for start in (0, 100, 200):
        caller.put(*updates[start : start + 100], job=OTHER_JOB)
    caller.put(update(1))
    caller.job()
    received = pleo.requests.item_updates(OTHER_JOB)
    assert [len(one.items or ()) for one in received] == [100, 100, 50]
    assert len(pleo.requests.item_updates()) == 4
    assert len(pleo.requests.all()) == 5


def test_the_record_shows_what_was_sent_and_what_was_answered(pleo: LocalPleo, caller: Caller) -> None:
    caller.put(update(1, externalId="INV-7"))
    received = pleo.requests.all()[0]
    assert (received.number, received.method, received.path) == (1, "PUT", f"/v1/export-jobs/{JOB}/items")
    assert received.items == ({"accountingEntryId": entry(1), "status": "successful", "externalId": "INV-7"},)
    assert (received.job_id, received.status, received.faults) == (JOB, 200, ())


def test_the_record_names_the_credential_and_never_holds_a_secret(pleo: LocalPleo, caller: Caller) -> None:
    caller.ask("GET", f"/v1/export-jobs/{JOB}", headers=basic("test-key:"))
    caller.ask("GET", f"/v1/export-jobs/{JOB}", headers={"Authorization": "Bearer some-secret"})
    caller.ask("GET", f"/v1/export-jobs/{JOB}", headers={})
    received = pleo.requests.all()
    assert [(one.scheme, one.credential, one.status) for one in received] == [
        (Scheme.BASIC, "key of an organisation", 200),
        (Scheme.BEARER, None, 401),
        (Scheme.NONE, None, 401),
    ]
    assert "some-secret" not in repr(received)


def test_the_record_names_the_faults_that_struck(pleo: LocalPleo, caller: Caller) -> None:
    pleo.faults.next(AnswerStatus(503))
    caller.put(update(1))
    assert [(one.status, one.faults) for one in pleo.requests.all()] == [(503, ("AnswerStatus",))]


def test_a_request_that_was_reset_has_no_status(pleo: LocalPleo, caller: Caller) -> None:
    pleo.faults.next(ConnectionReset(applied=True))
    with contextlib.suppress(ConnectionResetError):
        caller.put(update(1))
    assert [(one.status, one.faults) for one in pleo.requests.all()] == [(None, ("ConnectionReset",))]


def test_a_body_that_is_no_array_is_kept_without_items(pleo: LocalPleo, caller: Caller) -> None:
    caller.event("completed")
    caller.ask("PUT", f"/v1/export-jobs/{JOB}/items", body=b"[{")
    event, broken = pleo.requests.all()
    assert (event.items, event.content, event.job_id) == (None, {"event": "completed", "jobId": JOB}, JOB)
    assert (broken.items, broken.content) == (None, None)


def test_a_cleared_record_goes_on_counting(pleo: LocalPleo, caller: Caller) -> None:
    caller.job()
    pleo.requests.clear()
    caller.job()
    assert [one.number for one in pleo.requests.all()] == [2]
    assert pleo.requests.all(since=2) == ()
