"""The table of docs/delivery.md, row by row, from the batch that is sent to what becomes of its items."""

import pytest

from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter.model import Delivered, ErrorType, ItemStatus, Rejected, Undelivered
from tests.unit.deliver.fakes import (
    JOB,
    OTHER_COMPANYS_JOB,
    OTHER_JOB,
    Reply,
    Request,
    accept,
    answer,
    error,
    items,
    scene,
    updated,
)


def test_an_item_in_data_with_the_status_that_was_sent_is_delivered() -> None:
    adapter, http = scene()

    result = adapter.deliver(*items(1, 2, 3))

    assert result.all() == {Delivered("accepted")}
    assert http.sent == [[1, 2, 3]]


@pytest.mark.parametrize("status", [200, 201, 202, 207, 299])
def test_any_2xx_counts_by_its_body(status: int) -> None:
    adapter, _ = scene(lambda request: answer(status, accept(request).body))

    assert adapter.deliver(*items(1)).kinds() == {"Delivered"}


@pytest.mark.parametrize("kind", ["ACCOUNTING_ENTRY_DOES_NOT_EXIST", "accounting_entry_does_not_exist"])
def test_an_entry_that_does_not_exist_is_rejected_at_once(kind: str) -> None:
    adapter, http = scene(lambda request: updated(request, refused={2: kind}))

    result = adapter.deliver(*items(1, 2, 3))

    assert result.of(2) == Rejected(
        ErrorType.ITEM_REJECTED,
        "Pleo refused the item: ACCOUNTING_ENTRY_DOES_NOT_EXIST, Message about 2.",
        200,
    )
    assert [result.of(1), result.of(3)] == [Delivered("accepted")] * 2
    assert http.methods == "PUT"


def test_items_refused_for_one_reason_share_it_also_where_pleo_names_each_of_them() -> None:
    def naming(request: Request) -> Answer:
        ids = [update["accountingEntryId"] for update in request.updates]
        said = {"type": "ACCOUNTING_ENTRY_DOES_NOT_EXIST"}
        errors = [
            {"accountingEntryId": each, "message": f"Entry {each.upper()} does not exist.", **said}
            for each in ids
        ]
        return answer(200, {"data": [], "errors": errors})

    adapter, _ = scene(naming)

    assert adapter.deliver(*items(1, 2, 3)).all() == {
        Rejected(
            ErrorType.ITEM_REJECTED,
            "Pleo refused the item: ACCOUNTING_ENTRY_DOES_NOT_EXIST, Entry … does not exist.",
            200,
        )
    }


def test_a_403_gives_back_the_company_and_nobody_else() -> None:
    def forbidding(request: Request) -> Answer:
        return (
            accept(request) if request.job_id == OTHER_COMPANYS_JOB.export_job_id else error(403, "FORBIDDEN")
        )

    adapter, _ = scene(then=forbidding)

    result = adapter.deliver(*items(1), *items(1, job=OTHER_JOB), *items(1, job=OTHER_COMPANYS_JOB))

    told = Undelivered("forbidden", "Pleo answered 403: FORBIDDEN, Some message.", 403)
    assert result.of(1) == result.of(1, OTHER_JOB) == told
    assert result.of(1, OTHER_COMPANYS_JOB) == Delivered("accepted")


@pytest.mark.parametrize("kind", ["EXPORT_NOT_FOUND", "export_not_found", "Export_Not_Found"])
def test_a_404_of_a_job_that_does_not_exist_rejects_its_items(kind: str) -> None:
    adapter, http = scene(error(404, kind, "No such job."))

    result = adapter.deliver(*items(*range(150)), *items(1, job=OTHER_JOB))

    told = "Pleo answered 404: EXPORT_NOT_FOUND, No such job."
    assert {result.of(number) for number in range(150)} == {Rejected(ErrorType.JOB_NOT_FOUND, told, 404)}
    assert result.of(1, OTHER_JOB) == Delivered("accepted")
    assert len(http.requests) == 2


@pytest.mark.parametrize(
    "gateway",
    [
        error(404, "NOT_FOUND"),
        error(404, "EXPORT_ENTRY_NOT_FOUND"),
        answer(404, b"<html><body>404 EXPORT_NOT_FOUND</body></html>"),
        answer(404, b""),
        answer(404, b'{"type": 7}'),
        answer(404, b'["EXPORT_NOT_FOUND"]'),
    ],
)
def test_any_other_404_is_given_back(gateway: Reply) -> None:
    adapter, http = scene(gateway)

    outcome = adapter.deliver(*items(1)).of(1)

    assert isinstance(outcome, Undelivered)
    assert (outcome.cause, outcome.pleo_status) == ("unexpected_answer", 404)
    assert len(http.requests) == 1


@pytest.mark.parametrize("kind", ["EXPORT_JOB_STATUS_UNPROCESSABLE", "export_job_status_unprocessable"])
def test_a_finished_job_rejects_its_items_without_splitting(kind: str) -> None:
    adapter, http = scene(error(422, kind, "Export job is finished."))

    result = adapter.deliver(*items(*range(10)))

    told = "Pleo answered 422: EXPORT_JOB_STATUS_UNPROCESSABLE, Export job is finished."
    assert result.all() == {Rejected(ErrorType.JOB_FINISHED, told, 422)}
    assert len(http.requests) == 1


def test_a_job_that_is_finished_between_two_batches_keeps_what_was_delivered() -> None:
    adapter, http = scene(accept, error(422, "EXPORT_JOB_STATUS_UNPROCESSABLE"))

    result = adapter.deliver(*items(*range(250)))

    assert {result.of(number) for number in range(100)} == {Delivered("accepted")}
    assert {type(result.of(number)) for number in range(100, 250)} == {Rejected}
    assert len(http.requests) == 2


def test_a_job_that_is_finished_amid_halving_keeps_what_was_delivered() -> None:
    adapter, http = scene(error(400), accept, error(422, "EXPORT_JOB_STATUS_UNPROCESSABLE"))

    result = adapter.deliver(*items(1, 2, 3, 4))

    assert [type(result.of(number)) for number in (1, 2, 3, 4)] == [Delivered, Delivered, Rejected, Rejected]
    assert http.sent == [[1, 2, 3, 4], [1, 2], [3, 4]]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 501, 502, 503, 504, 520, 599])
def test_a_fault_that_passes_is_tried_again_in_place(status: int) -> None:
    adapter, http = scene(error(status), error(status), accept)

    result = adapter.deliver(*items(1, 2))

    assert result.all() == {Delivered("accepted")}
    assert http.sent == [[1, 2]] * 3
    assert adapter.slept == [0.5, 1.0]


@pytest.mark.parametrize("cause", ["timeout", "connection", "tls", "unreadable_answer"])
def test_no_answer_is_tried_again_in_place_and_given_back_when_time_is_up(cause: str) -> None:
    adapter, http = scene(NoAnswer(cause, "nothing came"), accept)
    assert adapter.deliver(*items(1)).kinds() == {"Delivered"}
    assert len(http.requests) == 2

    adapter, http = scene(then=NoAnswer(cause, "nothing came"))
    assert adapter.deliver(*items(1)).of(1) == Undelivered(cause, "nothing came")
    assert len(http.requests) > 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html></html>",
        b'{"data": [{"accountingEntry',
        b"[]",
        b"null",
        b"true",
        b'"data"',
        b"{}",
        b'{"data": null, "errors": []}',
        b'{"data": {}, "errors": []}',
        b'{"data": [], "errors": "none"}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"9" * 10_000,
    ],
)
def test_a_2xx_that_cannot_be_read_is_tried_again_in_place(body: bytes) -> None:
    adapter, http = scene(answer(200, body), accept)

    assert adapter.deliver(*items(1)).of(1) == Delivered("accepted")
    assert len(http.requests) == 2


def test_a_2xx_that_stays_unreadable_is_given_back() -> None:
    adapter, _ = scene(then=answer(200, b"<html>"))

    told = Undelivered("unreadable_answer", "Pleo answered 200 with an unreadable body", 200)
    assert adapter.deliver(*items(1), seconds=5).of(1) == told


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 399])
def test_a_redirect_is_given_back_and_never_followed(status: int) -> None:
    adapter, http = scene(answer(status, b"", location="https://elsewhere.test/"))

    told = Undelivered("redirected", f"Pleo answered {status}", status)
    assert adapter.deliver(*items(1)).of(1) == told
    assert [request.url for request in http.requests] == [
        f"https://pleo.test/v1/export-jobs/{JOB.export_job_id}/items"
    ]


@pytest.mark.parametrize("status", [100, 199, 402, 405, 406, 409, 410, 415, 418, 431, 451])
def test_an_answer_that_nobody_expects_is_given_back(status: int) -> None:
    adapter, http = scene(error(status))

    outcome = adapter.deliver(*items(1)).of(1)

    assert isinstance(outcome, Undelivered)
    assert (outcome.cause, outcome.pleo_status) == ("unexpected_answer", status)
    assert len(http.requests) == 1


BROKEN_BODIES = [
    b"",
    b"<html>Bad Gateway</html>",
    b"{",
    b"[1]",
    b'{"type": null, "message": {}}',
    b"\xc3\x28",
    b"[" * 99_999,
]


@pytest.mark.parametrize("status", [300, 400, 401, 403, 404, 413, 422, 429, 500])
@pytest.mark.parametrize("body", BROKEN_BODIES)
def test_a_broken_error_body_never_raises(status: int, body: bytes) -> None:
    adapter, _ = scene(then=answer(status, body))

    result = adapter.deliver(*items(1, 2))

    assert result.report.bugs == ()
    assert result.kinds() <= {"Undelivered", "Rejected"}


def test_what_pleo_says_becomes_one_short_printable_line() -> None:
    adapter, _ = scene(error(409, "BAD\r\nTYPE", "one\ttwo\x00\u2028three\ud800 " + "x" * 9999))

    outcome = adapter.deliver(*items(1)).of(1)

    assert isinstance(outcome, Undelivered)
    assert outcome.reason.startswith("Pleo answered 409: BAD TYPE, one two three")
    assert outcome.reason.isprintable()
    assert len(outcome.reason) < 350


def test_every_status_is_sent_and_compared_as_it_is() -> None:
    adapter, _ = scene()

    sent = [items(number, status=status)[0] for number, status in enumerate(ItemStatus)]

    assert adapter.deliver(*sent).all() == {Delivered("accepted")}


def test_ids_and_statuses_are_compared_without_regard_to_case() -> None:
    adapter, _ = scene(lambda request: answer(200, request_in_capitals(request)))

    assert adapter.deliver(*items(0xABC, 2)).all() == {Delivered("accepted")}


def request_in_capitals(request: Request) -> dict[str, object]:
    shouted = [{name: text.upper() for name, text in update.items()} for update in request.updates]
    return {"data": shouted, "errors": []}
