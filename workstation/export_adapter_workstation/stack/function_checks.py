"""Whether the function runs, in the version that was deployed, and whether the queue invokes it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from export_adapter_workstation.stack.deployed import LIVE, UNREADABLE, Deployed, is_missing, settings_of
from export_adapter_workstation.stack.finding import (
    DELETED_BY_HAND,
    DEPLOY,
    FUNCTION,
    Finding,
    not_known,
    note,
    ok,
    wrong,
)

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef


def function(deployed: Deployed) -> Iterator[Finding]:
    """Check that the live version can run; list its layers."""
    try:
        live = deployed.live
    except UNREADABLE as failed:
        if is_missing(failed) and deployed.latest:
            said = f"its alias {LIVE} does not exist: the queue invokes nothing"
            yield wrong(FUNCTION, said, DEPLOY, DELETED_BY_HAND)
            return
        raise
    if live.get("State", "Active") not in {"Active", "Inactive"}:
        yield wrong(FUNCTION, f"version {live['Version']} is {live['State']}", DEPLOY)
    layers = ", ".join(":".join(arn.split(":")[-2:]) for arn in _layers(live))
    yield ok("layers", layers) if layers else not_known("layers", "the answer does not say")


def alias(deployed: Deployed) -> Iterator[Finding]:
    """Check that the alias is on the version that was deployed last."""
    what, version, newest = "alias", deployed.alias["FunctionVersion"], _newest_version(deployed)
    said = f"{LIVE} is version {version}"
    weights = deployed.alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    if weights:
        shares = ", ".join(f"{share:.0%} to version {other}" for other, share in weights.items())
        yield note(what, f"a deployment is under way: {said}, {shares}")
    elif newest != version:
        # Never a command that moves the alias: a version that failed its check stays published.
        said += f", but version {newest} was published last: rolled back, or never moved"
        yield note(what, said, "docs/operations.md#a-deployment-was-rolled-back")
    elif differences := _differences(deployed.live, deployed.latest):
        yield wrong(what, f"{said}, without the newest {differences}", DEPLOY)
    else:
        yield ok(what, f"{said}, the newest")


def _newest_version(deployed: Deployed) -> str:
    """Return the number of the version that was published last."""
    pages = deployed.stack.clients.lambda_().get_paginator("list_versions_by_function")
    found = pages.paginate(FunctionName=deployed.function_name)
    versions = [one["Version"] for page in found for one in page["Versions"]]
    return max((version for version in versions if version.isdigit()), key=int)


def _differences(
    live: "FunctionConfigurationResponseTypeDef", latest: "FunctionConfigurationResponseTypeDef"
) -> str:
    differences = {
        "code": live["CodeSha256"] != latest["CodeSha256"],
        "layers": _layers(live) != _layers(latest),
        "settings": (settings_of(live), live["Timeout"]) != (settings_of(latest), latest["Timeout"]),
    }
    return " and ".join(name for name, differs in differences.items() if differs)


def _layers(version: "FunctionConfigurationResponseTypeDef") -> list[str]:
    return [layer.get("Arn", "") for layer in version.get("Layers", ())]


def event_source(deployed: Deployed) -> Iterator[Finding]:
    """Check what invokes the function."""
    what, aws, main_arn = "event source", deployed.stack.aws, deployed.main.arn
    # Asked about a function that does not exist, AWS may answer that nothing invokes it.
    sources = deployed.event_sources if deployed.live["Version"] else ()
    if all(one.get("EventSourceArn") != main_arn for one in sources):
        yield wrong(what, f"no queue invokes {LIVE}: nothing is delivered", DEPLOY)
    for one in sources:
        update = f"lambda update-event-source-mapping --uuid {one['UUID']}"
        reports = "ReportBatchItemFailures" in one.get("FunctionResponseTypes", ())
        if one.get("EventSourceArn") != main_arn:
            said = f"the function is also invoked by {one.get('EventSourceArn', '').rpartition(':')[2]}"
            yield wrong(what, said, aws(f"lambda delete-event-source-mapping --uuid {one['UUID']}"))
            continue
        if not reports:
            said = "it does not report batch item failures: Lambda deletes messages that were not delivered"
            yield wrong(what, said, aws(f"{update} --function-response-types ReportBatchItemFailures"))
        if one["State"] == "Disabled":
            yield wrong(what, "it is Disabled: nothing is delivered", aws(f"{update} --enabled"))
        elif one["State"] != "Enabled":
            yield note(what, f"it is {one['State']}")
        elif reports:
            most = one.get("ScalingConfig", {}).get("MaximumConcurrency")
            said = f"batches of {one['BatchSize']} within {one.get('MaximumBatchingWindowInSeconds', 0)} s"
            yield ok(what, f"enabled, {said}{f', {most} at a time' if most else ''}")


def concurrency(deployed: Deployed) -> Iterator[Finding]:
    """Check that the function may run as often as the queue wants it to."""
    what, name = "concurrency", deployed.function_name
    answer = deployed.stack.clients.lambda_().get_function_concurrency(FunctionName=name)
    reserved: int | None = answer.get("ReservedConcurrentExecutions")
    configs = (one.get("ScalingConfig", {}) for one in deployed.event_sources)
    most = max((one.get("MaximumConcurrency", 0) for one in configs), default=0)
    fix = deployed.stack.aws(f"lambda delete-function-concurrency --function-name {name}")
    if reserved is None:
        yield ok(what, "not reserved: shared with the account's other functions")
    elif reserved == 0:
        yield wrong(what, "reserved to 0: the function is switched off", fix)
    elif reserved < most:
        said = f"{reserved} reserved, less than MaximumConcurrency {most}: messages are throttled"
        yield wrong(what, said, fix)
    else:
        yield ok(what, f"{reserved} reserved, MaximumConcurrency {most}")
