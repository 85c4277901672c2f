"""Whether the secret has the right form, and what the function's test of itself finds."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Final, cast

from botocore.exceptions import ClientError

from export_adapter.deliver.credentials import NoCredentials, credentials_in
from export_adapter.model import Json
from export_adapter.text import shown
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.aws_errors import code_of
from export_adapter_workstation.stack.finding import (
    DEPLOY,
    Finding,
    NotKnown,
    State,
    not_known,
    note,
    ok,
    wrong,
)
from export_adapter_workstation.stack.function_checks import LIVE

_CREDENTIALS_FILE: Final = (
    'credentials.json holds {"accessToken": "..."} or {"apiKey": "..."}; delete the file afterwards'
)
_REFUSED: Final = re.compile(r"Pleo answered 40[13]\b")
_FIXES: Final = {
    "rules": DEPLOY,
    "own rules": "docs/operations.md#refused-rules",
    "pleo": "https://status.pleo.io, then docs/operations.md#pleo-errors",
}


class NoText(Enum):
    """Why a secret that exists has no text."""

    EMPTY = "empty"
    TO_BE_DELETED = "to be deleted"


type Secret = str | NoText


def read_secret(stack: Stack) -> Secret:
    """Return the secret's text, or why it has none."""
    try:
        answer = stack.clients.secrets_manager().get_secret_value(SecretId=stack.outputs.pleo_credentials_arn)
    except ClientError as refused:
        message = refused.response.get("Error", {}).get("Message", "")
        # The same code for a secret without a value and for no secret: only the words differ.
        if code_of(refused) == "ResourceNotFoundException" and "secret value" in message:
            return NoText.EMPTY
        if code_of(refused) == "InvalidRequestException" and "deletion" in message:
            return NoText.TO_BE_DELETED
        raise
    return answer.get("SecretString", NoText.EMPTY)


def secret_finding(secret: Secret | NotKnown, stack: Stack, *, may_be_empty: bool) -> Finding:
    """Look at the secret's form; nothing of its value is told.

    `may_be_empty`: companies have secrets of their own, so this one is only for messages without a company.
    """
    what = "secret"
    put = _put_secret(stack)
    match secret:
        case NotKnown():
            return not_known(what, secret)
        case NoText.TO_BE_DELETED:
            restore = f"secretsmanager restore-secret --secret-id {stack.outputs.pleo_credentials_arn}"
            return wrong(what, "it is scheduled for deletion: nobody can read it", stack.aws(restore))
        case NoText.EMPTY if may_be_empty:
            said = "it is empty: messages without a companyId cannot be delivered"
            return note(what, said, put, _CREDENTIALS_FILE)
        case NoText.EMPTY:
            return wrong(what, "it is empty: nothing can be delivered", put, _CREDENTIALS_FILE)
        case str():
            found = credentials_in(_json(secret))
            if isinstance(found, NoCredentials):
                return wrong(what, found.reason, put, _CREDENTIALS_FILE)
            return ok(what, "it has the right form")


def _put_secret(stack: Stack) -> str:
    arn = stack.outputs.pleo_credentials_arn
    return stack.aws(
        f"secretsmanager put-secret-value --secret-id {arn} --secret-string file://credentials.json"
    )


def _json(text: str) -> Json:
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def run_self_test(stack: Stack) -> Mapping[str, Json]:
    """Let the function test itself: secret, rules, and one harmless request to Pleo."""
    answer = stack.clients.lambda_().invoke(
        FunctionName=stack.outputs.update_export_items_function_name, Qualifier=LIVE, Payload=b"{}"
    )
    body: Json = json.loads(answer["Payload"].read())
    return {**(body if isinstance(body, dict) else {}), "functionError": answer.get("FunctionError")}


def self_test_findings(
    answer: Mapping[str, Json] | NotKnown, stack: Stack, *, secret: State = State.OK
) -> Iterator[Finding]:
    """Look at what the function says of itself. `secret` is the state of the secret as seen from here."""
    if isinstance(answer, NotKnown):
        yield not_known("self-test", answer)
        return
    if answer.get("functionError"):
        why = shown(f"{answer.get('errorType', '')} {answer.get('errorMessage', '')}")
        said = f"the function fails as soon as it is invoked: {why}"
        yield wrong("self-test", said, "docs/operations.md#function-errors")
        return
    result = answer.get("selfTest")
    checks = result.get("checks") if isinstance(result, dict) else None
    if not isinstance(checks, list):
        yield not_known("self-test", NotKnown("this version of the function has none"))
        return
    has_credentials = True
    for check in cast("Iterable[Mapping[str, Json]]", checks):
        name, said = str(check.get("name")), shown(str(check.get("said")))
        what = f"self-test: {shown(name, 40)}"
        passed = check.get("passed") is True
        if name == "credentials":
            has_credentials = passed
        if name == "pleo" and not has_credentials and (passed or _needs_credentials(said)):
            yield not_known(what, NotKnown("there were no credentials to send to Pleo"))
        else:
            yield ok(what, said) if passed else _failed(what, name, said, stack, secret)


def _needs_credentials(said: str) -> bool:
    return said.startswith("not asked") or _REFUSED.search(said) is not None


def _failed(what: str, name: str, said: str, stack: Stack, secret: State) -> Finding:
    if name == "credentials" and secret is State.WRONG:
        return not_known(what, NotKnown("the secret is wrong, see above"))
    if name == "credentials" and secret is State.OK:
        # Storing the same value again would not help.
        said = f"{said}; the secret can be read from here: may the function's role read it?"
        return wrong(what, said, DEPLOY)
    if name == "credentials":
        return wrong(what, said, _put_secret(stack), _CREDENTIALS_FILE)
    if name == "pleo" and _REFUSED.search(said):
        hint = f"{_CREDENTIALS_FILE}; more in docs/operations.md#credentials-refused"
        return wrong(what, f"Pleo refuses the credentials: {said}", _put_secret(stack), hint)
    return wrong(what, said, _FIXES.get(name, "docs/operations.md"))
