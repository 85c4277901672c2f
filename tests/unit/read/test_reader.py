import json
from datetime import UTC, datetime

import pytest

from export_adapter.model import (
    ExportResult,
    Failure,
    InvalidMessage,
    InvalidResult,
    ItemStatus,
    JobKey,
    Json,
    Message,
    Record,
    Stage,
)
from export_adapter.read.reader import read, record_of
from tests.fakes.messages import NOON_MS, company, entry, in_sns, job, message, raw_record, record, result


def read_message(content: Json) -> Message:
    found = read(record(content))
    assert isinstance(found, Message)
    return found


def read_result(**fields: Json) -> ExportResult:
    (found,) = read_message(message(result(1, "failed", **fields))).results
    assert isinstance(found, ExportResult)
    return found


def read_failure(**fields: Json) -> Failure:
    failure = read_result(failure=fields).failure
    assert failure is not None
    return failure


def test_a_message_is_read_with_every_field_that_the_contract_names() -> None:
    original = result(
        1,
        "failed",
        exportedAt="2026-03-01T13:00:00.25+01:00",
        externalId="INV-7",
        externalUrl="https://books.test/7",
        failure={
            "stage": "create_entry",
            "httpStatus": 400,
            "headers": {"Content-Type": "application/json"},
            "body": {"Message": "no"},
            "code": "10",
            "message": "A message.",
            "exception": "ReadTimeout",
        },
        failureReasonType="validation_failure",
        failureReason="Because.",
    )
    content = message(original, companyId=company(), extra=[1])
    assert read_message(content) == Message(
        record=record(content),
        job=JobKey(job(), company()),
        system="xero",
        envelope={
            "exportJobId": json.dumps(job()),
            "system": '"xero"',
            "companyId": json.dumps(company()),
            "extra": "[1]",
        },
        results=(
            ExportResult(
                accounting_entry_id=entry(1),
                status=ItemStatus.FAILED,
                original=json.dumps(original),
                exported_at=datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC),
                external_id="INV-7",
                external_url="https://books.test/7",
                failure=Failure(
                    stage=Stage.CREATE_ENTRY,
                    http_status=400,
                    headers={"content-type": "application/json"},
                    body={"Message": "no"},
                    code="10",
                    message="A message.",
                    exception="ReadTimeout",
                ),
                failure_reason_type="validation_failure",
                failure_reason="Because.",
            ),
        ),
    )


def test_a_result_with_nothing_but_what_is_needed_is_read() -> None:
    assert read_message(message(result())).results == (
        ExportResult(
            accounting_entry_id=entry(), status=ItemStatus.SUCCESSFUL, original=json.dumps(result())
        ),
    )


def test_optional_fields_that_are_null_are_as_if_they_were_absent() -> None:
    names = ("exportedAt", "externalId", "externalUrl", "failure", "failureReasonType", "failureReason")
    nulls: dict[str, Json] = dict.fromkeys(names)
    read_with_nulls = read_result(**nulls)
    assert json.loads(read_with_nulls.original) == result(1, "failed", **nulls)
    assert (read_with_nulls.exported_at, read_with_nulls.external_id, read_with_nulls.failure) == (
        None,
        None,
        None,
    )
    nulls = dict.fromkeys(("stage", "httpStatus", "headers", "body", "code", "message", "exception"))
    assert read_failure(**nulls) == Failure()


def test_a_company_that_is_null_is_no_company() -> None:
    assert read_message(message(result(), companyId=None)).job == JobKey(job(), None)


def test_blank_texts_are_as_if_they_were_absent() -> None:
    found = read_result(externalId=" ", failureReason="\n", failureReasonType="")
    assert (found.external_id, found.failure_reason, found.failure_reason_type) == (None, None, None)


def test_two_spellings_of_an_id_are_one_id() -> None:
    content = message(
        {**result(), "accountingEntryId": entry().upper()},
        exportJobId=job().upper(),
        companyId=company().upper(),
    )
    found = read_message(content)
    assert found.job == JobKey(job(), company())
    assert isinstance(found.results[0], ExportResult)
    assert found.results[0].accounting_entry_id == entry()


def test_one_bad_result_stands_apart_and_its_neighbours_go_on() -> None:
    bad = result(2, "done")
    first, second, third = read_message(message(result(1), bad, result(3))).results
    assert isinstance(first, ExportResult)
    assert isinstance(second, InvalidResult)
    assert second.original == json.dumps(bad)
    assert second.reason.startswith("results[].status: must be one of")
    assert isinstance(third, ExportResult)


def test_a_result_in_which_a_key_comes_twice_stands_apart_as_it_was_written() -> None:
    twice = f'{{"accountingEntryId": "{entry(1)}", "status": "failed", "status": "successful"}}'
    body = json.dumps(message(result(2))).replace('"results": [', f'"results": [{twice}, ')
    found = read(record(body))
    assert isinstance(found, Message)
    bad, good = found.results
    assert bad == InvalidResult(twice, "results[].status: the key comes twice in one object", entry(1))
    assert isinstance(good, ExportResult)


def test_bad_results_that_break_one_rule_have_one_reason() -> None:
    found = read_message(message(*(result(number, "done") for number in range(50))))
    assert len({one.reason for one in found.results if isinstance(one, InvalidResult)}) == 1


def test_a_message_of_bad_results_alone_is_still_a_message() -> None:
    found = read_message(message(None, 7, "x", [], {}))
    assert all(isinstance(one, InvalidResult) for one in found.results)
    assert [one.original for one in found.results] == ["null", "7", '"x"', "[]", "{}"]


@pytest.mark.parametrize("body", ["", "no JSON", "[]", "{}", json.dumps({"exportJobId": job()}), in_sns("x")])
def test_what_is_no_message_is_told_with_its_record_and_a_reason(body: Json) -> None:
    unread = record(body)
    found = read(unread)
    assert isinstance(found, InvalidMessage)
    assert found.record is unread
    assert found.reason


def test_the_envelope_of_a_wrapped_message_is_the_message_without_its_wrapper() -> None:
    assert read_message(in_sns(message(result()))).envelope == {
        "exportJobId": json.dumps(job()),
        "system": '"xero"',
    }


def test_header_names_are_lower_case_and_values_that_are_no_text_are_left_out() -> None:
    headers: dict[str, Json] = {
        "Retry-After": 30,
        "X-Ratio": 0.5,
        "Set-Cookie": ["first", "second"],
        "Empty": [],
        "Null": None,
        "Object": {"a": "b"},
    }
    assert read_failure(headers=headers).headers == {
        "retry-after": "30",
        "x-ratio": "0.5",
        "set-cookie": "first",
    }


@pytest.mark.parametrize(("code", "text"), [("E10", "E10"), (10, "10"), (0, "0"), (-3, "-3"), (None, None)])
def test_a_code_is_text_whether_it_came_as_a_number_or_not(code: Json, text: str | None) -> None:
    assert read_failure(code=code).code == text


def test_a_whole_http_status_written_as_a_float_is_a_whole_number() -> None:
    status = read_failure(httpStatus=400.0).http_status
    assert status == 400
    assert isinstance(status, int)


def test_hostile_text_passes_unharmed() -> None:
    hostile = "\x00\x1b[31m\r\n\ud800 \uffff {{7*7}} ${jndi:ldap://x}"
    assert read_failure(message=hostile, body=hostile).body == hostile


def test_a_record_is_taken_from_the_event_with_its_counts() -> None:
    raw = raw_record(message(result()), "m-7", receive_count=3)
    raw["attributes"] = {
        "ApproximateReceiveCount": "3",
        "SentTimestamp": str(NOON_MS),
        "MessageGroupId": "c-1",
    }
    raw["messageAttributes"] = {
        "replayCount": {"stringValue": "2", "dataType": "Number"},
    }
    assert record_of(raw) == Record(
        message_id="m-7",
        receipt_handle="handle of m-7",
        body=json.dumps(message(result())),
        receive_count=3,
        sent_at=NOON_MS,
        message_group_id="c-1",
        replay_count=2,
        was_parked=True,
    )


@pytest.mark.parametrize("missing", ["messageId", "receiptHandle", "body"])
@pytest.mark.parametrize("wrong", [None, 7, {}])
def test_an_element_that_is_no_sqs_record_raises_so_that_the_whole_event_goes_back(
    missing: str, wrong: Json
) -> None:
    with pytest.raises(TypeError, match="not SQS records"):
        record_of({**raw_record(""), missing: wrong})


@pytest.mark.parametrize("element", [None, 7, "text", [], {}])
def test_an_element_that_is_no_object_raises_too(element: Json) -> None:
    with pytest.raises(TypeError, match="not SQS records"):
        record_of(element)


@pytest.mark.parametrize("count", [None, "", "x", "-1", "1.5", "9" * 5000, "\u0663", [], {}, True])
def test_a_count_that_cannot_be_read_counts_as_the_first_receive(count: Json) -> None:
    raw = raw_record("")
    raw["attributes"] = {"ApproximateReceiveCount": count, "SentTimestamp": count, "MessageGroupId": 7}
    raw["messageAttributes"] = {"replayCount": {"stringValue": count}}
    found = record_of(raw)
    assert (found.receive_count, found.sent_at, found.replay_count, found.message_group_id) == (1, 0, 0, None)


@pytest.mark.parametrize("attributes", [None, 7, "text", []])
def test_attributes_of_the_wrong_type_are_as_if_they_were_absent(attributes: Json) -> None:
    raw = {**raw_record(""), "attributes": attributes, "messageAttributes": attributes}
    assert record_of(raw).receive_count == 1
