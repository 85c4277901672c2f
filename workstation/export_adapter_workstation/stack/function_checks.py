"""Whether the function runs, in the version that was deployed, and whether the queue invokes it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.finding import (
    DEPLOY,
    FUNCTION,
    Finding,
    NotKnown,
    not_known,
    note,
    ok,
    wrong,
)

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_lambda.type_defs import (
        AliasConfigurationResponseTypeDef,
        EventSourceMappingConfigurationTypeDef,
        FunctionConfigurationResponseTypeDef,
    )

type Function = FunctionConfigurationResponseTypeDef
type Alias = AliasConfigurationResponseTypeDef
type EventSources = Sequence[EventSourceMappingConfigurationTypeDef]

LIVE: Final = "live"
"""The alias that the queue invokes."""

LATEST: Final = "$LATEST"
"""What was deployed last, whether or not a version was published of it."""


def read_function(stack: Stack, qualifier: str = LIVE) -> Function:
    """Read a version of the function."""
    name = stack.outputs.update_export_items_function_name
    return stack.clients.lambda_().get_function_configuration(FunctionName=name, Qualifier=qualifier)


def settings_of(function: Function) -> Mapping[str, str]:
    """Return a version's environment variables."""
    return function.get("Environment", {}).get("Variables", {})


def read_event_sources(stack: Stack) -> EventSources:
    """Read the event source mappings of the alias."""
    name = f"{stack.outputs.update_export_items_function_name}:{LIVE}"
    return stack.clients.lambda_().list_event_source_mappings(FunctionName=name)["EventSourceMappings"]


def read_alias(stack: Stack) -> Alias:
    """Read where the alias points to."""
    name = stack.outputs.update_export_items_function_name
    return stack.clients.lambda_().get_alias(FunctionName=name, Name=LIVE)


def newest_version(stack: Stack) -> str:
    """Return the number of the version that was published last."""
    name = stack.outputs.update_export_items_function_name
    pages = stack.clients.lambda_().get_paginator("list_versions_by_function").paginate(FunctionName=name)
    versions = [version["Version"] for page in pages for version in page["Versions"]]
    return str(max(int(version) for version in versions if version.isdigit()))


def reserved_concurrency(stack: Stack) -> int | None:
    """Return the function's reserved concurrency; None where it has none."""
    name = stack.outputs.update_export_items_function_name
    answer = stack.clients.lambda_().get_function_concurrency(FunctionName=name)
    return answer.get("ReservedConcurrentExecutions")


def version_findings(
    live: Function | NotKnown,
    latest: Function | NotKnown,
    alias: Alias | NotKnown,
    newest: str | NotKnown,
) -> Iterator[Finding]:
    """Look at which version and which layers the queue's messages meet."""
    if isinstance(live, NotKnown):
        yield not_known(FUNCTION, live)
        return
    if live.get("State", "Active") not in {"Active", "Inactive"}:
        yield wrong(FUNCTION, f"version {live['Version']} is {live['State']}", DEPLOY)
    if isinstance(alias, NotKnown):
        yield not_known("alias", alias)
        return
    yield _alias(alias, live, latest, newest)
    layers = ", ".join(":".join(arn.split(":")[-2:]) for arn in _layers(live))
    yield ok("layers", layers) if layers else not_known("layers", NotKnown("the answer does not say"))


def _alias(alias: Alias, live: Function, latest: Function | NotKnown, newest: str | NotKnown) -> Finding:
    version = alias["FunctionVersion"]
    said = f"{LIVE} is version {version}"
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    if weights:
        shares = ", ".join(f"{share:.0%} to version {other}" for other, share in weights.items())
        return note("alias", f"a deployment is under way: {said}, {shares}")
    if isinstance(newest, str) and newest != version:
        # Never a command that moves the alias: a version that failed its check stays published.
        said += f", but version {newest} was published last: rolled back, or never moved"
        return note("alias", said, "docs/operations.md#a-deployment-was-rolled-back")
    differences = "" if isinstance(latest, NotKnown) else _differences(live, latest)
    if differences:
        return wrong("alias", f"{said}, without the newest {differences}", DEPLOY)
    return ok("alias", f"{said}, the newest")


def _differences(live: Function, latest: Function) -> str:
    differences = {
        "code": live["CodeSha256"] != latest["CodeSha256"],
        "layers": _layers(live) != _layers(latest),
        "settings": (settings_of(live), live["Timeout"]) != (settings_of(latest), latest["Timeout"]),
    }
    return " and ".join(name for name, differs in differences.items() if differs)


def _layers(function: Function) -> list[str]:
    return [layer.get("Arn", "") for layer in function.get("Layers", ())]


def event_source_findings(
    sources: EventSources | NotKnown, main_arn: str | None, stack: Stack
) -> Iterator[Finding]:
    """Look at what invokes the function. `main_arn` is None where the main queue could not be read."""
    what = "event source"
    if isinstance(sources, NotKnown):
        yield not_known(what, sources)
        return
    ours = [one for one in sources if main_arn in {None, one.get("EventSourceArn")}]
    for one in sources:
        if one not in ours:
            said = f"the function is also invoked by {one.get('EventSourceArn', '').rpartition(':')[2]}"
            yield wrong(what, said, stack.aws(f"lambda delete-event-source-mapping --uuid {one['UUID']}"))
    if not ours:
        yield wrong(what, f"no queue invokes {LIVE}: nothing is delivered", DEPLOY)
    for one in ours:
        update = f"lambda update-event-source-mapping --uuid {one['UUID']}"
        reports = "ReportBatchItemFailures" in one.get("FunctionResponseTypes", ())
        if not reports:
            said = "it does not report batch item failures: Lambda deletes messages that were not delivered"
            fix = stack.aws(f"{update} --function-response-types ReportBatchItemFailures")
            yield wrong(what, said, fix)
        if one["State"] == "Disabled":
            yield wrong(what, "it is Disabled: nothing is delivered", stack.aws(f"{update} --enabled"))
        elif one["State"] != "Enabled":
            yield note(what, f"it is {one['State']}")
        elif reports:
            most = one.get("ScalingConfig", {}).get("MaximumConcurrency")
            said = f"batches of {one['BatchSize']} within {one.get('MaximumBatchingWindowInSeconds', 0)} s"
            yield ok(what, f"enabled, {said}{f', {most} at a time' if most else ''}")


def concurrency_findings(
    reserved: int | NotKnown | None, sources: EventSources | NotKnown, stack: Stack
) -> Iterator[Finding]:
    """Look at whether the function may run as often as the queue wants it to."""
    what = "concurrency"
    configs = () if isinstance(sources, NotKnown) else (one.get("ScalingConfig", {}) for one in sources)
    most = max((one.get("MaximumConcurrency", 0) for one in configs), default=0)
    name = stack.outputs.update_export_items_function_name
    fix = stack.aws(f"lambda delete-function-concurrency --function-name {name}")
    match reserved:
        case NotKnown():
            yield not_known(what, reserved)
        case None:
            yield ok(what, "not reserved: shared with the account's other functions")
        case 0:
            yield wrong(what, "reserved to 0: the function is switched off", fix)
        case int() if reserved < most:
            said = f"{reserved} reserved, less than MaximumConcurrency {most}: messages are throttled"
            yield wrong(what, said, fix)
        case _:
            yield ok(what, f"{reserved} reserved, MaximumConcurrency {most}")
