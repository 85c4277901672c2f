"""Whether everything is still there that the stack was deployed with."""

from collections.abc import Iterator
from typing import Final

from export_adapter_workstation.stack.doctor.facts import LIVE, Function, Queue
from export_adapter_workstation.stack.doctor.finding import DEPLOY, Finding, NotKnown, wrong

_HINT: Final = (
    'if sam finds "No changes to deploy", CloudFormation does not know that it is gone: '
    "docs/dead-letters.md#what-was-deleted-by-hand"
)


def missing_findings(
    main: Queue | NotKnown,
    dead: Queue | NotKnown,
    latest: Function | NotKnown,
    live: Function | NotKnown,
    secret: object,
) -> Iterator[Finding]:
    """Say what does not exist: once each, whatever else cannot be looked at because of it."""
    parts = {
        "main queue": (main, "the stack's main queue does not exist: results have nowhere to go"),
        "dead-letter queue": (dead, "the stack's dead-letter queue does not exist: nothing can be parked"),
        "function": (latest, "the stack's function does not exist: nothing is delivered"),
        "secret": (secret, "the stack's secret does not exist: nothing can be delivered"),
    }
    for what, (found, said) in parts.items():
        if isinstance(found, NotKnown) and found.is_missing:
            yield wrong(what, said, DEPLOY, _HINT)
    if isinstance(latest, Function) and isinstance(live, NotKnown) and live.is_missing:
        yield wrong("function", f"its alias {LIVE} does not exist: the queue invokes nothing", DEPLOY, _HINT)
