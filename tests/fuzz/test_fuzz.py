"""A short fuzz of the handler, of the same cases each time; `make fuzz` takes half an hour, and new ones."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fakes.messages import job, message, raw_record, result
from tests.fuzz.exact_json import Raw, elements, members, write
from tests.fuzz.generate import cases
from tests.fuzz.oracle import judge
from tests.fuzz.queues import FakeSqs
from tests.fuzz.run import FOLDER
from tests.fuzz.world import Case

SHORT = settings(
    max_examples=20,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
GOOD = Case([raw_record(message(result(1)))], entries=1, delivered=[(job(1), 1)])


@SHORT
@given(cases(largest=4_200))
def test_whatever_an_event_holds_nothing_is_lost_or_leaks_and_good_results_are_delivered(case: Case) -> None:
    if found := judge(case).findings:
        case.save(FOLDER / "short.json")
    assert found == [], "the case is in .run/fuzz/short.json"


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert judge(GOOD).findings == []


def test_a_good_result_that_is_not_delivered_is_found() -> None:
    case = replace(GOOD, delivered=[(job(1), 2)])

    assert judge(case).findings == ["neighbour: a good result was not delivered"]


@pytest.mark.parametrize(
    ("sent", "finding"),
    [("no JSON", "lost: a whole message"), (message(0), "lost: a result")],
)
def test_what_is_acknowledged_and_parked_nowhere_is_found(
    monkeypatch: pytest.MonkeyPatch, sent: object, finding: str
) -> None:
    monkeypatch.setattr(FakeSqs, "_send", lambda *_: None)
    body = sent if isinstance(sent, str) else write(sent)

    assert judge(replace(GOOD, records=[raw_record(body)], delivered=[])).findings == [finding]


def test_a_secret_that_comes_out_is_found() -> None:
    told = message(
        result(1, "failed", failureReasonType="tag_unknown", failureReason="The tag zq0001 is closed")
    )
    case = replace(GOOD, records=[raw_record(told)], secrets=[("zq0001", "nothing")])

    assert judge(case).findings == ["secret in failureReason: behind nothing"]


def test_json_is_compared_as_it_is_written() -> None:
    written = '{"results" : [ {"a": 1.0, "b": "\u00e9,]"} , [[1e400]] ], "x": {}}'

    (results,) = members(written)["results"]

    assert elements(results) == [write({"a": Raw("1.0"), "b": "\u00e9,]"}), "[[1e400]]"]
