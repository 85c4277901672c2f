"""What must hold after any event, whatever it held. Each function says what does not, a line each."""

import gc
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from export_adapter.model import Json
from export_adapter.read.reader import NotSqsRecordsError
from tests.fakes.messages import entry
from tests.fakes.pleo import Update
from tests.fuzz.exact_json import elements, members
from tests.fuzz.queues import as_sqs_takes_it, digest_as_read
from tests.fuzz.world import JOBS, LONGEST_SECONDS, SHARE_OF_A_CORE, SHARED_ENTRIES, Case, Outcome, run

MOST_BYTES: Final = 200 * 1024 * 1024
"""For one event, as tracemalloc counts. With what the interpreter, boto3 and the rules take, and a fifth more
for what allocators waste, it is 350 MB of the function's 512 MB."""

_LARGE: Final = 300_000
"""Characters from which an event's memory is measured; that takes a second run, and a slow one."""

_TERMINAL: Final = frozenset({"failed", "successful", "abandoned"})
_LONGEST_LINE: Final = 256 * 1024
_MOST_WRAPPERS: Final = 6
_UNSENDABLE: Final = dict.fromkeys((0, *range(0xD800, 0xE000)), "\ufffd")
_SHARED: Final = frozenset(entry(each) for each in SHARED_ENTRIES)


def seconds_allowed(case: Case) -> float:
    """How long an event may take on Lambda, waiting left aside.

    A second for each message is promised, reading comes on top, and a busy machine measures half as much
    again. Own rules are read once in an environment.
    """
    own_rules = 10.0 if case.documents else 0.0
    return min(LONGEST_SECONDS, 2.0 + own_rules + 1.5 * len(case.records) + 3.0 * case.size / 1_000_000)


@dataclass(frozen=True)
class Verdict:
    """What is wrong, a line each, and what the case took: seconds on Lambda, and those of them allowed."""

    findings: list[str]
    seconds: float
    allowed: float


def judge(case: Case) -> Verdict:
    """Run a case and say all that is wrong with what came of it."""
    allowed = seconds_allowed(case)
    outcome = run(case, longest_cpu=2 * allowed * SHARE_OF_A_CORE)
    if outcome.killed_at:
        return Verdict([f"slow: killed in {outcome.killed_at}"], outcome.seconds, allowed)
    found = [
        *_response(case, outcome),
        *_time(case, outcome, allowed),
        *_output(outcome),
        *_secrets(case, outcome),
        *(f"told Pleo what it forbids: {each[:80]}" for each in outcome.pleo.violations[:1]),
        *(f"asked SQS for what it forbids: {each[:80]}" for each in outcome.sqs.illegal[:1]),
    ]
    if outcome.raised is None:
        found += [*_nothing_lost(case, outcome, _returned(outcome)), *_neighbours(case, outcome)]
    if not found and case.size > _LARGE:
        found += _memory(case)
    return Verdict(found, outcome.seconds, allowed)


def _response(case: Case, outcome: Outcome) -> Iterator[str]:
    if isinstance(outcome.raised, NotSqsRecordsError):
        if all(map(_is_record, case.records)):
            yield "raised: NotSqsRecordsError for records of SQS"
        return
    if outcome.raised is not None:
        yield f"raised: {type(outcome.raised).__name__}"
        return
    ids = {each.get("messageId") for each in case.records if isinstance(each, dict)}
    try:
        if set(outcome.response) != {"batchItemFailures"} or not _returned(outcome) <= ids:
            yield "response: names other ids than the event's"
    except (TypeError, KeyError):
        yield "response: malformed"


def _is_record(raw: Json) -> bool:
    fields = raw if isinstance(raw, dict) else {}
    return all(isinstance(fields.get(name), str) for name in ("messageId", "receiptHandle", "body"))


def _returned(outcome: Outcome) -> set[str]:
    return {each["itemIdentifier"] for each in outcome.response["batchItemFailures"]}


def _time(case: Case, outcome: Outcome, allowed: float) -> Iterator[str]:
    if outcome.seconds > case.seconds + 1.0:  # what comes last may take a moment longer than planned
        yield "slow: Lambda would have ended it"
        return
    if not case.is_calm or outcome.seconds <= allowed:
        return
    again = run(case, longest_cpu=2 * allowed * SHARE_OF_A_CORE)  # the machine may have been busy
    if again.seconds > allowed:
        yield "slow: longer than a message may take"


def _memory(case: Case) -> Iterator[str]:
    gc.collect()
    measured = run(case, longest_cpu=600.0, measure_memory=True)
    if measured.peak + case.size > MOST_BYTES:
        yield "memory: more than an event may take"


def _output(outcome: Outcome) -> Iterator[str]:
    for line in outcome.output.splitlines():
        try:
            content = json.loads(line, parse_constant=_refuse)
        except ValueError:
            content = None
        if not isinstance(content, dict) or len(line.encode("utf-8", "replace")) > _LONGEST_LINE:
            yield "log: a line that is not JSON, or longer than CloudWatch takes"
        elif "exception_name" in content:
            place = str(content.get("exception", "")).splitlines()[-1:]
            at = place[0].rsplit("/", 1)[-1].split(":")[0] if place else "nowhere"
            yield f"fault of the adapter's own: {content['exception_name']} in {at}"


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _secrets(case: Case, outcome: Outcome) -> Iterator[str]:
    said = [update.get("failureReason", "") for request in outcome.pleo.puts for update in request.updates]
    attributes = [value for each in outcome.sqs.dead_letters for value in each.attributes.values()]
    places = {
        "failureReason": "\n".join(said),
        "the log": outcome.output,
        "an attribute": "\n".join(attributes),
        "the response": repr(outcome.response),
    }
    for token, behind in case.secrets:
        for place, text in places.items():
            if token[:12] in text:
                yield f"secret in {place}: behind {behind}"


def _nothing_lost(case: Case, outcome: Outcome, returned: set[str]) -> Iterator[str]:
    whole = {each.whole for each in outcome.sqs.dead_letters}
    parked = {
        (_only(each.fields, "exportJobId"), _only(each.fields, "system"), result)
        for each in outcome.sqs.dead_letters
        for result in each.results
    }
    accepted: dict[tuple[str, str], list[Update]] = {}
    for name, held in outcome.pleo.jobs.items():
        for update in held.accepted:
            accepted.setdefault((name, update["accountingEntryId"]), []).append(update)
    for record in case.records:
        body = record["body"]
        if record["messageId"] in returned or hash(body) in whole or hash(as_sqs_takes_it(body)) in whole:
            continue
        fields = _unwrapped(body)
        results = [one for text in fields.get("results", []) for one in elements(text)]
        if not results:
            yield "lost: a whole message"
            continue
        job, system = _only(fields, "exportJobId"), _only(fields, "system")
        for result in results:
            if (job, system, hash(result)) not in parked and not _is_delivered(accepted, job, result):
                is_there = any(digest_as_read(result) in each.read for each in outcome.sqs.dead_letters)
                yield "lost: how a result was written" if is_there else "lost: a result"
                break
        else:
            yield from _fields_lost(outcome, fields, {hash(result) for result in results})


def _unwrapped(body: str) -> dict[str, list[str]]:
    """The fields of the message in a body, whatever is wrapped around it."""
    text = body
    for _ in range(_MOST_WRAPPERS):
        fields = members(text)
        inner = next((fields[name][0] for name in ("Message", "detail", "data") if name in fields), None)
        if inner is None or "results" in fields or "exportJobId" in fields:
            return fields
        try:
            text = json.loads(inner) if inner.startswith('"') else inner
        except ValueError:
            return {}
    return {}


def _fields_lost(outcome: Outcome, fields: dict[str, list[str]], results: set[int]) -> Iterator[str]:
    """What else a message holds must be in one of its dead letters at least, where it has some."""
    own = [each for each in outcome.sqs.dead_letters if each.results & results]
    for name, values in fields.items():
        if name != "results" and own and not any(each.fields.get(name) == values for each in own):
            yield "lost: a field of a message, or how it was written"
            return


def _only(fields: dict[str, list[str]], name: str) -> str:
    return fields[name][0] if len(fields.get(name, ())) == 1 else ""


def _is_delivered(accepted: dict[tuple[str, str], list[Update]], job: str, result: str) -> bool:
    """Whether Pleo took the result, or a better one for the same entry."""
    fields = members(result)
    status, number, external = (
        _value(fields, name) for name in ("status", "accountingEntryId", "externalId")
    )
    of = str(_value({"": [job]}, "")).lower(), str(number).lower()
    same = accepted.get(of, [])
    wanted = str(external).translate(_UNSENDABLE) if isinstance(external, str) and external.strip() else None
    if any(each["status"] == status and each.get("externalId") == wanted for each in same):
        return True
    return bool(same) and of[1] in _SHARED and same[-1]["status"] in _TERMINAL


def _value(fields: dict[str, list[str]], name: str) -> object:
    values = fields.get(name, ())
    if len(values) != 1:
        return None
    try:
        return json.loads(values[0])
    except (ValueError, RecursionError):
        return None


def _neighbours(case: Case, outcome: Outcome) -> Iterator[str]:
    """What is good is delivered within the same event, whatever came with it."""
    if not case.is_calm:
        return
    accepted = {
        name: {each["accountingEntryId"] for each in outcome.pleo.jobs[name].accepted} for name in JOBS
    }
    for name, number in case.delivered:
        if entry(number) not in accepted[name]:
            yield f"neighbour: a good result was not delivered{_why(outcome, entry(number))}"
            return
    for number in case.owned:
        said = [outcome.pleo.jobs[name].held[entry(number)].get("failureReason", "") for name in JOBS]
        if not any(each.startswith("A good document") for each in said):
            yield "rules: a good document was not followed"
            return


def _why(outcome: Outcome, number: str) -> str:
    """What the log says of an entry's message, where it names the entry."""
    for line in outcome.output.splitlines():
        content = json.loads(line) if number in line and ("errorType" in line or "cause" in line) else {}
        if why := content.get("errorType") or content.get("cause"):
            return f" ({why})"
    return ""
