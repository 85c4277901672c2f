import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from export_adapter.classify.classifier import Classifier
from export_adapter.model import ApiVersion, Json
from export_adapter_workstation.dead_letters.letter import Attribute, DeadLetter, described
from export_adapter_workstation.dead_letters.letter_view import letter_view
from export_adapter_workstation.dead_letters.tables import list_view
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
    "replayId": "52ac4e3a-73b3-4efa-aed1-dcabd4814f3a",
}


def letter(
    body: Json, attributes: Mapping[str, str] = MappingProxyType({}), *, moved_by_sqs: bool = False
) -> DeadLetter:
    text = body if isinstance(body, str) else json.dumps(body)
    values = {name: Attribute("String", value) for name, value in attributes.items()}
    sent_at = NOW - timedelta(minutes=10)
    return DeadLetter("m-1", text, sent_at, values, "group-1", moved_by_sqs=moved_by_sqs)


def shown(parked: DeadLetter, most_items: int = 5, version: ApiVersion = ApiVersion.V3) -> str:
    return printed(letter_view(described(parked, str.lower), CLASSIFIER, NOW, most_items, version))


def test_it_says_why_where_from_and_what_pleo_said() -> None:
    view = shown(letter(message(result(1), companyId=company()), WHY))
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
        "2 times before, the last time as 52ac4e3a-73b3-4efa-aed1-dcabd4814f3a",
        "may succeed, once the cause is mended",
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
    view = shown(letter(message(result(1, "failed", failure=failure)), WHY))
    assert "accounting_system_authentication_failure" in view
    assert "rule xero/" in view
    assert '"Detail": "TokenExpired"' in view
    assert "create_entry" in view
    assert "correcthorse" not in view
    assert "abcdefgh12345678" not in view


def test_what_the_exporter_said_itself_is_shown_as_its_own() -> None:
    given = result(1, "failed", failureReasonType="validation_failure", failureReason="The date is missing.")
    view = shown(letter(message(given), WHY))
    assert "validation_failure" in view
    assert "The date is missing." in view
    assert "the exporter itself" in view


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (ApiVersion.V3, "today (API v3)  account_unknown (before API v3: invalid_configuration)"),
        (ApiVersion.V1, "today (API v1)  invalid_configuration (with API v3: account_unknown)"),
    ],
)
def test_a_type_is_that_of_the_stacks_version_and_says_what_it_is_in_the_others(
    version: ApiVersion, words: str
) -> None:
    body: Json = {"Elements": [{"ValidationErrors": [{"Message": "Account code '200' is not a valid code"}]}]}
    failed = result(1, "failed", failure={"stage": "create_entry", "httpStatus": 400, "body": body})
    assert words in shown(letter(message(failed), WHY), version=version)


def test_what_is_no_message_is_shown_as_it_came_but_masked() -> None:
    view = shown(letter("no JSON, password=correcthorse\x1b[2J", {"errorType": "invalid_message"}))
    assert "It is no message: body is not JSON" in view
    assert "no JSON, password=…" in view
    assert "cannot succeed: it is no message" in view
    assert "\x1b" not in view


def test_a_result_that_breaks_the_contract_names_the_field() -> None:
    view = shown(letter(message(result(1), {"accountingEntryId": entry(2), "status": "done"})))
    assert "breaks the contract: results[].status" in view


@pytest.mark.parametrize(("moved_by_sqs", "words"), [(True, "SQS moved it here"), (False, "somebody else")])
def test_where_no_reason_was_noted_it_says_who_put_it_there(*, moved_by_sqs: bool, words: str) -> None:
    assert words in shown(letter(message(result(1)), moved_by_sqs=moved_by_sqs))


def test_what_sqs_moved_after_a_replay_does_not_pass_off_an_old_reason_as_the_new_one() -> None:
    view = shown(letter(message(result(1)), WHY, moved_by_sqs=True)).splitlines()
    facts = {line[:18].strip(): line[18:].strip() for line in view if line[:18].strip()}
    assert facts["why"].startswith("SQS moved it here")
    assert facts["parked before as"] == "item_rejected: Pleo refused the item: LOCKED, under review: HTTP 200"
    assert "Pleo answered" not in facts


def test_of_what_sqs_moved_only_the_time_of_sending_is_known() -> None:
    view = shown(letter(message(result(1)), moved_by_sqs=True))
    assert "\nsent " in view
    assert "\nparked" not in view


@pytest.mark.parametrize("width", [60, 80, 100])
def test_on_a_narrow_terminal_the_list_still_says_why(width: int) -> None:
    parked = described(letter(message(result(1), system="netsuite"), WHY), str.lower)
    moved = described(letter(message(result(1)), WHY, moved_by_sqs=True), str.lower)
    view = printed(list_view([parked, moved], NOW, 50, width), width).splitlines()
    assert max(len(line) for line in view) <= width
    assert view[0].split()[:4] == ["m-1", "10m", "item_rejected", "netsuite"]
    assert view[1] == "  Pleo refused the item: LOCKED, under review"
    assert view[3].startswith("  SQS moved it here after its last receive")


def test_of_many_entries_the_first_are_shown() -> None:
    view = shown(letter(message(*(result(number) for number in range(1, 10)))), most_items=2)
    assert "9 accounting entries" in view
    assert entry(3) not in view
    assert "and 7 more" in view


def test_the_list_has_a_line_for_each_letter_the_oldest_first() -> None:
    young = letter(message(result(1)), {"errorType": "item_rejected"})
    old = DeadLetter("old-letter", "no JSON", NOW - timedelta(days=3), {})
    view = printed(
        list_view([described(each, str.lower) for each in (young, old)], NOW, 50, 140)
    ).splitlines()
    assert view[1].split()[:5] == ["old-lett", "3d", "unknown", "?", "somebody"]
    assert view[2].split() == ["m-1", "10m", "item_rejected", "xero", job()[:8], "1"]


def test_a_long_list_says_how_much_is_left() -> None:
    letters = [described(letter(message(result(1))), str.lower)] * 5
    assert "and 3 more" in printed(list_view(letters, NOW, 2, 140))
