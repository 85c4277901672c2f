"""Small print of delivering: what is left out, what is said in odd types, and clocks in other time zones."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError

from export_adapter.deliver.answers import CredentialsRefused, ItemsAnswered, TryAgain, verdict
from export_adapter.deliver.credentials import Credentials, NoCredentials
from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter.deliver.pleo import Pleo
from export_adapter.deliver.request import put_body
from export_adapter.deliver.retry import retry_after
from export_adapter.deliver.secrets import SecretsManagerCredentials
from export_adapter.model import ApiVersion, ItemStatus, ItemUpdate, Json
from tests.unit.deliver.fakes import (
    JOB,
    NOON,
    FakeClock,
    FakeHttp,
    Reply,
    Request,
    answer,
    entry,
    error,
    items,
    scene,
)

SENT = {entry(1): ItemStatus.SUCCESSFUL}


@pytest.fixture(params=["Asia/Tokyo", "America/New_York"])
def elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine be in another time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
def test_dates_go_out_in_utc_whatever_the_machines_time_zone_is() -> None:
    moment = datetime(2026, 3, 1, 13, 0, 0, tzinfo=timezone(timedelta(hours=1)))
    update = ItemUpdate(entry(1), ItemStatus.SUCCESSFUL, exported_at=moment)

    assert b'"exportedAt":"2026-03-01T12:00:00Z"' in put_body([update])


@pytest.mark.usefixtures("elsewhere")
def test_a_retry_after_without_a_time_zone_is_in_utc() -> None:
    assert retry_after("Sun, 01 Mar 2026 12:00:30 -0000", NOON) == 30.0


def test_letters_beyond_ascii_go_out_as_they_are() -> None:
    update = ItemUpdate(entry(1), ItemStatus.FAILED, failure_reason="Das Konto „4711“ fehlt.")

    assert "Das Konto „4711“ fehlt.".encode() in put_body([update])


def refused_as(**told: Json) -> str:
    """What is said of an item that Pleo lists in `errors` like this."""
    found = verdict(
        answer(200, {"data": [], "errors": [{"accountingEntryId": entry(1), **told}]}), SENT, NOON
    )
    assert isinstance(found, ItemsAnswered)
    return found.unconfirmed[entry(1)]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"type": "X", "message": "why"}, "Pleo refused the item: X, why"),
        ({"type": "x"}, "Pleo refused the item: X"),
        ({"type": "X", "message": ""}, "Pleo refused the item: X"),
        ({"message": "why"}, "Pleo refused the item: no type, why"),
        ({"type": None, "message": 5}, "Pleo refused the item: no type"),
        ({"type": ["X"], "message": {"text": "why"}}, "Pleo refused the item: no type"),
    ],
)
def test_a_refused_item_is_told_with_what_pleo_said_and_nothing_else(
    told: dict[str, Json], words: str
) -> None:
    assert refused_as(**told) == words


def test_an_items_own_id_is_left_out_of_what_is_said_of_it_however_it_is_spelt() -> None:
    job = JOB.export_job_id  # another id with letters in it

    assert refused_as(type="X", message=f"Entry {entry(1)} of {job} is locked") == (
        f"Pleo refused the item: X, Entry … of {job} is locked"
    )


def test_an_id_in_capital_letters_is_left_out_too() -> None:
    lower = "0000abcd-0000-4000-8000-000000000001"
    told = {"accountingEntryId": lower, "type": "X", "message": f"Entry {lower.upper()} is locked"}

    found = verdict(answer(200, {"data": [], "errors": [told]}), {lower: ItemStatus.SUCCESSFUL}, NOON)

    assert isinstance(found, ItemsAnswered)
    assert found.unconfirmed == {lower: "Pleo refused the item: X, Entry … is locked"}


def test_an_item_with_another_status_is_told_with_both() -> None:
    found = verdict(answer(200, {"data": [{"accountingEntryId": entry(1), "status": 7}]}), SENT, NOON)

    assert isinstance(found, ItemsAnswered)
    assert found.unconfirmed == {entry(1): "Pleo answered with status none, not successful"}


def pleo(http: FakeHttp, clock: FakeClock, version: ApiVersion) -> Pleo:
    return Pleo(http, "https://pleo.test", version, 10.0, clock, lambda: NOON)


@pytest.mark.parametrize("version", ApiVersion)
def test_looking_up_uses_the_version_that_is_deployed(version: ApiVersion) -> None:
    clock = FakeClock()
    http = FakeHttp(clock, answer(200, {"data": []}))

    pleo(http, clock, version).get_items(JOB, frozenset({entry(1)}), None, Credentials("Bearer any"), 5.0)

    assert http.requests[0].url.startswith(f"https://pleo.test/{version}/export-jobs/{JOB.export_job_id}/")


def test_a_look_up_that_is_throttled_until_a_date_waits_until_then() -> None:
    clock = FakeClock()
    throttled = error(429, "RATE_LIMITED", retry_after="Sun, 01 Mar 2026 12:00:05 GMT")
    http = FakeHttp(clock, throttled)

    found, _ = pleo(http, clock, ApiVersion.V1).get_items(
        JOB, frozenset({entry(1)}), None, Credentials("Bearer any"), 5.0
    )

    assert isinstance(found, TryAgain)
    assert found.wait == 5.0


class Reader:
    """Powertools' provider, as far as it is used: gives what it is told to, and keeps how it was asked."""

    def __init__(self, gives: str | dict[str, Json] | Exception | None) -> None:
        self.gives = gives
        self.asked: list[tuple[str, int, bool]] = []

    def get(self, name: str, *, max_age: int, force_fetch: bool) -> str | dict[str, Json] | None:
        self.asked.append((name, max_age, force_fetch))
        if not isinstance(self.gives, Exception):
            return self.gives
        try:
            raise self.gives
        except ClientError:
            raise GetParameterError("told by Powertools")  # noqa: B904 -- as Powertools does


def fetched(reader: Reader) -> Credentials | NoCredentials:
    return SecretsManagerCredentials(reader, "pleo", None, FakeClock()).fetch(None, fresh=False)


def test_a_secret_is_kept_for_five_minutes() -> None:
    reader = Reader('{"accessToken": "test"}')

    fetched(reader)

    assert reader.asked == [("pleo", 300, False)]


@pytest.mark.parametrize("given", [None, {"accessToken": "test"}])
def test_a_secret_that_is_no_text_is_none(given: dict[str, Json] | None) -> None:
    assert fetched(Reader(given)) == NoCredentials("no_credentials", "the secret is not a JSON object (pleo)")


@pytest.mark.parametrize("response", [{}, {"Error": {}}, {"Error": {"Message": "no code"}}])
def test_an_aws_error_without_a_code_is_told_as_no_answer(response: dict[str, Any]) -> None:
    found = fetched(Reader(ClientError(cast("Any", response), "GetSecretValue")))

    assert found == NoCredentials("credentials_unavailable", "Secrets Manager cannot give pleo (no answer)")


@pytest.mark.parametrize(("length", "is_blanked_out"), [(7, False), (8, True), (9, True)])
def test_what_is_as_short_as_words_of_json_is_not_blanked_out(length: int, *, is_blanked_out: bool) -> None:
    word = "k" * length

    text = Credentials(f"Bearer {word}").blanked_out(f"<{word}>".encode())

    assert text == (b"<***>" if is_blanked_out else f"<{word}>".encode())


@pytest.mark.parametrize(
    ("replies", "went_wrong"),
    [
        ([error(503)], [True, False]),
        ([NoAnswer("timeout", "slow")], [True, False]),
        ([answer(200, b"<html>")], [True, False]),
        ([error(302)], [True]),
        ([error(404)], [True]),
        ([error(403)], [False]),
        ([error(401)], [False, False]),
        ([error(400)], [False]),
        ([error(413)], [False]),
        ([error(422, "EXPORT_JOB_STATUS_UNPROCESSABLE")], [False]),
        ([], [False]),
    ],
)
def test_a_request_went_wrong_where_neither_an_item_nor_a_companys_credentials_were_the_reason(
    replies: list[Reply], went_wrong: list[bool]
) -> None:
    adapter, _ = scene(*replies)

    exchanges = adapter.deliver(*items(1)).report.exchanges

    assert [exchange.went_wrong for exchange in exchanges] == went_wrong


def test_a_refusal_of_the_credentials_says_what_pleo_said() -> None:
    found = verdict(error(401, "UNAUTHORIZED", "The key has expired."), SENT, NOON)

    assert found == CredentialsRefused(401, "Pleo answered 401: UNAUTHORIZED, The key has expired.")


def test_a_bug_names_the_job_and_the_entries_that_it_befell() -> None:
    def break_down(_: Request) -> Answer:
        raise ZeroDivisionError

    adapter, _ = scene(then=break_down)

    (bug,) = adapter.deliver(*items(7)).report.bugs

    assert isinstance(bug.error, ZeroDivisionError)
    assert (bug.job, bug.accounting_entry_ids) == (JOB, (entry(7),))
