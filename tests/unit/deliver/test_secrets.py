"""Secrets Manager behind Powertools' own cache: whose secret, for how long, and what a missing one means."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.exceptions import ClientError, EndpointConnectionError

from export_adapter.deliver import secrets
from export_adapter.deliver.credentials import Credentials, NoCredentials
from export_adapter.deliver.secrets import SecretsManagerCredentials
from export_adapter.text import shown
from tests.unit.deliver.fakes import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

COMPANY, OTHER_COMPANY = "00000000-0000-4000-8000-0000000000ca", "00000000-0000-4000-8000-0000000000cb"


@dataclass
class FakeSecretsManager:
    """Answers as the AWS client does: with a secret's text or bytes, or with the error it is given."""

    held: dict[str, str | bytes | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def get_secret_value(self, *, SecretId: str) -> dict[str, object]:  # noqa: N803 -- AWS's spelling
        self.asked.append(SecretId)
        found = self.held.get(SecretId, aws_error("ResourceNotFoundException"))
        if isinstance(found, Exception):
            raise found
        return {"SecretString" if isinstance(found, str) else "SecretBinary": found}


def aws_error(code: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "a message with marked details"}}, "GetSecretValue"
    )


def token(text: str) -> str:
    return json.dumps({"accessToken": text})


type Store = Callable[..., SecretsManagerCredentials]


@pytest.fixture
def aws() -> FakeSecretsManager:
    return FakeSecretsManager()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(aws: FakeSecretsManager, clock: FakeClock) -> Store:
    """Make a store over the fake AWS, with Powertools' real provider and cache in between."""

    def make(name: str = "pleo", default: str | None = None) -> SecretsManagerCredentials:
        provider = SecretsProvider(boto3_client=cast("SecretsManagerClient", aws))
        return SecretsManagerCredentials(provider, name, default, clock)

    return make


def test_one_secret_serves_all_companies(aws: FakeSecretsManager, store: Store) -> None:
    aws.held["pleo"] = token("test")
    one = store("pleo")

    found = [one.fetch(company, fresh=False) for company in (None, COMPANY, OTHER_COMPANY)]

    assert found == [Credentials("Bearer test")] * 3
    assert aws.asked == ["pleo"]


def test_each_company_has_its_own_secret_where_the_setting_says_so(
    aws: FakeSecretsManager, store: Store
) -> None:
    aws.held |= {f"pleo/{COMPANY}/key": token("one"), f"pleo/{OTHER_COMPANY}/key": token("two")}
    many = store("pleo/{companyId}/key")

    assert many.fetch(COMPANY, fresh=False) == Credentials("Bearer one")
    assert many.fetch(OTHER_COMPANY, fresh=False) == Credentials("Bearer two")


def test_a_message_without_a_company_uses_the_default_secret(aws: FakeSecretsManager, store: Store) -> None:
    aws.held["pleo/default"] = token("default")

    found = store("pleo/{companyId}", "pleo/default").fetch(None, fresh=False)

    assert found == Credentials("Bearer default")


def test_a_company_never_falls_back_to_the_default_secret(aws: FakeSecretsManager, store: Store) -> None:
    aws.held["pleo/default"] = token("default")

    found = store("pleo/{companyId}", "pleo/default").fetch(COMPANY, fresh=False)

    assert isinstance(found, NoCredentials)
    assert aws.asked == [f"pleo/{COMPANY}"]


def test_a_message_without_a_company_has_no_credentials_where_there_is_no_default(
    aws: FakeSecretsManager, store: Store
) -> None:
    found = store("pleo/{companyId}").fetch(None, fresh=False)

    told = "the message names no companyId, and there is no default secret"
    assert found == NoCredentials("no_credentials", told)
    assert aws.asked == []


def test_a_secret_is_kept_between_invocations_and_read_past_the_cache_when_asked(
    aws: FakeSecretsManager, store: Store
) -> None:
    aws.held["pleo"] = token("old")
    one = store()
    assert one.fetch(None, fresh=False) == Credentials("Bearer old")

    aws.held["pleo"] = token("new")

    assert one.fetch(None, fresh=False) == Credentials("Bearer old")
    assert one.fetch(None, fresh=True) == Credentials("Bearer new")
    assert one.fetch(None, fresh=False) == Credentials("Bearer new")
    assert aws.asked == ["pleo", "pleo"]


@pytest.mark.parametrize(
    "code", ["ResourceNotFoundException", "InvalidRequestException", "AccessDeniedException"]
)
def test_a_missing_secret_is_remembered_for_a_minute_and_then_asked_for_again(
    aws: FakeSecretsManager, store: Store, clock: FakeClock, code: str
) -> None:
    aws.held["pleo"] = aws_error(code)
    one = store()
    reason = f"Secrets Manager has nothing named pleo that may be read ({code})"
    missing = NoCredentials("no_credentials", reason)
    assert one.fetch(None, fresh=False) == missing

    aws.held["pleo"] = token("test")
    clock.pass_by(59.9)
    assert one.fetch(None, fresh=False) == missing
    assert aws.asked == ["pleo"]

    clock.pass_by(0.1)
    assert one.fetch(None, fresh=False) == Credentials("Bearer test")
    assert one.fetch(None, fresh=False) == Credentials("Bearer test")
    assert aws.asked == ["pleo", "pleo"]


def test_a_secret_is_trusted_for_five_minutes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ages: list[int] = []

    def get(*_: object, max_age: int, **__: object) -> str:
        ages.append(max_age)
        return token("test")

    monkeypatch.setattr(SecretsProvider, "get", get)
    store().fetch(None, fresh=False)

    assert ages == [300]


def test_a_secret_that_is_still_missing_is_remembered_anew(
    aws: FakeSecretsManager, store: Store, clock: FakeClock
) -> None:
    one = store()
    one.fetch(None, fresh=False)
    clock.pass_by(60)
    one.fetch(None, fresh=False)
    clock.pass_by(59)
    one.fetch(None, fresh=False)

    assert aws.asked == ["pleo", "pleo"]


def test_a_missing_secret_of_one_company_says_nothing_of_another(
    aws: FakeSecretsManager, store: Store
) -> None:
    aws.held[f"pleo/{OTHER_COMPANY}"] = token("two")
    many = store("pleo/{companyId}")

    assert isinstance(many.fetch(COMPANY, fresh=False), NoCredentials)
    assert many.fetch(OTHER_COMPANY, fresh=False) == Credentials("Bearer two")


def test_a_fresh_read_looks_past_what_is_remembered_as_missing(aws: FakeSecretsManager, store: Store) -> None:
    one = store()
    one.fetch(None, fresh=False)
    aws.held["pleo"] = token("test")

    assert one.fetch(None, fresh=True) == Credentials("Bearer test")
    assert one.fetch(None, fresh=False) == Credentials("Bearer test")


@pytest.mark.parametrize(
    "wrong", ["", "test", "[]", "{}", '{"accessToken": 7}', '{"apiKey": "a b"}', b"\xff", "[" * 99_999]
)
def test_a_secret_of_the_wrong_shape_counts_as_missing_and_once_mended_counts_within_a_minute(
    aws: FakeSecretsManager, store: Store, clock: FakeClock, wrong: str | bytes
) -> None:
    aws.held["pleo"] = wrong
    one = store()
    found = one.fetch(None, fresh=False)
    assert isinstance(found, NoCredentials)
    assert found.cause == "no_credentials"
    assert found.reason.endswith(" (pleo)")

    aws.held["pleo"] = token("test")
    assert one.fetch(None, fresh=False) == found
    clock.pass_by(60)
    assert one.fetch(None, fresh=False) == Credentials("Bearer test")


def test_a_binary_secret_is_read_as_well(aws: FakeSecretsManager, store: Store) -> None:
    aws.held["pleo"] = token("test").encode()

    assert store().fetch(None, fresh=False) == Credentials("Bearer test")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (aws_error("ThrottlingException"), "ThrottlingException"),
        (aws_error("DecryptionFailure"), "DecryptionFailure"),
        (aws_error("InternalServiceError"), "InternalServiceError"),
        (EndpointConnectionError(endpoint_url="https://secrets.test"), "no answer"),
        (TimeoutError("slow"), "no answer"),
    ],
)
def test_a_secret_that_cannot_be_read_this_time_is_asked_for_again_at_once(
    aws: FakeSecretsManager, store: Store, fault: Exception, told: str
) -> None:
    aws.held["pleo"] = fault
    one = store()

    found = one.fetch(None, fresh=False)

    assert found == NoCredentials("credentials_unavailable", f"Secrets Manager cannot give pleo ({told})")
    aws.held["pleo"] = token("test")
    assert one.fetch(None, fresh=False) == Credentials("Bearer test")


def test_a_secret_that_cannot_be_read_this_time_does_not_revive_a_missing_one(
    aws: FakeSecretsManager, store: Store
) -> None:
    one = store()
    one.fetch(None, fresh=False)
    aws.held["pleo"] = aws_error("ThrottlingException")

    found = one.fetch(None, fresh=True)

    assert isinstance(found, NoCredentials)
    assert found.cause == "credentials_unavailable"


def test_only_so_many_missing_secrets_are_remembered_and_the_oldest_is_forgotten(
    aws: FakeSecretsManager, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "MOST_MISSING", 2)
    many = store("pleo/{companyId}")
    for company in ("a", "b", "a", "c", "b", "c", "a"):
        many.fetch(company, fresh=False)

    assert aws.asked == ["pleo/a", "pleo/b", "pleo/c", "pleo/a"]


def test_no_reason_holds_a_secret_or_the_words_of_aws(aws: FakeSecretsManager, store: Store) -> None:
    aws.held |= {
        "a": aws_error("ThrottlingException"),
        "b": '{"accessToken": "marked secret"}',
        "c": "marked",
        "d": aws_error("ResourceNotFoundException"),
    }
    for name in "abcd":
        found = store(name).fetch(None, fresh=False)
        assert isinstance(found, NoCredentials)
        assert "marked" not in found.reason


@pytest.mark.parametrize("name", ["pleo/company/" + COMPANY, "adapter-PleoCredentials-a1B2c3"])
@pytest.mark.parametrize("fault", ["ResourceNotFoundException", "ThrottlingException"])
@pytest.mark.parametrize("arn", ["", "arn:aws:secretsmanager:eu-west-1:000000000000:secret:"])
def test_what_is_said_of_a_secret_names_it_also_after_masking(
    aws: FakeSecretsManager, clock: FakeClock, name: str, fault: str, arn: str
) -> None:
    aws.held[arn + name] = aws_error(fault)
    provider = SecretsProvider(boto3_client=cast("SecretsManagerClient", aws))
    found = SecretsManagerCredentials(provider, arn + name, None, clock).fetch(None, fresh=False)
    assert isinstance(found, NoCredentials)
    assert name in shown(found.reason)
