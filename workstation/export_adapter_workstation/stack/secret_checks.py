"""Whether the secret has the right form, and what the function's test of itself finds."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast

from export_adapter.deliver.credentials import NoCredentials, credentials_in
from export_adapter.deliver.secrets import COMPANY
from export_adapter.model import Json
from export_adapter.text import shown
from export_adapter_workstation.stack.deployed import LIVE, UNREADABLE, Deployed, NoText, is_missing
from export_adapter_workstation.stack.finding import DEPLOY, Finding, FindingState, not_known, note, ok, wrong

_CREDENTIALS_FILE: Final = (
    'credentials.json holds {"accessToken": "..."} or {"apiKey": "..."}; delete the file afterwards'
)
_REFUSED: Final = re.compile(r"Pleo answered 40[13]\b")
_FIXES: Final = {
    "rules": DEPLOY,
    "own rules": "docs/operations.md#refused-rules",
    "pleo": "https://status.pleo.io, then docs/operations.md#pleo-errors",
}


def secret(deployed: Deployed) -> Iterator[Finding]:
    """Check the secret's form; its value is never shown."""
    what, text, put = "secret", deployed.secret, _put_secret(deployed)
    if text is NoText.TO_BE_DELETED:
        restore = f"secretsmanager restore-secret --secret-id {deployed.stack.outputs.pleo_credentials_arn}"
        yield wrong(what, "it is scheduled for deletion: nobody can read it", deployed.stack.aws(restore))
    elif text is NoText.EMPTY and COMPANY in deployed.settings.get("PLEO_SECRET_ID", ""):
        # Each company has a secret of its own.
        yield note(
            what, "it is empty: messages without a companyId are not delivered", put, _CREDENTIALS_FILE
        )
    elif text is NoText.EMPTY:
        yield wrong(what, "it is empty: nothing can be delivered", put, _CREDENTIALS_FILE)
    elif isinstance(found := credentials_in(_json(text)), NoCredentials):
        yield wrong(what, found.reason, put, _CREDENTIALS_FILE)
    else:
        yield ok(what, "it has the right form")


def _put_secret(deployed: Deployed) -> str:
    arn = deployed.stack.outputs.pleo_credentials_arn
    put = f"secretsmanager put-secret-value --secret-id {arn} --secret-string file://credentials.json"
    return deployed.stack.aws(put)


def _json(text: str) -> Json:
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def self_test(deployed: Deployed) -> Iterator[Finding]:
    """Let the function test itself: secret, rules, and one harmless request to Pleo."""
    what, client = "self-test", deployed.stack.clients.lambda_()
    invoked = client.invoke(FunctionName=deployed.function_name, Qualifier=LIVE, Payload=b"{}")
    body: Json = json.loads(invoked["Payload"].read())
    answer = body if isinstance(body, dict) else {}
    if invoked.get("FunctionError"):
        why = shown(f"{answer.get('errorType', '')} {answer.get('errorMessage', '')}")
        said = f"the function fails as soon as it is invoked: {why}"
        yield wrong(what, said, "docs/operations.md#function-errors")
        return
    result = answer.get("selfTest")
    checks = result.get("checks") if isinstance(result, dict) else None
    if not isinstance(checks, list):
        yield not_known(what, "this version of the function has none")
        return
    has_credentials = True
    for check in cast("Iterable[Mapping[str, Json]]", checks):
        name, said = str(check.get("name")), shown(str(check.get("said")))
        passed = check.get("passed") is True
        if name == "credentials":
            has_credentials = passed
        what = f"self-test: {shown(name, 40)}"
        if name == "pleo" and not has_credentials and (passed or _needs_credentials(said)):
            yield not_known(what, "there were no credentials to send to Pleo")
        elif passed:
            yield ok(what, said)
        elif name == "credentials":
            yield _failed_credentials(what, said, deployed)
        elif name == "pleo" and _REFUSED.search(said):
            hint = f"{_CREDENTIALS_FILE}; more in docs/operations.md#credentials-refused"
            yield wrong(what, f"Pleo refuses the credentials: {said}", _put_secret(deployed), hint)
        else:
            yield wrong(what, said, _FIXES.get(name, "docs/operations.md"))


def _needs_credentials(said: str) -> bool:
    return said.startswith("not asked") or _REFUSED.search(said) is not None


def _failed_credentials(what: str, said: str, deployed: Deployed) -> Finding:
    try:
        (of_secret,) = secret(deployed)
        state = of_secret.state
    except UNREADABLE as failed:
        state = FindingState.WRONG if is_missing(failed) else FindingState.NOT_KNOWN
    if state is FindingState.WRONG:
        return not_known(what, "the secret is wrong, see above")
    if state is FindingState.OK:
        # Storing the same value again would not help.
        said = f"{said}; the secret can be read from here: may the function's role read it?"
        return wrong(what, said, DEPLOY)
    return wrong(what, said, _put_secret(deployed), _CREDENTIALS_FILE)
