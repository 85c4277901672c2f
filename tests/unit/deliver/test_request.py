import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from export_adapter.deliver.request import items_path, put_body
from export_adapter.model import ApiVersion, FailureReasonType, ItemStatus, ItemUpdate
from tests.unit.deliver.fakes import JOB, entry


def sent(**fields: object) -> dict[str, str]:
    update = ItemUpdate(entry(1), ItemStatus.FAILED, **fields)  # type: ignore[arg-type]  # of many types
    [element] = json.loads(put_body([update]))
    assert isinstance(element, dict)
    return element


def test_the_body_is_a_bare_array_in_the_order_of_the_items() -> None:
    updates = [ItemUpdate(entry(number), ItemStatus.SUCCESSFUL) for number in (3, 1, 2)]

    assert json.loads(put_body(updates)) == [
        {"accountingEntryId": entry(number), "status": "successful"} for number in (3, 1, 2)
    ]


def test_every_field_goes_out_under_pleos_name() -> None:
    fields = sent(
        exported_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        external_id="INV-1",
        external_url="https://books.test/1",
        failure_reason_type=FailureReasonType.VALIDATION_FAILURE,
        failure_reason="The date lies in a closed period.",
    )

    assert fields == {
        "accountingEntryId": entry(1),
        "status": "failed",
        "exportedAt": "2026-03-01T12:00:00Z",
        "externalId": "INV-1",
        "externalUrl": "https://books.test/1",
        "failureReasonType": "validation_failure",
        "failureReason": "The date lies in a closed period.",
    }


def test_absent_fields_are_left_out_and_empty_ones_are_not() -> None:
    assert sent() == {"accountingEntryId": entry(1), "status": "failed"}
    assert sent(external_id="")["externalId"] == ""


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC), "2026-03-01T12:00:00Z"),
        (datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2026-02-28T23:00:00Z"),
        (
            datetime(2026, 2, 28, 23, tzinfo=timezone(timedelta(hours=-5, minutes=-30))),
            "2026-03-01T04:30:00Z",
        ),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31T23:59:59Z"),
    ],
)
def test_dates_are_sent_in_whole_seconds_of_utc(moment: datetime, text: str) -> None:
    assert sent(exported_at=moment)["exportedAt"] == text


@pytest.mark.parametrize("text", ["Kostnadsställe är ej tillåtet", "日本語", "😀", 'quote " and \\', "a\nb"])
def test_text_arrives_as_it_was(text: str) -> None:
    assert sent(failure_reason=text)["failureReason"] == text


def test_the_body_is_compact_and_in_utf_8() -> None:
    body = put_body([ItemUpdate(entry(1), ItemStatus.FAILED, failure_reason="für")])

    assert body == f'[{{"accountingEntryId":"{entry(1)}","status":"failed","failureReason":"für"}}]'.encode()


@pytest.mark.parametrize("unsendable", ["\x00", chr(0xD800), chr(0xDFFF)])
def test_what_databases_refuse_is_replaced(unsendable: str) -> None:
    assert sent(external_id=f"a{unsendable}b")["externalId"] == "a\ufffdb"


@pytest.mark.parametrize("version", ApiVersion)
def test_the_path_names_version_and_job(version: ApiVersion) -> None:
    assert items_path(JOB, version) == f"/{version}/export-jobs/{JOB.export_job_id}/items"


def test_a_query_is_encoded() -> None:
    path = items_path(JOB, ApiVersion.V1, limit=100, after="A=~&B")

    assert path == f"/v1/export-jobs/{JOB.export_job_id}/items?limit=100&after=A%3D~%26B"


def test_letters_beyond_ascii_go_out_as_they_are() -> None:
    update = ItemUpdate(entry(1), ItemStatus.FAILED, failure_reason="Das Konto „4711“ fehlt.")

    assert "Das Konto „4711“ fehlt.".encode() in put_body([update])
