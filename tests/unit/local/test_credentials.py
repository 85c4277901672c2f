import dataclasses

import pytest

from export_adapter_workstation.local.pleo import Credential, LocalPleo
from tests.unit.local.calling import COMPANY, JOB, OTHER_COMPANY, OTHER_JOB, TOKEN, Caller, add_job, basic

PATH = f"/v1/export-jobs/{JOB}/items"


def test_a_bearer_token_is_let_in(caller: Caller) -> None:
    assert caller.ask("GET", PATH, headers={"Authorization": "Bearer test"}).status == 200


def test_an_api_key_is_let_in_as_basic_user_name_with_an_empty_password(caller: Caller) -> None:
    assert caller.ask("GET", PATH, headers=basic("test-key:")).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"Authorization": ""}, id="empty"),
        pytest.param({"Authorization": "Bearer wrong"}, id="wrong token"),
        pytest.param({"Authorization": "Bearer"}, id="no token"),
        pytest.param({"Authorization": "Digest test"}, id="another scheme"),
        pytest.param(basic("test-key:test"), id="password"),
        pytest.param(basic("test-key"), id="no colon"),
        pytest.param({"Authorization": "Basic test-key"}, id="key not encoded"),
        pytest.param({"Authorization": "Basic //8="}, id="no text"),
        pytest.param(basic("test:"), id="token as key"),
        pytest.param({"Authorization": "Bearer test-key"}, id="key as token"),
    ],
)
def test_everything_else_is_unauthorized(caller: Caller, headers: dict[str, str]) -> None:
    answer = caller.ask("GET", PATH, headers=headers)
    assert answer.error == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_companys_token_does_not_reach_another_company_but_an_organisations_key_does(
    pleo: LocalPleo, caller: Caller
) -> None:
    add_job(pleo, job=OTHER_JOB, company=OTHER_COMPANY)
    path = f"/v1/export-jobs/{OTHER_JOB}/items"
    assert caller.ask("GET", path).error == (403, "FORBIDDEN")
    assert caller.ask("GET", path, headers=basic("test-key:")).status == 200


def test_after_a_rotation_only_the_new_secret_is_let_in(pleo: LocalPleo, caller: Caller) -> None:
    pleo.put_credential(dataclasses.replace(TOKEN, secret="test-2"))
    assert caller.ask("GET", PATH).status == 401
    assert caller.ask("GET", PATH, headers={"Authorization": "Bearer test-2"}).status == 200


def test_a_removed_credential_is_let_in_no_longer(pleo: LocalPleo, caller: Caller) -> None:
    pleo.remove_credential("token of one company")
    assert caller.ask("GET", PATH).status == 401
    assert pleo.state().credentials == ("key of an organisation",)


def test_a_credential_does_not_show_its_secret() -> None:
    assert "secret-text" not in repr(Credential("name", "secret-text", companies=frozenset({COMPANY})))
