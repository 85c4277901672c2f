"""What an exporter, or whoever gets at the queue, may put into 1 MiB, and what reading it may cost."""

import json
import time
from typing import Final

import pytest

from export_adapter.model import InvalidMessage, InvalidResult, Message, Record
from export_adapter.read.reader import read
from tests.fakes.messages import entry, in_eventbridge, in_sns, job

MIB: Final = 1024 * 1024
MOST_SECONDS: Final = 2.0
"""Many times what it takes: a busy machine must not fail the test, and what is quadratic takes minutes."""


def envelope(results: str, more: str = "") -> str:
    return f'{{"exportJobId":"{job()}","system":"xero"{more},"results":[{results}]}}'


def failed(more: str = "", entry_id: str = entry()) -> str:
    return f'{{"accountingEntryId":"{entry_id}","status":"failed"{more}}}'


def with_body(body: str) -> str:
    return failed(f',"failure":{{"body":{body}}}')


def filled(unit: str, size: int = MIB - 1024) -> str:
    return ",".join([unit] * (size // (len(unit.encode()) + 1)))


def keys(value: str, count: int = 60_000) -> str:
    return ",".join(f'"{number}":{value}' for number in range(count))


GOOD: Final = failed(entry_id=entry(2))

NOT_READ: Final = {
    "numbers as results": envelope(filled("1")),
    "empty objects as results": envelope(filled("{}")),
    "objects with a key twice as results": envelope(filled('{"a":1,"a":1}')),
    "opening brackets": "[" * MIB,
    "brackets that close at once": "[]" * (MIB // 2),
    "objects in objects": '{"a":' * (MIB // 5),
    "wrappers that never end": '{"detail":' * (MIB // 10),
    "keys": f"{{{keys('1')}}}",
    "one key again and again": f"{{{filled('"":0')}}}",
    "a key twice in an envelope of many": f"{{{keys('0', 9_000)},{keys('0', 9_000)}}}",
    "backslashes in a string without an end": "[" * 65 + '"' + "\\" * (MIB - 70),
    "quotes in a string without an end": "[" * 65 + '"' + '\\"' * (MIB // 2 - 70),
    "white space": " " * MIB,
    "digits": "9" * MIB,
    "digits in the envelope": envelope(GOOD, f',"note":{"9" * (MIB - 1024)}'),
    "numbers as results, in four strings": json.dumps(
        in_sns(in_sns(in_sns(in_sns(envelope(filled("1", MIB // 4))))))
    ),
}

ONE_BAD_BODY: Final = {
    "integers": f"[{filled('0')}]",
    "floats": f"[{filled('0e0')}]",
    "infinities": f"[{filled('1e999')}]",
    "NaN": f"[{filled('NaN')}]",
    "one integer": "9" * (MIB - 1024),
    "integers just within Python's limit": f"[{filled('9' * 4_300)}]",
    "arrays": f"[{filled('[]')}]",
    "objects": f"[{filled('{}')}]",
    "objects with a key twice": f"[{filled('{"":0,"":0}')}]",
    "arrays in arrays": f"[{filled('[[0]]')}]",
    "keys": f"{{{keys('1')}}}",
    "strings of brackets": f"[{filled('"["')}]",
    "escapes": f'"{"\\u0000" * (MIB // 6 - 1024)}"',
    "escaped quotes": f'"{'\\"[' * (MIB // 3 - 1024)}"',
    "nested a hundred thousand times": "[" * 100_000 + "]" * 100_000,
    "arrays at a level that is not parsed": "[" * 60 + filled("[[]]") + "]" * 60,
    "objects at a level that is not parsed": "[" * 60 + filled('{"":[{}]}') + "]" * 60,
    "arrays at a level that is not parsed, beyond ASCII": "[" * 60 + filled('[["\U0001f600"]]') + "]" * 60,
}

ONE_BAD_RESULT: Final = {
    "nothing in it": "{}",
    "no object": "[[[[]]]]",
    "no status": f'{{"accountingEntryId":"{entry()}"}}',
    "unknown status": f'{{"accountingEntryId":"{entry()}","status":"done"}}',
    "no UUID": failed(entry_id="x"),
    "no date": failed(',"exportedAt":"x"'),
    "no URL": failed(',"externalUrl":"x"'),
    "unknown stage": failed(',"failure":{"stage":"x"}'),
    "no HTTP status": failed(',"failure":{"httpStatus":1}'),
}


def seconds_to_read(body: str) -> tuple[float, Message | InvalidMessage]:
    """Return the CPU time, of a few runs the best where the first is too slow, and what was read."""
    record = Record("m-1", "handle", body)
    found, fastest = read(record), 1e9
    for _ in range(4):
        begun = time.thread_time()
        read(record)
        fastest = min(fastest, time.thread_time() - begun)
        if fastest < MOST_SECONDS:
            break
    return fastest, found


@pytest.mark.parametrize("attack", NOT_READ)
def test_what_is_no_message_is_refused_in_little_time(attack: str) -> None:
    seconds, found = seconds_to_read(NOT_READ[attack])
    assert isinstance(found, InvalidMessage)
    assert len(found.reason) < 200
    assert seconds < MOST_SECONDS


@pytest.mark.parametrize("attack", ONE_BAD_BODY)
def test_a_hostile_body_costs_little_and_its_neighbour_is_read(attack: str) -> None:
    bad = with_body(ONE_BAD_BODY[attack])
    seconds, found = seconds_to_read(envelope(f"{bad},{GOOD}"))
    assert isinstance(found, Message)
    assert [one.original for one in found.results] == [bad, GOOD]
    assert found.results[1].accounting_entry_id == entry(2)
    assert seconds < MOST_SECONDS


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("kind", ONE_BAD_RESULT)
def test_a_message_full_of_bad_results_costs_little_and_has_one_reason(kind: str, *, wrapped: bool) -> None:
    bad = ONE_BAD_RESULT[kind]
    body = envelope(",".join([bad] * min(13_000, (MIB - 1024) // (len(bad) + 1))))
    body = json.dumps(in_eventbridge(json.loads(body))) if wrapped else body
    seconds, found = seconds_to_read(body)
    assert isinstance(found, Message)
    assert len({one.reason for one in found.results if isinstance(one, InvalidResult)}) == 1
    assert not any(not isinstance(one, InvalidResult) for one in found.results)
    assert seconds < MOST_SECONDS
