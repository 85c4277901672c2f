import pytest

from export_adapter_workstation.local.pleo import EntryRefusal, JobStatus, LocalPleo, NewJob
from tests.unit.local.calling import (
    BEARER,
    COMPANY,
    JOB,
    OTHER_COMPANY,
    OTHER_JOB,
    Caller,
    add_job,
    entry,
    stored_status,
    update,
)

V3_ONLY = ("vendor_unknown", "account_unknown", "tax_code_unknown", "tag_unknown")


def test_an_update_is_answered_with_the_items_as_pleo_now_holds_them(caller: Caller) -> None:
    answer = caller.put(update(1, exportedAt="2026-03-01T11:59:00Z", externalId="INV-7"))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.json == {
        "data": [
            {
                "accountingEntryId": entry(1),
                "exportJobId": JOB,
                "exportedAt": "2026-03-01T11:59:00Z",
                "externalId": "INV-7",
                "externalUrl": None,
                "failureReason": None,
                "failureReasonType": None,
                "status": "successful",
            }
        ],
        "errors": [],
    }


def test_an_update_sets_the_whole_state_so_that_what_it_leaves_out_is_cleared(
    pleo: LocalPleo, caller: Caller
) -> None:
    caller.put(update(1, "failed", failureReason="Period closed", failureReasonType="validation_failure"))
    caller.put(update(1, "successful", externalId="INV-7"))
    job = pleo.job(JOB)
    assert job is not None
    item = job.items[entry(1)]
    assert item.sent == update(1, "successful", externalId="INV-7")
    assert item.history == ("failed", "successful")


def test_the_same_update_twice_changes_nothing(pleo: LocalPleo, caller: Caller) -> None:
    first = caller.put(update(1, externalId="INV-7"))
    assert caller.put(update(1, externalId="INV-7")).json == first.json
    assert stored_status(pleo, 1) == "successful"


def test_an_unknown_entry_is_reported_in_errors_while_the_others_are_updated(
    pleo: LocalPleo, caller: Caller
) -> None:
    answer = caller.put(update(1), update(9))
    assert answer.status == 200
    assert [item["accountingEntryId"] for item in answer.json["data"]] == [entry(1)]
    assert [(one["accountingEntryId"], one["type"]) for one in answer.json["errors"]] == [
        (entry(9), "ACCOUNTING_ENTRY_DOES_NOT_EXIST")
    ]
    assert stored_status(pleo, 1) == "successful"


@pytest.mark.parametrize("kind", ["EXPORT_ENTRY_STATUS_UPDATE_FAILED", "ACCOUNTING_ENTRY_UPDATE_FAILED"])
def test_a_refused_entry_is_reported_until_it_is_accepted(pleo: LocalPleo, caller: Caller, kind: str) -> None:
    pleo.refuse_entry(entry(2), EntryRefusal(kind, "Locked."))
    answer = caller.put(update(1), update(2))
    assert answer.json["errors"] == [{"accountingEntryId": entry(2), "message": "Locked.", "type": kind}]
    assert stored_status(pleo, 2) == "pending"
    pleo.accept_entry(entry(2))
    assert caller.put(update(2)).json["errors"] == []


@pytest.mark.parametrize("status", [400, 422])
def test_a_poisonous_entry_makes_every_request_that_holds_it_fail_as_a_whole(
    pleo: LocalPleo, caller: Caller, status: int
) -> None:
    pleo.refuse_entry(entry(2), EntryRefusal("UNSUPPORTED_ACCOUNTING_ENTRY_TYPE", "No.", status))
    assert caller.put(update(1), update(2)).error == (status, "UNSUPPORTED_ACCOUNTING_ENTRY_TYPE")
    assert stored_status(pleo, 1) == "pending"
    assert caller.put(update(1)).status == 200


def test_a_hundred_items_are_taken_and_one_more_is_refused(pleo: LocalPleo, caller: Caller) -> None:
    add_job(pleo, 101, job=OTHER_JOB)
    updates = [update(number) for number in range(1, 102)]
    refused = caller.put(*updates, job=OTHER_JOB)
    assert refused.error == (413, "EXPORT_JOB_ITEMS_UPDATE_LIMIT")
    assert refused.json["message"] == "Number of items to update is more than 100."
    assert stored_status(pleo, 1, OTHER_JOB) == "pending"
    assert len(caller.put(*updates[:100], job=OTHER_JOB).json["data"]) == 100


def test_a_job_that_does_not_exist_is_not_found(caller: Caller) -> None:
    assert caller.put(update(1), job=OTHER_JOB).error == (404, "EXPORT_NOT_FOUND")


@pytest.mark.parametrize(
    "status", [JobStatus.COMPLETED, JobStatus.COMPLETED_WITH_ERRORS, JobStatus.FAILED], ids=str
)
def test_a_finished_job_takes_no_more_items(pleo: LocalPleo, caller: Caller, status: JobStatus) -> None:
    pleo.create_job(NewJob(OTHER_JOB, COMPANY, (entry(1),), status))
    refused = caller.put(update(1), job=OTHER_JOB)
    assert refused.error == (422, "EXPORT_JOB_STATUS_UNPROCESSABLE")
    assert refused.json["message"] == "Export job is finished."
    assert stored_status(pleo, 1, OTHER_JOB) == "pending"


def test_another_companys_job_is_forbidden(pleo: LocalPleo, caller: Caller) -> None:
    add_job(pleo, job=OTHER_JOB, company=OTHER_COMPANY)
    assert caller.put(update(1), job=OTHER_JOB).error == (403, "FORBIDDEN")
    assert stored_status(pleo, 1, OTHER_JOB) == "pending"


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"status": "successful"}, id="no entry id"),
        pytest.param({"accountingEntryId": entry(1)}, id="no status"),
        pytest.param(update(1, "done"), id="unknown status"),
        pytest.param({"accountingEntryId": "17", "status": "failed"}, id="an id that is not a UUID"),
        pytest.param(update(1, externalId=None), id="null"),
        pytest.param(update(1, exportedAt="2026-03-01T11:59:00.5Z"), id="fraction of a second"),
        pytest.param(update(1, exportedAt="2026-03-01T11:59:00+00:00"), id="offset instead of Z"),
        pytest.param(update(1, exportedAt="2026-02-30T11:59:00Z"), id="day that does not exist"),
        pytest.param(update(1, "failed", failureReasonType="job_expired"), id="type for jobs only"),
        pytest.param(update(1, failure_reason="misspelt"), id="unknown property"),
        pytest.param(7, id="no object"),
    ],
)
@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_an_illegal_item_is_a_bad_request(
    pleo: LocalPleo, caller: Caller, version: str, item: object
) -> None:
    refused = caller.ask("PUT", f"/{version}/export-jobs/{JOB}/items", [update(2), item])
    assert refused.error == (400, "BAD_REQUEST")
    assert stored_status(pleo, 2) == "pending"


def test_a_wrapped_array_is_a_bad_request(caller: Caller) -> None:
    refused = caller.ask("PUT", f"/v1/export-jobs/{JOB}/items", {"items": [update(1)]})
    assert refused.error == (400, "BAD_REQUEST")


def test_an_entry_that_comes_twice_in_one_request_is_a_bad_request(caller: Caller) -> None:
    assert caller.put(update(1, "failed"), update(1)).error == (400, "BAD_REQUEST")


@pytest.mark.parametrize("kind", V3_ONLY)
def test_the_four_finer_failure_types_are_legal_in_v3_only(caller: Caller, kind: str) -> None:
    item = update(1, "failed", failureReasonType=kind)
    assert [caller.put(item, version=version).status for version in ("v1", "v2", "v3")] == [400, 400, 200]


def test_v3_leaves_out_a_failure_type_that_is_not_there(caller: Caller) -> None:
    shown = caller.put(update(1), version="v3").json["data"][0]
    assert "failureReasonType" not in shown
    assert shown["failureReason"] is None


def test_ids_in_upper_case_are_understood_and_answered_in_lower_case(caller: Caller) -> None:
    item = {"accountingEntryId": "00000000-0000-4000-8000-00000000000A".lower(), "status": "failed"}
    assert caller.put(item).json["errors"][0]["accountingEntryId"].endswith("a")
    upper = caller.put({**item, "accountingEntryId": item["accountingEntryId"].upper()}, job=JOB.upper())
    assert upper.json["errors"][0]["accountingEntryId"] == item["accountingEntryId"]


def test_a_body_that_is_not_json_is_a_bad_request(caller: Caller) -> None:
    assert caller.ask("PUT", f"/v1/export-jobs/{JOB}/items", body=b"[{").error == (400, "BAD_REQUEST")


def test_a_body_of_another_media_type_is_refused(caller: Caller) -> None:
    headers = {**BEARER, "Content-Type": "text/plain"}
    refused = caller.ask("PUT", f"/v1/export-jobs/{JOB}/items", [update(1)], headers=headers)
    assert refused.error == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_pleos_own_media_type_with_a_charset_is_taken(caller: Caller) -> None:
    headers = {**BEARER, "Content-Type": "application/json;charset=UTF-8"}
    assert caller.ask("PUT", f"/v1/export-jobs/{JOB}/items", [update(1)], headers=headers).status == 200


def test_a_path_that_pleo_does_not_have_is_another_404_than_an_unknown_job(caller: Caller) -> None:
    assert caller.ask("PUT", f"/v4/export-jobs/{JOB}/items", [update(1)]).error == (404, "NOT_FOUND")


def test_a_job_id_that_is_not_a_uuid_is_a_bad_request(caller: Caller) -> None:
    assert caller.put(update(1), job="17").error == (400, "BAD_REQUEST")


def test_a_method_that_does_not_exist_there_is_refused(caller: Caller) -> None:
    assert caller.ask("POST", f"/v1/export-jobs/{JOB}/items", []).error == (405, "METHOD_NOT_ALLOWED")


def test_a_body_above_the_servers_bound_is_refused_unread(caller: Caller) -> None:
    headers = {**BEARER, "Content-Length": "99999999999"}
    assert caller.ask("PUT", f"/v1/export-jobs/{JOB}/items", body=b"[]", headers=headers).error == (
        413,
        "PAYLOAD_TOO_LARGE",
    )


def test_a_chunked_body_is_refused_since_its_length_is_unknown(caller: Caller) -> None:
    headers = {**BEARER, "Transfer-Encoding": "chunked"}
    assert caller.ask("PUT", f"/v1/export-jobs/{JOB}/items", body=b"0\r\n\r\n", headers=headers).status == 411


def test_several_requests_go_over_one_connection(caller: Caller) -> None:
    caller.put(update(1))
    connection = caller.connection.sock
    caller.put(update(2))
    assert caller.connection.sock is connection
    assert connection is not None
