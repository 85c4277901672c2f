"""Sends through every path with marked secrets, and searches everything that came out."""

import base64
import json
from typing import Any

import pytest

from export_adapter_workstation.local.pleo import EntryRefusal, Fault, FaultPlan, Scheme
from tests.end_to_end.messages import message, new_id, successful
from tests.security.fake_aws import AwsError
from tests.security.world import World, token

pytestmark = pytest.mark.xdist_group("security")

TOKEN, API_KEY, OTHER_TOKEN = "marked-access-token", "marked-api-key", "marked-other-token"
OF_THE_EXPORTER = "marked-by-the-exporter"


def faults(echo: str) -> list[tuple[Fault, ...]]:
    """Everything that Pleo can answer, with what it repeats of the request's headers where it can repeat."""
    return [
        (),
        *(
            (Fault(status=status, type="ECHO", message=echo),)
            for status in (400, 401, 403, 404, 408, 409, 413, 418, 422, 425, 429, 500, 503)
        ),
        (Fault(status=422, type=echo),),
        (Fault(status=404, type="EXPORT_NOT_FOUND", message=echo),),
        (Fault(status=422, type="EXPORT_JOB_STATUS_UNPROCESSABLE", message=echo),),
        (Fault(status=429, type="ECHO", message=echo, retry_after=echo),),
        (Fault(item="error", type="ECHO", message=echo),),
        (Fault(item="error", type="ACCOUNTING_ENTRY_DOES_NOT_EXIST", message=echo),),
        (Fault(item="status", item_status=echo),),
        (Fault(item="left_out"),),
        (Fault(body="html", status=502),),
        (Fault(body="empty", status=200, applied=True),),
        (Fault(cut_off=True),),
        (Fault(cut_off=True, honest_length=True),),
        (Fault(reset=True),),
        (Fault(delay=5.0),),
        (Fault(drip=0.2, piece_bytes=8),),
        (Fault(limit=1),),
    ]


def in_every_spelling(secret: str) -> list[str]:
    """A secret as it is, as Basic credentials, and in the three ways in which base64 can hold it."""
    text = secret.encode()
    shifted = [base64.b64encode(b"x" * shift + text)[4 : -4 or None].decode() for shift in range(3)]
    return [secret, base64.b64encode(text + b":").decode().rstrip("=")[:-1], *shifted, secret[:15]]


def found_in(places: dict[str, str], *secrets: str) -> list[str]:
    """Where a secret is, with what stands around it."""
    return [
        f"{name}: ...{text[max(0, text.index(spelling) - 80) : text.index(spelling) + 80]}..."
        for secret in secrets
        for spelling in in_every_spelling(secret)
        for name, text in places.items()
        if spelling in text
    ]


@pytest.mark.parametrize("receive_count", [1, 5], ids=["on the first receive", "on the last receive"])
def test_credentials_come_out_in_the_authorization_header_alone_whatever_pleo_answers(
    world: World, receive_count: int
) -> None:
    basic = f"Basic {base64.b64encode(f'{API_KEY}:'.encode()).decode()}, which is {API_KEY}"
    bodies = []
    for secret, scheme, known_as, echo in (
        (token(TOKEN), Scheme.BEARER, TOKEN, f"You sent Authorization: Bearer {TOKEN}"),
        (json.dumps({"apiKey": API_KEY}), Scheme.BASIC, API_KEY, f"You sent {basic}"),
    ):
        company = world.company(secret, scheme, known_as)
        # A 401 ends the requests of its company: the other jobs must not depend on which answer comes first.
        refused = world.company(secret)
        for fault in (*faults(echo), (Fault(status=302, location=world.elsewhere.url),)):
            entries = new_id(), new_id()
            whose = refused if fault and fault[0].status == 401 else company
            job = world.job_of(whose, *entries)
            bodies.append(message(job, *(successful(entry) for entry in entries), company=whose))
            if fault:
                world.pleo.fail(FaultPlan(faults=fault, job_id=job))

    came_out = world.run(bodies, receive_count)

    places = world.everything_that_came_out(came_out)
    assert found_in(places, TOKEN, API_KEY) == []
    assert world.elsewhere.sent() == []
    assert any(f"Bearer {TOKEN}".encode() in sent for sent in world.to_pleo.sent()), "it was in use"
    assert "ECHO" in places["written"], "the reasons were written down"
    assert len(came_out.answers) == 1


NO_USE: dict[str, str | AwsError] = {
    "no JSON": TOKEN,
    "broken JSON": f'{{"accessToken": "{TOKEN}',
    "no object": json.dumps([TOKEN]),
    "another name": json.dumps({"token": TOKEN}),
    "no text": json.dumps({"accessToken": {"value": TOKEN}}),
    "a line end": token(f"{TOKEN}\nX-Injected: 1"),
    "a space": token(f"{TOKEN} {TOKEN}"),
    "beyond ASCII": token(f"{TOKEN}é"),
    "too long": token(TOKEN * 1000),
    "no secret": AwsError("ResourceNotFoundException", TOKEN),
    "no permission": AwsError("AccessDeniedException", f"the secret {TOKEN}"),
    "no key": AwsError("DecryptionFailure", TOKEN),
    "no service": AwsError("InternalServiceError", TOKEN, 500),
    "a token that Pleo does not know": token(TOKEN),
}


@pytest.mark.parametrize("receive_count", [1, 5], ids=["on the first receive", "on the last receive"])
def test_secrets_that_are_no_use_come_out_nowhere(world: World, receive_count: int) -> None:
    bodies = []
    for secret in NO_USE.values():
        company, entry = world.company(secret), new_id()
        bodies.append(message(world.job_of(company, entry), successful(entry), company=company))

    came_out = world.run(bodies, receive_count)

    assert found_in(world.everything_that_came_out(came_out), TOKEN) == []
    assert "X-Injected" not in str(world.to_pleo.sent())
    assert len(came_out.answers) == 1


def test_one_companys_credentials_are_not_shown_to_another_companys_jobs(world: World) -> None:
    first = world.company(token(TOKEN), Scheme.BEARER, TOKEN)
    second = world.company(token(OTHER_TOKEN), Scheme.BEARER, OTHER_TOKEN)
    entries = {first: new_id(), second: new_id()}
    jobs = {company: world.job_of(company, entry) for company, entry in entries.items()}

    world.run([message(jobs[one], successful(entries[one]), company=one) for one in (first, second)])

    used = {request.job_id: request.credential for request in world.pleo.item_updates()}
    assert used == {jobs[first]: first, jobs[second]: second}


WITH_A_SECRET = [
    f"X-AgreementGrantToken: {OF_THE_EXPORTER}",
    f"oauth_token={OF_THE_EXPORTER}",
    f"db_password: {OF_THE_EXPORTER}, userPassword: {OF_THE_EXPORTER}",
    f"nlauth_signature={OF_THE_EXPORTER}; B1SESSION={OF_THE_EXPORTER}",
    f"Authorization: Token {OF_THE_EXPORTER}",
    f"Bearer: {OF_THE_EXPORTER}",
    f"the password is {OF_THE_EXPORTER}",
    f"Passwort: {OF_THE_EXPORTER}",
    f"https://books.test/receipt?sig={OF_THE_EXPORTER}",
    f"sftp://user:{OF_THE_EXPORTER}@books.test/in",
    f'error_description="the request had client_secret={OF_THE_EXPORTER}"',
]

FAILURES: list[dict[str, Any]] = [
    {
        "stage": "create_entry",
        "httpStatus": 401,
        "headers": {
            "Authorization": f"Bearer {OF_THE_EXPORTER}",
            "Set-Cookie": f"session={OF_THE_EXPORTER}; HttpOnly",
            "X-Api-Key": OF_THE_EXPORTER,
        },
        "body": {"error": "invalid_token", "access_token": OF_THE_EXPORTER},
    },
    {
        "stage": "connect",
        "exception": "ConnectionError",
        "message": f"GET https://svc:{OF_THE_EXPORTER}@erp.example/api?access_token={OF_THE_EXPORTER} failed",
    },
    {
        "stage": "create_entry",
        "httpStatus": 400,
        "body": f"Authorization: Bearer {OF_THE_EXPORTER}\r\nCookie: session={OF_THE_EXPORTER}\r\n\r\nBad",
    },
    {
        "stage": "create_entry",
        "httpStatus": 400,
        "body": {"error": {"message": f"password={OF_THE_EXPORTER} is wrong", "code": "E1"}},
    },
    {
        "httpStatus": 500,
        "body": f"<html><body>api_key: {OF_THE_EXPORTER} Traceback (most recent call last)</body></html>",
    },
    {"stage": "create_entry", "message": f"client_secret={OF_THE_EXPORTER}&grant_type=refresh_token"},
    *({"stage": "create_entry", "message": said} for said in WITH_A_SECRET),
    *({"httpStatus": 400, "body": {"error": {"message": said}}} for said in WITH_A_SECRET),
]


@pytest.mark.parametrize("system", ["xero", "netsuite", "an_unlisted_system"])
def test_secrets_in_an_accounting_systems_answers_reach_neither_pleo_nor_logs_nor_attributes(
    world: World, system: str
) -> None:
    company = world.company(token(TOKEN), Scheme.BEARER, TOKEN)
    bodies, failures = [], [*FAILURES, *FAILURES]
    for at, failure in enumerate(failures):
        entry = new_id()
        job = world.job_of(company, *([entry] if at < len(FAILURES) else []))
        result = {"accountingEntryId": entry, "status": "failed", "failure": failure}
        bodies.append(
            json.dumps({"exportJobId": job, "system": system, "companyId": company, "results": [result]})
        )

    came_out = world.run(bodies)

    parked = world.aws.parked()
    places = {
        **world.everything_that_came_out(came_out),
        "sent to AWS": json.dumps([one["MessageAttributes"] for one in parked]),
    }
    assert found_in(places, OF_THE_EXPORTER) == []
    assert len(parked) == len(FAILURES), "those whose entry Pleo does not know"
    kept = [json.loads(one["MessageBody"])["results"][0]["failure"] for one in parked]
    assert kept == FAILURES, "only in the body, which has to be replayed as it came"


def test_secrets_in_the_exporters_own_sentence_come_out_nowhere(world: World) -> None:
    company = world.company(token(TOKEN), Scheme.BEARER, TOKEN)
    bodies = []
    for at, said in enumerate(2 * WITH_A_SECRET):
        entry = new_id()
        job = world.job_of(company, *([entry] if at < len(WITH_A_SECRET) else []))
        failed: dict[str, Any] = {"accountingEntryId": entry, "status": "failed", "failureReason": said}
        bodies.append(message(job, failed, company=company))

    came_out = world.run(bodies)

    attributes = json.dumps([one["MessageAttributes"] for one in world.aws.parked()])
    places = {**world.everything_that_came_out(came_out), "sent to AWS": attributes}
    assert found_in(places, OF_THE_EXPORTER) == []
    assert len(world.aws.parked()) == len(WITH_A_SECRET)


BREAK_THE_CONTRACT = [
    f"no JSON, but {OF_THE_EXPORTER}",
    json.dumps({"exportJobId": OF_THE_EXPORTER, "system": "xero", "results": []}),
    json.dumps({"exportJobId": new_id(), "system": {"a": OF_THE_EXPORTER}}),
    json.dumps([OF_THE_EXPORTER]),
    message(new_id(), {"accountingEntryId": OF_THE_EXPORTER, "status": "failed"}),
    message(new_id(), {"accountingEntryId": new_id(), "status": OF_THE_EXPORTER}),
    message(new_id(), {**successful(new_id()), "exportedAt": OF_THE_EXPORTER}),
    message(new_id(), {**successful(new_id()), "externalUrl": f"ftp://a:{OF_THE_EXPORTER}@b"}),
    message(
        new_id(),
        {**successful(new_id()), "status": "failed", "failure": {"httpStatus": OF_THE_EXPORTER}},
    ),
    message(new_id(), {**successful(new_id()), "failure": OF_THE_EXPORTER}),
]


def test_what_breaks_the_contract_is_parked_without_its_values_in_the_reason(world: World) -> None:
    came_out = world.run(BREAK_THE_CONTRACT)

    parked = world.aws.parked()
    assert len(parked) == len(BREAK_THE_CONTRACT)
    assert all(OF_THE_EXPORTER in one["MessageBody"] for one in parked)
    assert found_in({"written": came_out.written}, OF_THE_EXPORTER) == []
    attributes = {one["MessageBody"]: json.dumps(one["MessageAttributes"]) for one in parked}
    assert found_in(attributes, OF_THE_EXPORTER) == []


RAISE_WHERE = {
    "in explaining one result": "export_adapter.flow.explain",
    "in batching": "export_adapter.flow.batches",
    "in a job's delivery": "export_adapter.deliver.pleo.put_body",
    "in reading": "export_adapter.flow.read",
}


@pytest.mark.parametrize("place", RAISE_WHERE.values(), ids=RAISE_WHERE.keys())
def test_a_fault_of_the_adapters_own_says_where_it_is_and_not_what_it_held(world: World, place: str) -> None:
    company = world.company(token(TOKEN), Scheme.BEARER, TOKEN)
    entry = new_id()
    job = world.job_of(company, entry)
    module, _, name = place.rpartition(".")
    backwards = f"{TOKEN} {OF_THE_EXPORTER}"[::-1]  # or a trace would show it as a line of source
    first = f"""
import {module}


def broken(*arguments, **named):
    held = {backwards!r}[::-1]
    try:
        raise KeyError(held)
    except KeyError as cause:
        raise ValueError(held) from cause


{module}.{name} = broken
"""

    came_out = world.run([message(job, successful(entry), company=company)], first=first)

    assert found_in({"written": came_out.written}, TOKEN, OF_THE_EXPORTER) == []
    assert "ValueError" in came_out.written
    assert "broken" in came_out.written
    assert came_out.answers in ((), ({"batchItemFailures": [{"itemIdentifier": "message-0"}]},))


@pytest.mark.parametrize(
    "settings",
    [
        {"PLEO_BASE_URL": f"https://user:{TOKEN}@external.pleo.io"},
        {"PLEO_BASE_URL": f"https://external.pleo.io/?token={TOKEN}"},
        {"PLEO_BASE_URL": f"http://external.pleo.io/{TOKEN}"},
        {"PLEO_API_VERSION": TOKEN},
        {"DELIVERY_THREADS": TOKEN},
    ],
)
def test_a_wrong_setting_is_named_without_its_value(world: World, settings: dict[str, str]) -> None:
    came_out = world.run([], settings=settings)

    (name,) = settings
    assert name in came_out.written
    assert "InvalidSettingError" in came_out.written
    assert found_in({"written": came_out.written}, TOKEN) == []
    assert came_out.answers == ()


def test_a_dead_letter_queue_that_repeats_what_it_was_sent_is_not_quoted(world: World) -> None:
    world.aws.refuses = AwsError("InvalidMessageContents", f"{TOKEN} is not allowed", 400)

    came_out = world.run(["no JSON"])

    assert "InvalidMessageContents" in came_out.written
    assert found_in({"written": came_out.written}, TOKEN) == []
    assert came_out.answers == ({"batchItemFailures": [{"itemIdentifier": "message-0"}]},)


def test_what_pleo_refuses_is_told_in_its_words(world: World) -> None:
    """Masking must not go so far that nobody learns the reason."""
    company = world.company(token(TOKEN), Scheme.BEARER, TOKEN)
    entry = new_id()
    job = world.job_of(company, entry)
    world.pleo.refuse_entry(entry, EntryRefusal(message="The entry is locked by a review."))

    world.run([message(job, successful(entry), company=company)])

    (parked,) = world.aws.parked()
    assert "The entry is locked by a review." in parked["MessageAttributes"]["errorMessage"]["StringValue"]
