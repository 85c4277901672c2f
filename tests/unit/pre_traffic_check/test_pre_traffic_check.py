"""The check before traffic is moved: a version that fails its self-test, or breaks, is rolled back."""

import io
import json
from typing import Any, cast

import pytest

from functions.pre_traffic_check.app import check, tell


class FakeLambda:
    def __init__(self, answer: object, error: str | None = None) -> None:
        self.answer = answer
        self.error = error
        self.invoked: list[dict[str, object]] = []

    def invoke(self, **request: object) -> dict[str, Any]:
        self.invoked.append(request)
        answer: dict[str, Any] = {"Payload": io.BytesIO(json.dumps(self.answer).encode())}
        return answer | ({"FunctionError": self.error} if self.error else {})


class FakeCodeDeploy:
    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []

    def put_lifecycle_event_hook_execution_status(self, **request: str) -> None:
        self.told.append(request)


def verdict_on(client: FakeLambda) -> str:
    return check(cast("Any", client), "arn:version:7")


def test_a_version_that_passes_its_self_test_gets_traffic() -> None:
    client = FakeLambda({"batchItemFailures": [], "selfTest": {"passed": True, "checks": []}})

    assert verdict_on(client) == "Succeeded"
    assert client.invoked == [{"FunctionName": "arn:version:7", "Payload": b"{}"}]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"selfTest": {"passed": False, "checks": []}}, id="the self-test failed"),
        pytest.param({"selfTest": {"passed": "yes"}}, id="the result is no boolean"),
        pytest.param({"batchItemFailures": []}, id="there is no self-test"),
    ],
)
def test_a_version_that_does_not_pass_is_rolled_back(answer: object) -> None:
    assert verdict_on(FakeLambda(answer)) == "Failed"


def test_a_version_that_breaks_is_rolled_back_and_its_words_stay_out_of_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verdict_on(FakeLambda({"errorMessage": "a secret"}, error="Unhandled")) == "Failed"

    assert "a secret" not in capsys.readouterr().out


def test_codedeploy_is_told_which_deployment_the_verdict_is_about() -> None:
    client = FakeCodeDeploy()

    tell(
        cast("Any", client),
        {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook-1"},
        "Failed",
    )

    assert client.told == [
        {"deploymentId": "d-1", "lifecycleEventHookExecutionId": "hook-1", "status": "Failed"}
    ]
