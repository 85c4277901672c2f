"""How hypothesis makes a case: good messages, hostile ones beside them, own rules, faults of Pleo and SQS.

What is drawn is small (which run, how often), what comes of it may be large: so hypothesis can make it small
again. What is drawn from stands in hostile.py.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import strategies as st

from export_adapter.model import ItemStatus
from tests.fakes.messages import entry, in_cloudevent, in_eventbridge, in_sns, raw_record
from tests.fuzz import hostile
from tests.fuzz.exact_json import Pairs, Raw, write
from tests.fuzz.queues import FAULTS
from tests.fuzz.world import JOBS, LONGEST_SECONDS, SHARED_ENTRIES, Case
from tests.rules.written_failures import written_failures

LENGTHS: Final = (1, 2, 5, 20, 100, 1_000, 4_200, 16_000, 65_000, 65_000, 300_000, 900_000)
"""How often a run is repeated."""

_COUNTS: Final = (1, 2, 10, 99, 101, 400, 1_500, 14_000, 400_000)
"""How many results there are of one kind."""

_LARGEST_MESSAGE: Final = 1_048_000
_LARGEST_EVENT: Final = 5_500_000
_NUMBERED: Final = "00000000-0000-4000-b000-0123456789ab"
"""The entry of a result that is repeated: each copy gets one of its own."""

type _Tree = Any  # JSON, with Raw and Pairs in it


@dataclass
class _Plan:
    """A case as it grows, with all that is noted for the oracle."""

    draw: st.DrawFn
    largest: int
    texts: st.SearchStrategy[str]
    records: list[Any] = field(default_factory=list[Any])
    delivered: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    owned: list[int] = field(default_factory=list[int])
    secrets: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    entries: int = max(SHARED_ENTRIES)
    size: int = 0

    def one_of(self, *choices: Any) -> Any:  # noqa: ANN401 -- whatever is chosen from
        """Draw one; the first is the simplest."""
        return self.draw(st.sampled_from(choices))

    def text(self) -> str:
        """Draw a hostile text."""
        return str(self.draw(self.texts))

    def number(self) -> int:
        """Return an entry that nothing else speaks of."""
        self.entries += 1
        return self.entries

    def secret(self, behind: str) -> str:
        """Return a token that must come out nowhere."""
        token = f"zq{len(self.secrets):03}k7w{'h4v9x2m5'[len(self.secrets) % 4 :]}p8r6t3"
        self.secrets.append((token, behind))
        return token


@st.composite
def cases(draw: st.DrawFn, largest: int = max(LENGTHS)) -> Case:
    """Make a case. No run is repeated more than `largest` times, and no result."""
    units = st.sampled_from(hostile.BLANKS) | st.sampled_from(hostile.RUNS)
    lengths = st.sampled_from([each for each in LENGTHS if each <= largest])
    words, runs = st.sampled_from(hostile.OPENINGS), st.builds(str.__mul__, units, lengths)
    parts = words | runs | st.text(max_size=10)
    texts = st.tuples(words, runs, words).map("".join) | st.lists(parts, max_size=5).map("".join)
    plan = _Plan(draw, largest, texts)
    documents = draw(_documents) if plan.one_of(0, 0, 0, 1) else {}
    for _ in range(plan.one_of(1, 1, 2, 3, 5, 8)):
        plan.one_of(*_MESSAGES)(plan)
    if documents:
        _rule_attacks(plan)
    is_calm = plan.one_of(1, 1, 0)
    return Case(
        records=plan.records,
        entries=plan.entries,
        delivered=plan.delivered,
        owned=plan.owned,
        secrets=plan.secrets,
        documents=documents,
        pleo=[] if is_calm else draw(st.lists(st.none() | _pleo_faults, max_size=6)),
        sqs=[] if is_calm else draw(st.lists(st.just("") | st.sampled_from(FAULTS), max_size=6)),
        missing=not is_calm and plan.one_of(0, 0, 0, 1) == 1,
        seconds=LONGEST_SECONDS if is_calm else plan.one_of(LONGEST_SECONDS, 0.0, 5.0, 16.0, 30.0),
        version=plan.one_of("v3", "v1", "v2"),
    )


# Failures and results ---------------------------------------------------------------------------------------


def _failure(plan: _Plan) -> dict[str, _Tree]:
    """A failure that some accounting system really gives."""
    said = plan.draw(st.sampled_from(written_failures())).failure
    parts = {
        "stage": said.stage,
        "httpStatus": said.http_status,
        "headers": dict(said.headers) or None,
        "body": said.body,
        "code": said.code,
        "message": said.message,
        "exception": said.exception,
    }
    return {name: value for name, value in parts.items() if value is not None}


def _hostile_failure(plan: _Plan) -> _Tree:
    """A failure in which there is too much of something, or the wrong thing, or a secret."""
    failure = _failure(plan)
    where = plan.one_of("body", "message", "code", "exception")
    match plan.one_of("text", "text", "body", "secret", "secret", "literal", "changed"):
        case "text":
            failure[where] = plan.text()
        case "body":
            text = plan.text()
            failure["body"] = plan.one_of(
                {"message": text}, [text] * 3, {text: text}, {"error": {"x": [text]}}
            )
        case "secret":
            text, fields = _secret_text(plan), _secret_fields(plan)
            name, value = plan.one_of(
                (where, text), ("body", fields), ("body", json.dumps(fields)), ("headers", fields)
            )
            failure[name] = value
        case "literal":
            literal = Raw(plan.one_of(*hostile.LITERALS))
            failure["body"] = plan.one_of(literal, {"error": {"message": "It is closed", "detail": literal}})
        case _:
            failure = _changed(plan, failure)
    return failure


def _secret_text(plan: _Plan) -> str:
    key, form = plan.one_of(*hostile.SECRET_KEYS), plan.one_of(*hostile.SECRET_TEXTS)
    secret = plan.secret(f"{form} ({key})" if "{key}" in form else form)
    text = form.format(key=key, secret=secret)
    return str(plan.one_of(text, f"The sign-in failed: {text}.", f"a\n{text}\nb"))


def _secret_fields(plan: _Plan) -> dict[str, _Tree]:
    key = plan.one_of(*hostile.SECRET_KEYS)
    return {key: plan.secret(f"the key {key}"), "message": "The sign-in was refused"}


def _result(plan: _Plan, number: int, *statuses: str) -> dict[str, _Tree]:
    """A good result."""
    status = plan.one_of(*(statuses or tuple(each.value for each in ItemStatus)))
    optional = {name: st.sampled_from(values) for name, values in hostile.OPTIONAL_FIELDS.items()}
    result = {"accountingEntryId": entry(number), "status": status}
    result |= plan.draw(st.fixed_dictionaries({}, optional=optional)) if plan.one_of(0, 1) else {}
    return result | ({"failure": _failure(plan)} if status in {"failed", "abandoned"} else {})


def _hostile_result(plan: _Plan) -> _Tree:
    """A result that may be good or bad; at the worst it is parked alone."""
    result = _result(plan, plan.one_of(0, 0, *SHARED_ENTRIES) or plan.number(), "failed", "abandoned")
    result["failure"] = _hostile_failure(plan)
    match plan.one_of("failure", "failure", "reason", "invalid", "changed", "field"):
        case "reason":
            result["failureReason"] = plan.text() if plan.one_of(0, 1) else _secret_text(plan)
            result["failureReasonType"] = plan.one_of("tax_code_unknown", "x", None)
        case "invalid":
            return plan.one_of(*hostile.INVALID_RESULTS)
        case "changed":
            # A key that comes twice in the result itself parks the whole message, which is meant so.
            changed = _changed(plan, result)
            return result if isinstance(changed, Pairs) else changed
        case "field":
            result["more"] = Raw(plan.one_of(*hostile.LITERALS))
        case _:
            pass
    return result


def _changed(plan: _Plan, node: _Tree) -> _Tree:
    """Change something somewhere in a tree; what comes of it is JSON still."""
    if isinstance(node, dict) and node and plan.one_of(1, 1, 1, 0):
        name = plan.one_of(*sorted(node))
        others = {key: value for key, value in node.items() if key != name}
        return plan.one_of(
            lambda: {**node, name: _changed(plan, node[name])},
            lambda: {**node, name: _changed(plan, node[name])},
            lambda: others,
            lambda: others | {plan.text(): node[name]},
            lambda: Pairs([*node.items(), (name, plan.one_of(*hostile.ANYTHING))]),
        )()
    if isinstance(node, list) and node and plan.one_of(1, 0):
        return [_changed(plan, node[0]), *node[1:]]
    part, depth, length = write(node), plan.one_of(1, 60, 70, 2_000), plan.one_of(*LENGTHS)
    return plan.one_of(
        lambda: plan.one_of(*hostile.ANYTHING),
        plan.text,
        lambda: Raw(plan.one_of(*hostile.LITERALS)),
        lambda: Raw('{"error":[' * depth + part + "]}" * depth),
        lambda: Raw(f"[{','.join([part] * min(length, 200_000 // len(part) + 1))}]"),
    )()


# Messages: each function adds records to the plan -----------------------------------------------------------


def _message(plan: _Plan, results: _Tree, **fields: _Tree) -> tuple[str, dict[str, _Tree]]:
    """Return a job, and a message about it with a good envelope."""
    job, system = plan.one_of(*JOBS), plan.one_of(*hostile.SYSTEMS)
    return job, {"exportJobId": job, "companyId": JOBS[job], "system": system, **fields, "results": results}


def _add(plan: _Plan, message: _Tree, garbled: Callable[[str], str] = str) -> bool:
    """Wrap a message and add its record, if SQS and Lambda take that much; say whether they do."""
    body = write(message)
    for wrapper in plan.draw(st.lists(st.sampled_from((in_sns, in_eventbridge, in_cloudevent)), max_size=2)):
        body = write(wrapper(body) if wrapper is in_sns else wrapper(Raw(body)))
    body = garbled(body)
    if len(body) > _LARGEST_MESSAGE or plan.size + len(body) > _LARGEST_EVENT:
        return False
    plan.size += len(body)
    record = raw_record(body, f"m-{len(plan.records)}", plan.one_of(1, 1, 2, 5, 1_000))
    if not plan.one_of(1, 1, 1, 1, 1, 1, 0):
        part, name, value = plan.one_of(*hostile.ATTRIBUTES)
        inside = record[part]
        record[part] = {**inside, name: value} if name and isinstance(inside, dict) else value
    plan.records.append(record)
    return True


def _good(plan: _Plan) -> None:
    numbers = [plan.number() for _ in range(plan.one_of(1, 2, 4))]
    job, message = _message(plan, [_result(plan, number) for number in numbers])
    if _add(plan, message):
        plan.delivered += [(job, number) for number in numbers]


def _poisoned(plan: _Plan) -> None:
    """Hostile results between good ones, in a good envelope: the good ones have to be delivered."""
    numbers = [plan.number() for _ in range(plan.one_of(0, 1, 3))]
    results: list[_Tree] = [_result(plan, number) for number in numbers]
    for _ in range(plan.one_of(1, 2, 5)):
        results.insert(plan.draw(st.integers(0, len(results))), _hostile_result(plan))
    job, message = _message(plan, results)
    if _add(plan, message):
        plan.delivered += [(job, number) for number in numbers]


def _large(plan: _Plan) -> None:
    """One result many times over, each time for another entry. Not all of it has to be sent in one go."""
    quiet = {"status": plan.one_of(*(each.value for each in ItemStatus))}
    loud = {"status": "failed", "failure": {"message": plan.text()}}
    pattern = plan.one_of(quiet, quiet, loud, loud, *hostile.INVALID_RESULTS)
    part = write({"accountingEntryId": _NUMBERED, **pattern} if pattern in (quiet, loud) else pattern)
    count = min(plan.one_of(*_COUNTS), plan.largest, 900_000 // (len(part) + 1))
    parts = [
        part.replace(_NUMBERED, entry(plan.number())) if _NUMBERED in part else part for _ in range(count)
    ]
    _add(plan, _message(plan, Raw(f"[{','.join(parts)}]"))[1])


def _many_reasons(plan: _Plan) -> None:
    """Results that are parked for many reasons, in envelopes with much else in them."""
    unknown = plan.one_of(plan.text, lambda: Raw(plan.one_of(*hostile.LITERALS)))()
    for _ in range(plan.one_of(1, 2, 6)):
        invalid = hostile.INVALID_RESULTS[-plan.one_of(1, 5, len(hostile.INVALID_RESULTS)) :]
        _add(plan, _message(plan, list(invalid), more=unknown)[1])


def _many_messages(plan: _Plan) -> None:
    """As many records as Lambda may hand over at once."""
    job, message = _message(plan, [{"accountingEntryId": _NUMBERED, "status": "successful"}])
    for _ in range(min(plan.one_of(10, 100, 500), plan.largest // 100)):
        number = plan.number()
        body = write(message).replace(_NUMBERED, entry(number))
        plan.records.append(raw_record(body, f"m-{len(plan.records)}"))
        plan.delivered.append((job, number))


def _hostile_envelope(plan: _Plan) -> None:
    results = [_result(plan, plan.number()), _hostile_result(plan)]
    _add(plan, _changed(plan, _message(plan, results)[1]))


def _garbled(plan: _Plan) -> None:
    """A body that was cut, or in which something else stands."""
    place, rubbish = plan.draw(st.integers(0, 2_000)), plan.one_of(plan.text(), *hostile.ILLEGAL)

    def garbled(body: str) -> str:
        at = place % (len(body) + 1)
        return f"{body[:at]}{rubbish}{body[at + 1 :] if place % 2 else ''}"

    _add(plan, _message(plan, [_result(plan, plan.number())])[1], garbled)


def _again(plan: _Plan) -> None:
    """A record that SQS hands out twice in one event, or, rarely, something that is not a record of SQS."""
    for record in plan.records[-1:]:
        twice = {**record, "receiptHandle": "another handle"}
        plan.records.append(plan.one_of(*[twice] * 9, {**record, "body": None}))


def _rule_attacks(plan: _Plan) -> None:
    """Messages that slow patterns would be slow on, and one that the good document decides about."""
    failures = [{"code": hostile.GOOD_CODE}, *({"message": text} for text in hostile.RULE_ATTACKS)]
    numbers = [plan.number() for _ in failures]
    job, message = _message(
        plan,
        [
            {"accountingEntryId": entry(number), "status": "failed", "failure": failure}
            for number, failure in zip(numbers, failures, strict=True)
        ],
    )
    if _add(plan, message):
        plan.owned.append(numbers[0])
        plan.delivered += [(job, number) for number in numbers]


_MESSAGES: Final = (
    *(_good, _poisoned, _hostile_envelope) * 3,
    *(_poisoned, _large, _many_reasons, _many_messages, _garbled, _again),
)
"""How often each is taken, of one another."""

_documents = st.lists(st.sampled_from(hostile.RULE_DOCUMENTS), max_size=2).map(
    lambda bad: {"good.toml": hostile.OWN_RULE} | {f"{place}.toml": text for place, text in enumerate(bad)}
)
_pleo_faults = st.tuples(
    st.sampled_from(hostile.PLEO_STATUSES),
    st.sampled_from(hostile.PLEO_BODIES),
    st.sampled_from(hostile.RETRY_AFTER),
    st.sampled_from((0.0, 0.5, 9.0, 60.0)),
    st.booleans(),
)
