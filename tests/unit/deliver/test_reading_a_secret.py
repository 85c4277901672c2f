"""How Powertools is asked for a secret, and which answers hold one."""

from typing import Any, cast

import pytest
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError

from export_adapter.deliver.credentials import Credentials, NoCredentials
from export_adapter.deliver.secrets import SecretsManagerCredentials
from export_adapter.model import Json
from tests.unit.deliver.fakes import (
    FakeClock,
)


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


def test_a_secret_is_cached_for_five_minutes() -> None:
    reader = Reader('{"accessToken": "test"}')

    fetched(reader)

    assert reader.asked == [("pleo", 300, False)]


@pytest.mark.parametrize("given", [None, {"accessToken": "test"}])
def test_a_secret_that_is_not_text_has_no_credentials(given: dict[str, Json] | None) -> None:
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
