import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from export_adapter.classify.classifier import Classifier
from export_adapter.model import ApiVersion, Json
from export_adapter.parked_message import Attribute, DeadLetter
from export_adapter_workstation.dead_letters.message import described
from export_adapter_workstation.dead_letters.show import whole_message_view
from export_adapter_workstation.dead_letters.tables import message_view
from tests.fakes.messages import company, entry, job, message, result
from tests.unit.dead_letters.showing import printed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLASSIFIER = Classifier.built_in()
WHY = {
    "errorType": "item_rejected",
    "errorMessage": "Pleo refused the item: LOCKED, under review",
    "pleoStatus": "200",
    "sourceMessageId": "5f04e139-ebd5-4933-8fb6-45ceec303cbc",
    "replayCount": "2",
}


def dead_letter(
    body: Json, attributes: Mapping[str, str] = MappingProxyType({}), *, moved_by_sqs: bool = False
) -> DeadLetter:
    text = body if isinstance(body, str) else json.dumps(body)
    values = {name: Attribute("String", value) for name, value in attributes.items()}
    sent_at = NOW - timedelta(minutes=10)
    return DeadLetter("m-1", text, sent_at, values, "group-1", moved_by_sqs=moved_by_sqs)


def shown(parked: DeadLetter, most_items: int = 5, version: ApiVersion = ApiVersion.V3) -> str:
    return printed(whole_message_view(described(parked, str.lower), CLASSIFIER, NOW, most_items, version))


def test_it_says_why_where_from_and_what_pleo_said() -> None:
    view = shown(dead_letter(message(result(1), companyId=company()), WHY))
    for words in (
        "m-1",
        "item_rejected",
        "Pleo refused the item: LOCKED, under review",
        "HTTP 200",
        "2026-03-01 11:50:00 UTC, 10m ago",
        "xero",
        company(),
        job(),
        "group-1",
        "message 5f04e139-ebd5-4933-8fb6-45ceec303cbc",
        "replayed       2 times",
        "may succeed, once the cause is fixed",
        entry(1),
    ):
        assert words in view


def test_a_failed_entry_says_what_it_is_today_and_what_the_accounting_system_answered() -> None:
    failure: Json = {
        "stage": "create_entry",
        "httpStatus": 401,
        "headers": {"authorization": "Bearer abcdefgh12345678"},
        "body": {"Title": "Unauthorized", "Detail": "TokenExpired", "access_token": "correcthorse"},
    }
    view = shown(dead_letter(message(result(1, "failed", failure=failure)), WHY))
    assert "accounting_system_authentication_failure" in view
    assert "rule xero/" in view
    assert '"Detail": "TokenExpired"' in view
    assert "create_entry" in view
    assert "correcthorse" not in view
    assert "abcdefgh12345678" not in view


def test_what_the_exporter_said_itself_is_shown_as_its_own() -> None:
    given = result(1, "failed", failureReasonType="validation_failure", failureReason="The date is missing.")
    view = shown(dead_letter(message(given), WHY))
    assert "validation_failure" in view
    assert "The date is missing." in view
    assert "the exporter itself" in view


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (ApiVersion.V3, "today (API v3)  account_unknown"),
        (ApiVersion.V1, "today (API v1)  invalid_configuration"),
    ],
)
def test_a_type_is_that_of_the_stacks_version(version: ApiVersion, words: str) -> None:
    body: Json = {"Elements": [{"ValidationErrors": [{"Message": "Account code '200' is not a valid code"}]}]}
    failed = result(1, "failed", failure={"stage": "create_entry", "httpStatus": 400, "body": body})
    assert words in shown(dead_letter(message(failed), WHY), version=version)


def test_an_invalid_message_is_shown_as_it_came_but_masked() -> None:
    view = shown(dead_letter("no JSON, password=correcthorse\x1b[2J", {"errorType": "invalid_message"}))
    assert "Its body is not a valid message: body is not JSON" in view
    assert "no JSON, password=…" in view
    assert "cannot succeed: its body is not a valid message" in view
    assert "\x1b" not in view


def test_a_result_that_breaks_the_contract_names_the_field() -> None:
    view = shown(dead_letter(message(result(1), {"accountingEntryId": entry(2), "status": "done"})))
    assert "breaks the contract: results[].status" in view


@pytest.mark.parametrize(("moved_by_sqs", "words"), [(True, "SQS moved it here"), (False, "another program")])
def test_where_no_reason_was_noted_it_says_who_put_it_there(*, moved_by_sqs: bool, words: str) -> None:
    assert words in shown(dead_letter(message(result(1)), moved_by_sqs=moved_by_sqs))


def test_what_sqs_moved_after_a_replay_does_not_pass_off_an_old_reason_as_the_new_one() -> None:
    view = shown(dead_letter(message(result(1)), WHY, moved_by_sqs=True)).splitlines()
    facts = {line[:18].strip(): line[18:].strip() for line in view if line[:18].strip()}
    assert facts["why"].startswith("SQS moved it here")
    assert facts["parked before as"] == "item_rejected: Pleo refused the item: LOCKED, under review: HTTP 200"
    assert "Pleo answered" not in facts


def test_of_what_sqs_moved_only_the_time_of_sending_is_known() -> None:
    view = shown(dead_letter(message(result(1)), moved_by_sqs=True))
    assert "\nsent " in view
    assert "\nparked" not in view


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_list_says_why_at_any_width(width: int) -> None:
    parked = described(dead_letter(message(result(1), system="netsuite"), WHY), str.lower).facts
    moved = described(dead_letter(message(result(1)), WHY, moved_by_sqs=True), str.lower).facts
    view = [printed(message_view(each, NOW), width) for each in (parked, moved)]
    assert max(len(line) for each in view for line in each.splitlines()) <= width
    assert view[0].split()[:6] == ["m-1", "10m", "item_rejected", "netsuite", "1", "entry"]
    assert f"job {job()[:8]}" in view[0]
    assert "\n  Pleo refused the item: LOCKED, under review" in view[0]
    assert "\n  SQS moved it here after its last receive" in view[1]


def test_of_many_entries_the_first_are_shown() -> None:
    view = shown(dead_letter(message(*(result(number) for number in range(1, 10)))), most_items=2)
    assert "9 accounting entries" in view
    assert entry(3) not in view
    assert "and 7 more" in view


def test_what_is_booked_is_told_apart_from_what_has_to_be_exported_again() -> None:
    finished = {"errorType": "job_finished"}
    booked = shown(dead_letter(message(result(1)), finished))
    failed = shown(dead_letter(message(result(1, "failed")), finished))
    both = shown(dead_letter(message(result(1), result(2, "failed"), result(3, "in_progress")), finished))
    assert "Do not export these entries again" in booked
    assert "Have the bookkeeper export the entries again." in failed
    assert "Do not export" not in failed
    for kind in ("job_finished, booked: ", "job_finished, not booked: ", "job_finished, not final: "):
        assert kind in both


@pytest.mark.parametrize("error_type", ["item_rejected", "request_rejected", "retries_exhausted"])
def test_a_booked_entry_is_never_to_be_exported_again_whatever_the_error_type(error_type: str) -> None:
    view = shown(dead_letter(message(result(1), result(2, "failed")), {"errorType": error_type}))
    assert "Do not export its successful entries again" in " ".join(view.split())
    assert "Do not export" not in shown(dead_letter(message(result(1, "failed")), {"errorType": error_type}))


def test_of_a_job_that_pleo_does_not_know_it_says_that_a_replay_cannot_correct_an_id() -> None:
    view = " ".join(shown(dead_letter(message(result(1)), {"errorType": "job_not_found"})).split())
    assert "If an id in the message is wrong, a replay cannot help" in view
