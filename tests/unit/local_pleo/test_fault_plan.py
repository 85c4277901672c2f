from collections import Counter

import pytest

from export_adapter_workstation.local.pleo import (
    AnswerStatus,
    ConnectionReset,
    ItemLeftOut,
    RandomFault,
    everything_at,
)
from export_adapter_workstation.local.pleo.fault_plan import FaultPlan, Target
from export_adapter_workstation.local.pleo.faults import FAULTS, Fault
from tests.unit.local_pleo.calling import JOB, OTHER_JOB, entry

PUT = Target("PUT", JOB, frozenset({entry(1), entry(2)}))
GET = Target("GET", JOB, frozenset())
LASTING = {"Redirect", "LowerLimit", "SecretRotated"}


def drawn(plan: FaultPlan, target: Target, times: int) -> list[tuple[Fault, ...]]:
    return [plan.for_request(target) for _ in range(times)]


def test_nothing_strikes_when_nothing_is_planned() -> None:
    assert FaultPlan().for_request(PUT) == ()


def test_faults_strike_in_the_order_in_which_they_were_scripted_and_as_often() -> None:
    plan = FaultPlan()
    plan.next(AnswerStatus(503), times=2)
    plan.next(ConnectionReset())
    assert drawn(plan, PUT, 4) == [(AnswerStatus(503),), (AnswerStatus(503),), (ConnectionReset(),), ()]


def test_a_fault_without_end_strikes_until_the_plan_is_cleared() -> None:
    plan = FaultPlan()
    plan.next(AnswerStatus(503), times=None)
    assert all(drawn(plan, PUT, 5))
    plan.clear()
    assert plan.for_request(PUT) == ()


@pytest.mark.parametrize(
    ("criteria", "strikes"),
    [
        ({"method": "PUT"}, True),
        ({"method": "GET"}, False),
        ({"job_id": JOB.upper()}, True),
        ({"job_id": OTHER_JOB}, False),
        ({"entry_id": entry(2)}, True),
        ({"entry_id": entry(3)}, False),
        ({"method": "PUT", "job_id": OTHER_JOB}, False),
    ],
)
def test_a_fault_waits_for_a_request_that_matches(criteria: dict[str, str], *, strikes: bool) -> None:
    plan = FaultPlan()
    plan.next(AnswerStatus(503), **criteria)  # type: ignore[arg-type]  # the dict holds three of the keywords only
    assert bool(plan.for_request(PUT)) is strikes
    assert bool(plan.pending()) is not strikes


def test_a_fault_of_items_waits_for_a_request_with_items() -> None:
    plan = FaultPlan()
    plan.next(ItemLeftOut())
    assert plan.for_request(GET) == ()
    assert plan.for_request(PUT) == (ItemLeftOut(),)


def test_the_same_seed_draws_the_same_faults() -> None:
    first, second = FaultPlan(), FaultPlan()
    for plan in (first, second):
        plan.random(7, everything_at(0.5))
    assert drawn(first, PUT, 50) == drawn(second, PUT, 50)


def test_another_seed_draws_other_faults() -> None:
    first, second = FaultPlan(), FaultPlan()
    first.random(7, everything_at(0.5))
    second.random(8, everything_at(0.5))
    assert drawn(first, PUT, 50) != drawn(second, PUT, 50)


def test_requests_of_other_jobs_do_not_change_what_a_job_draws() -> None:
    alone, among_others = FaultPlan(), FaultPlan()
    for plan in (alone, among_others):
        plan.random(7, everything_at(0.5))
    expected = drawn(alone, PUT, 20)
    seen = []
    for _ in range(20):
        among_others.for_request(Target("PUT", OTHER_JOB, frozenset({entry(1)})))
        seen.append(among_others.for_request(PUT))
        among_others.for_request(GET)
    assert seen == expected


def test_the_rate_is_kept_and_every_kind_of_passing_fault_strikes() -> None:
    plan = FaultPlan()
    plan.random(1, everything_at(0.3))
    struck = [faults[0] for faults in drawn(plan, PUT, 4000) if faults]
    assert 1100 < len(struck) < 1300
    assert {type(fault).__name__ for fault in struck} == {kind.__name__ for kind in FAULTS} - LASTING


def test_a_request_without_items_draws_no_fault_of_items() -> None:
    plan = FaultPlan()
    plan.random(1, everything_at(1))
    kinds = Counter(type(fault).__name__ for faults in drawn(plan, GET, 500) for fault in faults)
    assert kinds["AnswerStatus"] > 0
    assert not {"ItemLeftOut", "ItemAnsweredWithStatus", "ItemError"} & set(kinds)


def test_faults_of_items_are_drawn_for_items_at_different_places() -> None:
    plan = FaultPlan()
    plan.random(1, [RandomFault(ItemLeftOut(), 1)])
    places = {fault.position % 3 for (fault,) in drawn(plan, PUT, 50) if isinstance(fault, ItemLeftOut)}
    assert places == {0, 1, 2}


def test_a_scripted_fault_comes_before_a_drawn_one() -> None:
    plan = FaultPlan()
    plan.random(1, [RandomFault(ConnectionReset(), 1)])
    plan.next(AnswerStatus(503))
    assert drawn(plan, PUT, 2) == [(AnswerStatus(503),), (ConnectionReset(),)]


@pytest.mark.parametrize("rates", [[-0.1], [0.6, 0.6]])
def test_rates_that_are_no_shares_are_refused(rates: list[float]) -> None:
    with pytest.raises(ValueError, match="rates"):
        FaultPlan().random(1, [RandomFault(ConnectionReset(), rate) for rate in rates])


def test_a_plan_of_nothing_and_a_plan_for_no_request_are_refused() -> None:
    with pytest.raises(ValueError, match="faults"):
        FaultPlan().next()
    with pytest.raises(ValueError, match="times"):
        FaultPlan().next(ConnectionReset(), times=0)
