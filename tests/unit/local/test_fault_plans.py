from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from export_adapter_workstation.local.pleo import Fault, FaultPlan, passing_faults
from export_adapter_workstation.local.pleo.faults import FaultPlans, Target
from tests.unit.local.calling import COMPANY, JOB, OTHER_COMPANY, OTHER_JOB, entry

PUT = Target("PUT", JOB, COMPANY, frozenset({entry(1), entry(2)}))
GET = Target("GET", JOB, COMPANY)
DOWN, RESET, LEFT_OUT = Fault(status=503), Fault(reset=True), Fault(item="left_out")


class Clock:
    """A clock that stands still until it is moved."""

    now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def plans(*made: FaultPlan, clock: Clock | None = None) -> FaultPlans:
    found = FaultPlans(clock or Clock())
    for plan in made:
        found.add(plan)
    return found


def everything_at(rate: float, seed: int = 7) -> FaultPlan:
    return FaultPlan(faults=passing_faults(), rate=rate, seed=seed)


def drawn(planned: FaultPlans, target: Target, times: int) -> list[Fault | None]:
    return [planned.fault_of(target) for _ in range(times)]


def test_nothing_strikes_when_nothing_is_planned() -> None:
    assert plans().fault_of(PUT) is None


def test_faults_strike_in_the_order_in_which_they_were_planned_and_as_often() -> None:
    planned = plans(FaultPlan(faults=(DOWN,), times=2), FaultPlan(faults=(RESET,), times=1))
    assert drawn(planned, PUT, 4) == [DOWN, DOWN, RESET, None]
    assert planned.pending() == ()


def test_a_plan_without_end_strikes_until_it_is_cleared() -> None:
    planned = plans(FaultPlan(faults=(DOWN,)))
    assert drawn(planned, PUT, 5) == [DOWN] * 5
    planned.clear()
    assert planned.fault_of(PUT) is None


def test_a_plan_for_some_seconds_ends_by_the_clock() -> None:
    clock = Clock()
    planned = plans(FaultPlan(faults=(DOWN,), seconds=60), clock=clock)
    clock.now += timedelta(seconds=59)
    assert planned.fault_of(PUT) == DOWN
    clock.now += timedelta(seconds=1)
    assert planned.fault_of(PUT) is None
    assert planned.pending() == ()


@pytest.mark.parametrize(
    ("plan", "strikes"),
    [
        (FaultPlan(faults=(DOWN,), method="PUT"), True),
        (FaultPlan(faults=(DOWN,), method="GET"), False),
        (FaultPlan(faults=(DOWN,), job_id=JOB.upper()), True),
        (FaultPlan(faults=(DOWN,), job_id=OTHER_JOB), False),
        (FaultPlan(faults=(DOWN,), company_id=COMPANY.upper()), True),
        (FaultPlan(faults=(DOWN,), company_id=OTHER_COMPANY), False),
        (FaultPlan(faults=(DOWN,), entry_id=entry(2)), True),
        (FaultPlan(faults=(DOWN,), entry_id=entry(3)), False),
        (FaultPlan(faults=(DOWN,), method="PUT", job_id=OTHER_JOB), False),
    ],
)
def test_a_plan_waits_for_a_request_that_matches(plan: FaultPlan, *, strikes: bool) -> None:
    assert (plans(plan).fault_of(PUT) is not None) is strikes


def test_a_fault_of_an_item_waits_for_a_request_with_items() -> None:
    planned = plans(FaultPlan(faults=(LEFT_OUT,), times=1))
    assert [planned.fault_of(GET), planned.fault_of(PUT)] == [None, LEFT_OUT]


def test_the_same_seed_draws_the_same_faults_and_another_one_others() -> None:
    first = drawn(plans(everything_at(0.5)), PUT, 50)
    assert drawn(plans(everything_at(0.5)), PUT, 50) == first
    assert drawn(plans(everything_at(0.5, seed=8)), PUT, 50) != first


def test_requests_of_other_jobs_do_not_change_what_a_job_draws() -> None:
    alone, among_others = plans(everything_at(0.5)), plans(everything_at(0.5))
    expected = drawn(alone, PUT, 20)
    seen = []
    for _ in range(20):
        among_others.fault_of(Target("PUT", OTHER_JOB, COMPANY, frozenset({entry(1)})))
        seen.append(among_others.fault_of(PUT))
        among_others.fault_of(GET)
    assert seen == expected


def test_the_rate_is_kept_and_every_passing_fault_strikes() -> None:
    struck = [fault for fault in drawn(plans(everything_at(0.3)), PUT, 4000) if fault is not None]
    assert 1100 < len(struck) < 1300
    assert {str(fault) for fault in struck} == {str(fault) for fault in passing_faults()}


def test_a_request_without_items_draws_no_fault_of_an_item() -> None:
    kinds = Counter(fault.item for fault in drawn(plans(everything_at(1)), GET, 500) if fault is not None)
    assert kinds.keys() == {None}


def test_drawn_faults_of_items_strike_items_at_different_places() -> None:
    plan = FaultPlan(faults=(LEFT_OUT, Fault(item="error")))
    places = {fault.position % 3 for fault in drawn(plans(plan), PUT, 50) if fault is not None}
    assert places == {0, 1, 2}


def test_a_plan_that_draws_nothing_leaves_the_request_to_the_next_plan() -> None:
    planned = plans(FaultPlan(faults=(RESET,), rate=0), FaultPlan(faults=(DOWN,)))
    assert planned.fault_of(PUT) == DOWN


@pytest.mark.parametrize(
    ("criteria", "field"),
    [
        ({"rate": 1.1}, "rate"),
        ({"rate": -0.1}, "rate"),
        ({"times": -1}, "times"),
        ({"seconds": -1}, "seconds"),
        ({"faults": ()}, "faults"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_where_it_is_made(criteria: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        FaultPlan(**{"faults": (DOWN,), **criteria})  # type: ignore[arg-type]  # one wrong value of each kind
