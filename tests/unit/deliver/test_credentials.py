"""What Pleo is shown, who it is shown to, and what a 401 sets in motion."""

import base64
import json
import threading
from collections.abc import Callable

import pytest

from export_adapter.deliver.answers import parsed
from export_adapter.deliver.credentials import CompanyAccess, Credentials, NoCredentials, credentials_in
from export_adapter.deliver.http import Answer
from export_adapter.model import Delivered, JobKey, Json, Undelivered
from tests.unit.deliver.fakes import (
    JOB,
    OTHER_COMPANYS_JOB,
    OTHER_JOB,
    FakeStore,
    Request,
    accept,
    error,
    items,
    scene,
)

COMPANY, OTHER_COMPANY = JOB.company_id, OTHER_COMPANYS_JOB.company_id


def accepting(*tokens: str) -> Callable[[Request], Answer]:
    """Answer 401 to whoever does not come with one of the tokens."""

    def reply(request: Request) -> Answer:
        token = request.headers["authorization"].removeprefix("Bearer ")
        return accept(request) if token in tokens else error(401, "UNAUTHORIZED", "Who are you?")

    return reply


# -- the header ------------------------------------------------------------------------------------------


def test_an_access_token_goes_out_as_bearer() -> None:
    assert credentials_in({"accessToken": "test"}) == Credentials("Bearer test")


def test_an_api_key_goes_out_as_the_user_of_basic_with_an_empty_password() -> None:
    expected = "Basic " + base64.b64encode(b"test:").decode()
    assert credentials_in({"apiKey": "test"}) == Credentials(expected)


def with_slashes_escaped(text: str) -> str:
    return json.dumps(text).replace("/", r"\/")


def with_codes(text: str) -> str:
    return '"' + "".join(f"\\u{ord(character):04X}" for character in text) + '"'


@pytest.mark.parametrize("write", [json.dumps, with_slashes_escaped, with_codes])
@pytest.mark.parametrize("key", ["test/key?>x", 'test"key\\x', "test-key"])
def test_a_secret_is_blanked_out_of_an_answer_however_its_json_spells_it(
    key: str, write: Callable[[str], str]
) -> None:
    for credentials in (credentials_in({"apiKey": key}), credentials_in({"accessToken": key})):
        assert isinstance(credentials, Credentials)
        said = f'{{"message": {write(f"{credentials.authorization}, that is {key}")}}}'
        shown = json.loads(credentials.blanked_out(said.encode()))["message"]
        assert shown.endswith(" ***, that is ***")


@pytest.mark.parametrize("unusable", ["", None, 7, "two words", "line\r\nX-Evil: 1"])
def test_the_access_token_wins_where_both_are_usable(unusable: Json) -> None:
    assert credentials_in({"accessToken": "test", "apiKey": "key"}) == Credentials("Bearer test")
    assert credentials_in({"accessToken": "test", "apiKey": unusable}) == Credentials("Bearer test")
    assert credentials_in({"accessToken": unusable, "apiKey": "test"}) == credentials_in({"apiKey": "test"})


@pytest.mark.parametrize("name", ["accessToken", "apiKey"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "two words",
        "test\r\nX-Evil: 1",
        "test\n",
        "test\x00",
        "\ttest",
        "tést",
        "\u2028",
        "x" * 8193,
        None,
        7,
        True,
        [],
    ],
)
def test_what_cannot_stand_in_a_header_is_no_credential(name: str, value: Json) -> None:
    found = credentials_in({name: value})

    told = 'the secret holds neither "accessToken" nor "apiKey" as one word of printable ASCII characters'
    assert found == NoCredentials("no_credentials", told)


@pytest.mark.parametrize("length", [1, 8192])
def test_the_shortest_and_the_longest_token_are_taken(length: int) -> None:
    assert credentials_in({"accessToken": "x" * length}) == Credentials("Bearer " + "x" * length)


@pytest.mark.parametrize("secret", [None, [], "test", 7, True])
def test_a_secret_that_is_no_object_holds_no_credentials(secret: Json) -> None:
    assert credentials_in(secret) == NoCredentials("no_credentials", "the secret is not a JSON object")


def test_credentials_do_not_show() -> None:
    assert "marked" not in repr(Credentials("Bearer marked"))


@pytest.mark.parametrize("name", ["accessToken", "apiKey"])
@pytest.mark.parametrize("status", [302, 400, 403, 404, 413, 422, 429, 500])
def test_an_error_page_that_repeats_the_credentials_does_not_give_them_away(name: str, status: int) -> None:
    credentials = credentials_in({name: "marked-secret"})
    assert isinstance(credentials, Credentials)
    encoded = credentials.authorization.split()[1]

    class Store(FakeStore):
        def fetch(self, company_id: str | None, *, fresh: bool) -> Credentials | NoCredentials:
            super().fetch(company_id, fresh=fresh)
            return credentials

    adapter, _ = scene(then=error(status, f"{encoded}!", f"{credentials.authorization}, marked-secret"))
    adapter.store = Store()

    told = str(adapter.deliver(*items(1, 2), seconds=5).report)

    assert encoded not in told
    assert "marked" not in told


# -- a 401 -----------------------------------------------------------------------------------------------


def test_a_401_reads_the_secret_again_and_sends_once_more() -> None:
    adapter, http = scene(then=accepting("new"))
    adapter.store.tokens[COMPANY] = ["old", "new"]

    assert adapter.deliver(*items(1, 2)).all() == {Delivered("accepted")}
    assert http.sent == [[1, 2], [1, 2]]
    assert adapter.store.reads == [(COMPANY, False), (COMPANY, True)]


def test_after_a_401_the_secret_is_read_once_for_all_jobs_of_the_company() -> None:
    adapter, http = scene(then=accepting("new"))
    adapter.store.tokens[COMPANY] = ["old", "new"]

    result = adapter.deliver(*items(*range(250)), *items(1, job=OTHER_JOB))

    assert result.all() == {Delivered("accepted")}
    assert adapter.store.reads == [(COMPANY, False), (COMPANY, True)]
    assert len(http.requests) == 5


def test_credentials_that_stay_refused_give_back_the_company_and_nobody_else() -> None:
    adapter, http = scene(then=accepting("good"))
    adapter.store.tokens |= {COMPANY: ["bad", "worse"], OTHER_COMPANY: ["good"]}

    result = adapter.deliver(*items(*range(150)), *items(1, job=OTHER_JOB), *items(1, job=OTHER_COMPANYS_JOB))

    reason = "Pleo refuses the credentials, also after they were read again"
    told = Undelivered("credentials_refused", reason, 401)
    assert {result.of(number) for number in range(150)} == {told}
    assert result.of(1, OTHER_JOB) == Undelivered("credentials_refused", reason)
    assert result.of(1, OTHER_COMPANYS_JOB) == Delivered("accepted")
    assert adapter.store.reads.count((COMPANY, True)) == 1
    assert len(http.requests) == 3


def test_the_same_credentials_read_again_are_tried_once_more() -> None:
    adapter, http = scene(error(401), accept)
    adapter.store.tokens[COMPANY] = ["test"]

    assert adapter.deliver(*items(1)).of(1) == Delivered("accepted")
    assert len(http.requests) == 2


def test_a_secret_that_is_gone_when_read_again_gives_the_company_back() -> None:
    class Vanishing(FakeStore):
        def fetch(self, company_id: str | None, *, fresh: bool) -> Credentials | NoCredentials:
            gone = NoCredentials("credentials_unavailable", "the secret cannot be read")
            return gone if fresh else super().fetch(company_id, fresh=fresh)

    adapter, http = scene(then=error(401))
    adapter.store = Vanishing()

    result = adapter.deliver(*items(*range(150)), *items(1, job=OTHER_JOB))

    assert result.of(1) == Undelivered("credentials_unavailable", "the secret cannot be read", 401)
    assert result.of(1, OTHER_JOB) == Undelivered("credentials_unavailable", "the secret cannot be read")
    assert len(http.requests) == 1


def test_refused_credentials_get_another_chance_in_the_next_invocation() -> None:
    adapter, _ = scene(error(401), error(401), accept)

    assert adapter.deliver(*items(1)).kinds() == {"Undelivered"}
    assert adapter.deliver(*items(1)).kinds() == {"Delivered"}


def test_a_company_without_credentials_is_given_back_without_a_request() -> None:
    adapter, http = scene()
    adapter.store.tokens[COMPANY] = []

    result = adapter.deliver(*items(*range(150)), *items(1, job=OTHER_COMPANYS_JOB))

    told = Undelivered("no_credentials", "there is no secret for the company")
    assert {result.of(number) for number in range(150)} == {told}
    assert result.of(1, OTHER_COMPANYS_JOB) == Delivered("accepted")
    assert http.sent == [[1]]


def test_each_company_is_sent_with_its_own_credentials() -> None:
    nobodys_job = JobKey("00000000-0000-4000-8000-0000000000c0")
    adapter, http = scene()
    adapter.store.tokens |= {COMPANY: ["one"], OTHER_COMPANY: ["two"], None: ["default"]}

    adapter.deliver(*items(1), *items(1, job=OTHER_COMPANYS_JOB), *items(1, job=nobodys_job))

    assert {request.job_id: request.headers["authorization"] for request in http.requests} == {
        JOB.export_job_id: "Bearer one",
        OTHER_COMPANYS_JOB.export_job_id: "Bearer two",
        nobodys_job.export_job_id: "Bearer default",
    }


def test_one_job_named_by_two_companies_is_sent_by_each_on_its_own() -> None:
    same_job = JobKey(JOB.export_job_id, OTHER_COMPANY)
    adapter, http = scene()
    adapter.store.tokens |= {COMPANY: ["one"], OTHER_COMPANY: ["two"]}

    adapter.deliver(*items(1), *items(2, job=same_job))

    assert [(request.headers["authorization"], request.entries) for request in http.requests] == [
        ("Bearer one", [1]),
        ("Bearer two", [2]),
    ]


def test_nothing_but_what_pleo_needs_is_sent_along() -> None:
    adapter, http = scene()

    adapter.deliver(*items(1))

    assert http.requests[0].headers == {
        "accept": "application/json",
        "authorization": "Bearer test",
        "content-type": "application/json;charset=UTF-8",
        "user-agent": "pleo-export-adapter",
    }


# -- what several jobs share -----------------------------------------------------------------------------


def test_the_secret_is_read_when_it_is_first_needed_and_once() -> None:
    store = FakeStore()
    access = CompanyAccess(COMPANY, store)
    assert store.reads == []

    assert access.current() is access.current()
    assert store.reads == [(COMPANY, False)]


def test_a_late_refusal_of_old_credentials_does_not_condemn_the_new_ones() -> None:
    access = CompanyAccess(COMPANY, FakeStore({COMPANY: ["old", "new"]}))
    old = access.current()
    assert isinstance(old, Credentials)

    new = access.after_refusal(old)

    assert new == Credentials("Bearer new")
    assert access.after_refusal(old) is new
    assert access.current() is new


def test_the_second_refusal_is_final() -> None:
    store = FakeStore({COMPANY: ["old", "new", "newest"]})
    access = CompanyAccess(COMPANY, store)
    old = access.current()
    assert isinstance(old, Credentials)
    new = access.after_refusal(old)
    assert isinstance(new, Credentials)

    refused = access.after_refusal(new)

    assert isinstance(refused, NoCredentials)
    assert refused.cause == "credentials_refused"
    assert access.current() is refused
    assert access.after_refusal(old) is refused
    assert len(store.reads) == 2


def test_threads_that_are_refused_together_read_the_secret_once() -> None:
    store = FakeStore({COMPANY: ["old", "new", "newest"]})
    access = CompanyAccess(COMPANY, store)
    old = access.current()
    assert isinstance(old, Credentials)
    together = threading.Barrier(8)
    renewed: list[Credentials | NoCredentials] = []

    def refused() -> None:
        together.wait(5)
        renewed.append(access.after_refusal(old))

    threads = [threading.Thread(target=refused) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)

    assert renewed == [Credentials("Bearer new")] * 8
    assert len(store.reads) == 2


@pytest.mark.parametrize("between", ["\u200b", "\u2060", "\xad", "\ufeff"])
@pytest.mark.parametrize("escapes", [False, True])
def test_a_secret_is_blanked_out_although_characters_without_width_stand_in_it(
    between: str, *, escapes: bool
) -> None:
    secret = "tok" + "en-" + "x" * 20
    said = json.dumps({"message": between.join(secret)}, ensure_ascii=escapes)

    assert json.loads(Credentials(f"Bearer {secret}").blanked_out(said.encode())) == {"message": "***"}


def test_a_secret_is_blanked_out_of_a_url() -> None:
    said = b"/login?back=tok%2Ften%3d%3D&page=1"

    assert Credentials("Bearer tok/" + "ten==").blanked_out(said) == b"/login?back=***&page=1"


def test_an_answer_that_is_not_utf_8_is_not_read() -> None:
    """Python's JSON parser guesses UTF-16, in which no secret would have been found."""
    assert parsed('{"message": "ok"}'.encode("utf-16")) is None
    assert parsed('{"message": "ok"}'.encode("utf-8-sig")) == {"message": "ok"}
