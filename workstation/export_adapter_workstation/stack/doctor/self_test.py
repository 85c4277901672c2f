"""What the function says of itself, and what mends it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast

from export_adapter.model import Json
from export_adapter.text import shown
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.doctor.finding import (
    DEPLOY,
    Finding,
    NotKnown,
    State,
    not_known,
    well,
    wrong,
)
from export_adapter_workstation.stack.doctor.surroundings import WHAT_TO_PUT, put_secret

_REFUSED: Final = re.compile(r"Pleo answered 40[13]\b")
_REFUSED_HINT: Final = f"{WHAT_TO_PUT}; more in docs/operations.md#credentials-refused"
_SEE_SECRET: Final = NotKnown("the secret is wrong, see above")
_NO_CREDENTIALS: Final = NotKnown("Pleo was shown no credentials, for there are none")
_MENDS: Final = {
    "rules": DEPLOY,
    "own rules": "docs/operations.md#refused-rules",
    "pleo": "https://status.pleo.io, then docs/operations.md#pleo-errors",
}


def self_test_findings(
    answer: Mapping[str, Json] | NotKnown, stack: Stack, *, secret: State = State.WELL
) -> Iterator[Finding]:
    """Look at what the function says of itself. `secret` is how the secret looks from outside."""
    if isinstance(answer, NotKnown):
        yield not_known("self-test", answer)
        return
    if answer.get("functionError"):
        why = shown(f"{answer.get('errorType', '')} {answer.get('errorMessage', '')}")
        said = f"the function breaks as soon as it is invoked: {why}"
        yield wrong("self-test", said, "docs/operations.md#function-errors")
        return
    result = answer.get("selfTest")
    checks = result.get("checks") if isinstance(result, dict) else None
    if not isinstance(checks, list):
        yield not_known("self-test", NotKnown("this version of the function has none"))
        return
    failed: set[str] = set()
    for check in cast("Iterable[Mapping[str, Json]]", checks):
        name, said = str(check.get("name")), shown(str(check.get("said")))
        what = f"self-test: {shown(name, 40)}"
        passed = check.get("passed") is True
        if name == "pleo" and "credentials" in failed and (passed or _is_for_want_of_credentials(said)):
            # That Pleo answers somebody without credentials says nothing about those that are missing.
            yield not_known(what, _NO_CREDENTIALS)
        elif passed:
            yield well(what, said)
        else:
            failed.add(name)
            yield _failed(what, name, said, stack, secret)


def _is_for_want_of_credentials(said: str) -> bool:
    return said.startswith("not asked") or _REFUSED.search(said) is not None


def _failed(what: str, name: str, said: str, stack: Stack, secret: State) -> Finding:
    if name == "credentials" and secret is State.WRONG:
        return not_known(what, _SEE_SECRET)
    if name == "credentials" and secret is State.WELL:
        # Read from here it has the right form: putting it again would not help.
        return wrong(what, f"{said}; from here the secret is well: may the function's role read it?", DEPLOY)
    if name == "credentials":
        return wrong(what, said, put_secret(stack), WHAT_TO_PUT)
    if name == "pleo" and _REFUSED.search(said):
        return wrong(what, f"Pleo refuses the credentials: {said}", put_secret(stack), _REFUSED_HINT)
    return wrong(what, said, _MENDS.get(name, "docs/operations.md"))
