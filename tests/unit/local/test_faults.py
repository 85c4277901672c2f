import contextlib
import time
from http.client import HTTPException, IncompleteRead

import pytest

from export_adapter_workstation.local.pleo import Fault, FaultPlan, LocalPleo, local_pleo
from tests.unit.local.calling import JOB, Caller, entry, stored_status, update


def test_a_status_is_answered_once_and_nothing_is_applied(pleo: LocalPleo, caller: Caller) -> None:
    pleo.fail_next(Fault(status=503, type="UNAVAILABLE"))
    assert caller.put(update(1)).error == (503, "UNAVAILABLE")
    assert stored_status(pleo, 1) == "pending"
    assert caller.put(update(1)).status == 200


def test_a_gateway_can_give_up_although_pleo_has_applied_the_request(pleo: LocalPleo, caller: Caller) -> None:
    pleo.fail_next(Fault(status=504, applied=True))
    assert caller.put(update(1)).status == 504
    assert stored_status(pleo, 1) == "successful"


@pytest.mark.parametrize(("retry_after", "header"), [(7, "7"), ("soon", "soon"), (None, None)])
def test_retry_after_is_sent_as_it_stands(
    pleo: LocalPleo, caller: Caller, retry_after: int | str | None, header: str | None
) -> None:
    pleo.fail_next(Fault(status=429, retry_after=retry_after))
    assert caller.put(update(1)).headers.get("Retry-After") == header


def test_retry_after_can_be_a_date(pleo: LocalPleo, caller: Caller) -> None:
    pleo.fail_next(Fault(status=429, retry_after=90, as_date=True))
    assert caller.put(update(1)).headers["Retry-After"] == "Sun, 01 Mar 2026 12:01:30 GMT"


@pytest.mark.parametrize("applied", [False, True])
def test_a_connection_is_reset_before_or_after_the_request_is_applied(
    pleo: LocalPleo, caller: Caller, *, applied: bool
) -> None:
    pleo.fail_next(Fault(reset=True, applied=applied))
    with pytest.raises(ConnectionResetError):
        caller.put(update(1))
    assert stored_status(pleo, 1) == ("successful" if applied else "pending")


def test_a_cut_off_body_ends_before_its_declared_length(pleo: LocalPleo, caller: Caller) -> None:
    pleo.fail_next(Fault(cut_off=True))
    with pytest.raises(IncompleteRead):
        caller.put(update(1))
    assert stored_status(pleo, 1) == "successful"


def test_a_cut_off_body_can_declare_the_length_that_it_has(pleo: LocalPleo, caller: Caller) -> None:
    pleo.fail_next(Fault(cut_off=True, honest_length=True))
    answer = caller.put(update(1))
    assert answer.status == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json  # noqa: B018 - reading it is the test
    assert caller.put(update(2)).status == 200


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        (Fault(body="html", status=502), "pending"),
        (Fault(body="html", status=200, applied=True), "successful"),
    ],
)
def test_a_page_of_html_comes_instead_of_json(
    pleo: LocalPleo, caller: Caller, fault: Fault, stored: str
) -> None:
    pleo.fail_next(fault)
    answer = caller.put(update(1))
    assert answer.status == fault.status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")
    assert stored_status(pleo, 1) == stored


def test_an_empty_body_follows_an_applied_request(pleo: LocalPleo, caller: Caller) -> None:
    pleo.fail_next(Fault(body="empty", status=200, applied=True))
    assert caller.put(update(1)).body == b""
    assert stored_status(pleo, 1) == "successful"


def test_a_redirect_points_elsewhere(pleo: LocalPleo, caller: Caller) -> None:
    pleo.fail_next(Fault(status=307, location="http://127.0.0.1:9/elsewhere"))
    answer = caller.put(update(1))
    assert (answer.status, answer.headers["Location"]) == (307, "http://127.0.0.1:9/elsewhere")
    assert stored_status(pleo, 1) == "pending"


def test_a_delay_is_slept_once_and_the_answer_is_the_usual_one(
    pleo: LocalPleo, caller: Caller, slept: list[float]
) -> None:
    pleo.fail_next(Fault(delay=2.5))
    assert caller.put(update(1)).status == 200
    assert slept == [2.5]


def test_a_delay_can_come_before_another_fault(pleo: LocalPleo, caller: Caller, slept: list[float]) -> None:
    pleo.fail(FaultPlan(faults=(Fault(delay=1, status=503),), times=2))
    assert [caller.put(update(1)).status for _ in range(3)] == [503, 503, 200]
    assert slept == [1, 1]


def test_a_slow_drip_sends_everything_with_a_pause_before_each_piece(
    pleo: LocalPleo, caller: Caller, slept: list[float]
) -> None:
    pleo.fail_next(Fault(drip=0.5, piece_bytes=100))
    answer = caller.put(update(1))
    assert answer.json["data"][0]["accountingEntryId"] == entry(1)
    assert slept == [0.5] * -(-len(answer.body) // 100)


def test_a_lower_limit_refuses_only_what_is_above_it(pleo: LocalPleo, caller: Caller) -> None:
    pleo.fail(FaultPlan(faults=(Fault(limit=2),), times=2))
    refused = caller.put(update(1), update(2), update(3))
    assert refused.error == (413, "EXPORT_JOB_ITEMS_UPDATE_LIMIT")
    assert caller.put(update(1), update(2)).status == 200


@pytest.mark.parametrize(("applied", "stored"), [(False, "pending"), (True, "successful")])
def test_an_item_can_be_left_out_of_both_lists(
    pleo: LocalPleo, caller: Caller, *, applied: bool, stored: str
) -> None:
    pleo.fail_next(Fault(item="left_out", applied=applied, position=1))
    answer = caller.put(update(1), update(2), update(3)).json
    assert [item["accountingEntryId"] for item in answer["data"]] == [entry(1), entry(3)]
    assert answer["errors"] == []
    assert stored_status(pleo, 2) == stored


@pytest.mark.parametrize(("applied", "stored"), [(False, "pending"), (True, "successful")])
def test_an_item_can_be_answered_with_another_status(
    pleo: LocalPleo, caller: Caller, *, applied: bool, stored: str
) -> None:
    pleo.fail_next(Fault(item="status", item_status="in_progress", applied=applied))
    assert caller.put(update(1)).json["data"][0]["status"] == "in_progress"
    assert stored_status(pleo, 1) == stored


@pytest.mark.parametrize(
    "kind",
    [
        "ACCOUNTING_ENTRY_DOES_NOT_EXIST",
        "EXPORT_ENTRY_STATUS_UPDATE_FAILED",
        "ACCOUNTING_ENTRY_UPDATE_FAILED",
    ],
)
@pytest.mark.parametrize(("applied", "stored"), [(False, "pending"), (True, "successful")])
def test_an_item_error_of_each_type_can_be_reported(
    pleo: LocalPleo, caller: Caller, kind: str, *, applied: bool, stored: str
) -> None:
    pleo.fail_next(
        Fault(item="error", type=kind, message="Not now.", applied=applied, entry_ids=(entry(2).upper(),))
    )
    answer = caller.put(update(1), update(2)).json
    assert answer["errors"] == [{"accountingEntryId": entry(2), "message": "Not now.", "type": kind}]
    assert [item["accountingEntryId"] for item in answer["data"]] == [entry(1)]
    assert stored_status(pleo, 2) == stored


def test_a_request_that_waits_is_let_go_when_the_server_stops() -> None:
    with local_pleo() as pleo:
        pleo.fail_next(Fault(delay=3600))
        caller = Caller(pleo.url)
        caller.connection.request("GET", f"/v1/export-jobs/{JOB}")
        while not pleo.requests():
            time.sleep(0.001)
    with contextlib.suppress(
        ConnectionError, HTTPException
    ):  # a TimeoutError would be an answer that never ends
        caller.connection.getresponse()
    caller.connection.close()


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Fault(status=99), "status"),
        (lambda: Fault(status=429, retry_after="soon", as_date=True), "asDate"),
        (lambda: Fault(delay=-1), "seconds"),
        (lambda: Fault(drip=1, piece_bytes=0), "pieceBytes"),
        (lambda: Fault(drip=-1), "seconds"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_where_it_is_made(make: object, field: str) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=field):
        make()
