"""The check before traffic is moved: a version that fails its self-test, or breaks, is rolled back."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from functions.pre_traffic_check import app

VERSION = "arn:aws:lambda:eu-west-1:1:function:f:7"
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1"}
PASSED = {"batchItemFailures": [], "selfTest": {"passed": True, "checks": []}}


@dataclass
class FakeLambda:
    payload: bytes = json.dumps(PASSED).encode()
    error: str | None = None
    breaks: Exception | None = None
    invoked: list[dict[str, object]] = field(default_factory=list[dict[str, object]])

    def invoke(self, **request: object) -> dict[str, Any]:
        self.invoked.append(request)
        if self.breaks:
            raise self.breaks
        answer: dict[str, Any] = {"Payload": io.BytesIO(self.payload)}
        return answer | ({"FunctionError": self.error} if self.error else {})


@dataclass
class FakeCodeDeploy:
    breaks: Exception | None = None
    told: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def put_lifecycle_event_hook_execution_status(self, **request: str) -> None:
        if self.breaks:
            raise self.breaks
        self.told.append(request)


@pytest.fixture
def version() -> FakeLambda:
    return FakeLambda()


@pytest.fixture
def codedeploy() -> FakeCodeDeploy:
    return FakeCodeDeploy()


@pytest.fixture(autouse=True)
def aws(version: FakeLambda, codedeploy: FakeCodeDeploy, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = {"lambda": version, "codedeploy": codedeploy}
    monkeypatch.setattr(boto3, "client", lambda name, config: clients[name] if config else None)
    monkeypatch.setenv("CURRENT_VERSION", VERSION)


def handle() -> dict[str, str]:
    return app.lambda_handler(EVENT, None)


def test_a_version_that_passes_its_self_test_gets_traffic(
    version: FakeLambda, codedeploy: FakeCodeDeploy
) -> None:
    assert handle() == {"status": "Succeeded"}

    assert version.invoked == [{"FunctionName": VERSION, "Payload": b"{}"}]
    assert [one["status"] for one in codedeploy.told] == ["Succeeded"]


def test_codedeploy_is_told_which_deployment_the_verdict_is_about(codedeploy: FakeCodeDeploy) -> None:
    handle()

    assert codedeploy.told == [
        {"deploymentId": "d-1", "lifecycleEventHookExecutionId": "hook-1", "status": "Succeeded"}
    ]


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b'{"selfTest": {"passed": false, "checks": []}}', id="the self-test failed"),
        pytest.param(b'{"selfTest": {"passed": "yes"}}', id="the result is no boolean"),
        pytest.param(b'{"batchItemFailures": []}', id="there is no self-test"),
        pytest.param(b'{"selfTest": null}', id="the self-test is nothing"),
        pytest.param(b"null", id="the answer is nothing"),
        pytest.param(b"[]", id="the answer is a list"),
        pytest.param(b"", id="the answer is empty"),
        pytest.param(b'{"selfTest": ', id="the answer ends too early"),
    ],
)
def test_a_version_that_does_not_pass_is_rolled_back(
    version: FakeLambda, codedeploy: FakeCodeDeploy, payload: bytes
) -> None:
    version.payload = payload

    assert handle() == {"status": "Failed"}
    assert [one["status"] for one in codedeploy.told] == ["Failed"]


def test_a_version_that_breaks_is_rolled_back_and_its_words_stay_out_of_the_log(
    version: FakeLambda, codedeploy: FakeCodeDeploy, capsys: pytest.CaptureFixture[str]
) -> None:
    version.payload, version.error = b'{"errorMessage": "a secret"}', "Unhandled"

    handle()

    assert [one["status"] for one in codedeploy.told] == ["Failed"]
    assert "a secret" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (
            ClientError({"Error": {"Code": "AccessDeniedException", "Message": "a secret"}}, "Invoke"),
            "AccessDeniedException",
        ),
        (ReadTimeoutError(endpoint_url="https://a.secret"), "ReadTimeoutError"),
        (RuntimeError("a secret"), "RuntimeError"),
    ],
)
def test_whatever_happens_codedeploy_is_told_and_the_log_has_the_kind_of_error_without_its_text(
    version: FakeLambda,
    codedeploy: FakeCodeDeploy,
    error: Exception,
    kind: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    version.breaks = error

    assert handle() == {"status": "Failed"}

    assert [one["status"] for one in codedeploy.told] == ["Failed"]
    assert json.loads(capsys.readouterr().out) == {"version": VERSION, "passed": False, "error": kind}


def test_a_check_that_does_not_know_its_version_fails(
    version: FakeLambda, codedeploy: FakeCodeDeploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CURRENT_VERSION")
    version.breaks = ValueError("boto3 refuses the empty name")

    handle()

    assert [one["status"] for one in codedeploy.told] == ["Failed"]


def test_a_verdict_that_codedeploy_does_not_take_shows_as_an_error_of_the_check(
    codedeploy: FakeCodeDeploy,
) -> None:
    codedeploy.breaks = ClientError({"Error": {"Code": "DeploymentDoesNotExistException"}}, "Put")

    with pytest.raises(ClientError):
        handle()
