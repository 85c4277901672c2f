"""Whether the function runs, in the version that was deployed, and on the queue's messages."""

from collections.abc import Iterator
from typing import Final

from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.doctor.facts import LIVE, Alias, EventSource, Function, Queue
from export_adapter_workstation.stack.doctor.finding import Finding, NotKnown, not_known, note, well, wrong

_DEPLOY: Final = ".venv/bin/sam build && .venv/bin/sam deploy (with the stack's --config-env)"


def version_findings(
    live: Function | NotKnown,
    latest: Function | NotKnown,
    alias: Alias | NotKnown,
    newest: str | NotKnown,
) -> Iterator[Finding]:
    """Look at which version and which layers the queue's messages meet."""
    if isinstance(live, NotKnown):
        yield not_known("function", live)
        return
    if live.state not in {"Active", "Inactive"}:
        yield wrong("function", f"version {live.version} is {live.state}", _DEPLOY)
    if isinstance(alias, NotKnown):
        yield not_known("alias", alias)
        return
    yield _alias(alias, live, latest, newest)
    layers = ", ".join(":".join(arn.split(":")[-2:]) for arn in live.layers)
    yield well("layers", layers) if layers else not_known("layers", NotKnown("the answer does not say"))


def _alias(alias: Alias, live: Function, latest: Function | NotKnown, newest: str | NotKnown) -> Finding:
    said = f"{LIVE} is version {alias.version}"
    if alias.weights:
        shares = ", ".join(f"{share:.0%} to version {version}" for version, share in alias.weights.items())
        return note("alias", f"a deployment is under way: {said}, {shares}")
    if isinstance(newest, str) and newest != alias.version:
        # Never the command that moves the alias there: a version that failed its check is kept all the same.
        said += f", but version {newest} was published last: rolled back, or never moved"
        return note("alias", said, "docs/operations.md#a-deployment-was-rolled-back")
    if isinstance(latest, Function) and _differs(live, latest):
        return wrong("alias", f"{said}, without the newest {_differs(live, latest)}", _DEPLOY)
    return well("alias", f"{said}, the newest")


def _differs(live: Function, latest: Function) -> str:
    differences = {
        "code": live.code != latest.code,
        "layers": live.layers != latest.layers,
        "settings": live.environment != latest.environment or live.timeout != latest.timeout,
    }
    return " and ".join(name for name, differs in differences.items() if differs)


def event_source_findings(
    sources: tuple[EventSource, ...] | NotKnown, main: Queue | NotKnown, stack: Stack
) -> Iterator[Finding]:
    """Look at how the queue's messages come to the function."""
    what = "event source"
    if isinstance(sources, NotKnown):
        yield not_known(what, sources)
        return
    ours = [one for one in sources if isinstance(main, NotKnown) or one.queue_arn == main.arn]
    for one in sources:
        if one not in ours:
            yield wrong(
                what,
                f"the function is also invoked by {one.queue_arn.rpartition(':')[2]}",
                stack.aws(f"lambda delete-event-source-mapping --uuid {one.uuid}"),
            )
    if not ours:
        yield wrong(what, f"no queue invokes {LIVE}: nothing is delivered", _DEPLOY)
    for one in ours:
        yield from _source(one, stack)


def _source(one: EventSource, stack: Stack) -> Iterator[Finding]:
    what = "event source"
    update = f"lambda update-event-source-mapping --uuid {one.uuid}"
    if one.state != "Enabled":
        said = f"it is {one.state}: nothing is delivered" if one.state == "Disabled" else f"it is {one.state}"
        yield (
            wrong(what, said, stack.aws(f"{update} --enabled"))
            if one.state == "Disabled"
            else note(what, said)
        )
    if not one.reports_batch_item_failures:
        yield wrong(
            what,
            "it does not report batch item failures: Lambda deletes messages that were not delivered",
            stack.aws(f"{update} --function-response-types ReportBatchItemFailures"),
        )
    if one.state == "Enabled" and one.reports_batch_item_failures:
        most = f", {one.maximum_concurrency} at a time" if one.maximum_concurrency else ""
        yield well(what, f"enabled, batches of {one.batch_size} within {one.window} s{most}")


def concurrency_findings(
    reserved: int | NotKnown | None, sources: tuple[EventSource, ...] | NotKnown, stack: Stack
) -> Iterator[Finding]:
    """Look at whether the function may run as often as the queue wants it to."""
    what = "concurrency"
    most = (
        max((one.maximum_concurrency or 0 for one in sources), default=0) if isinstance(sources, tuple) else 0
    )
    name = stack.outputs.update_export_items_function_name
    free = stack.aws(f"lambda delete-function-concurrency --function-name {name}")
    match reserved:
        case NotKnown():
            yield not_known(what, reserved)
        case None:
            yield well(what, "not reserved: shared with the account's other functions")
        case 0:
            yield wrong(what, "reserved to 0: the function is switched off", free)
        case int() if reserved < most:
            said = f"{reserved} reserved, below MaximumConcurrency {most}: messages are throttled"
            yield wrong(what, said, free)
        case _:
            yield well(what, f"{reserved} reserved, MaximumConcurrency {most}")
