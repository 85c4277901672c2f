"""Whatever Pleo answers, in whatever order: every item ends in exactly one way, and that way is true."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from export_adapter.batch import MAX_ITEMS
from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter.item import Item
from export_adapter.model import Delivered, ErrorType, ItemStatus, JobKey, Rejected, Superseded, Undelivered
from tests.unit.deliver.fakes import (
    FakeClock,
    FakeStore,
    Request,
    Scene,
    answer,
    entry,
    error,
    items,
    page,
    updated,
)

JOBS = [JobKey(f"00000000-0000-4000-8000-0000000000{n:02d}", f"company {n % 2}") for n in range(4)]
TERMINAL = {"failed", "successful", "abandoned"}


@dataclass
class ModelPleo:
    """Holds what it was sent; what it answers, and whether it acts, is drawn."""

    clock: FakeClock
    data: st.DataObject
    held: dict[tuple[str, int], str] = field(default_factory=dict)
    finally_sent: set[tuple[str, int]] = field(default_factory=set)
    requests: list[Request] = field(default_factory=list)

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout: float
    ) -> Answer | NoAnswer:
        request = Request(method, url, dict(headers), body, timeout)
        self.requests.append(request)
        self.clock.pass_by(self.data.draw(st.floats(0, timeout), label="seconds"))
        fault = self.data.draw(st.sampled_from(FAULTS), label=method)
        acts = fault is None or (
            not isinstance(fault, Answer) and self.data.draw(st.booleans(), label="acts")
        )
        return self._look(request, fault) if method == "GET" else self._update(request, fault, acts=acts)

    def _look(self, request: Request, fault: Answer | NoAnswer | str | None) -> Answer | NoAnswer:
        if isinstance(fault, Answer | NoAnswer):
            return fault
        return page({number: status for (job, number), status in self.held.items() if job == request.job_id})

    def _update(
        self, request: Request, fault: Answer | NoAnswer | str | None, *, acts: bool
    ) -> Answer | NoAnswer:
        for update, number in zip(request.updates, request.entries, strict=True):
            if update["status"] in TERMINAL:
                self.finally_sent.add((request.job_id, number))
        struck = set(self.data.draw(st.lists(st.sampled_from(request.entries), max_size=3), label="struck"))
        spared = struck if isinstance(fault, str) and not acts else set()
        if acts or isinstance(fault, str):
            for update, number in zip(request.updates, request.entries, strict=True):
                if number not in spared:
                    self._hold(request.job_id, number, update["status"])
        match fault:
            case None:
                return updated(request)
            case "left out":
                return updated(request, left_out=struck)
            case "other status":
                return updated(request, other_status=dict.fromkeys(struck, "other"))
            case str():
                return updated(request, refused=dict.fromkeys(struck, fault))
            case _:
                return fault

    def _hold(self, job: str, number: int, status: str) -> None:
        before = self.held.get((job, number))
        assert before not in TERMINAL or status in TERMINAL, "a terminal status was overwritten"
        self.held[job, number] = status


FAULTS: list[Answer | NoAnswer | str | None] = [
    None,
    None,
    None,
    "left out",
    "other status",
    "EXPORT_ENTRY_STATUS_UPDATE_FAILED",
    NoAnswer("timeout", "slow"),
    answer(200, b"{"),
    *(error(status) for status in (302, 400, 401, 403, 404, 413, 422, 500)),
    error(404, "EXPORT_NOT_FOUND"),
    error(422, "EXPORT_JOB_STATUS_UNPROCESSABLE"),
    error(429, retry_after="3"),
    error(503, retry_after="9999"),
]

A_JOBS_ITEMS = st.dictionaries(st.integers(0, 150), st.sampled_from(ItemStatus), min_size=1, max_size=8)


@settings(max_examples=100, deadline=None)
@given(
    st.data(),
    st.lists(st.dictionaries(st.sampled_from(JOBS), A_JOBS_ITEMS, min_size=1), min_size=1, max_size=3),
)
def test_every_item_ends_in_exactly_one_way_and_that_way_is_true(
    data: st.DataObject, invocations: list[dict[JobKey, dict[int, ItemStatus]]]
) -> None:
    clock = FakeClock()
    pleo = ModelPleo(clock, data)
    adapter = Scene(pleo, clock, store=FakeStore({"company 0": ["old", "new"]}))
    adapter.limit.lower(data.draw(st.sampled_from([2, 5, 100]), label="limit"))
    for at, wanted in enumerate(invocations, 1):
        sent = [
            item
            for job in wanted
            for number in wanted[job]
            for item in items(number, job=job, status=wanted[job][number], sent_at=at)
        ]
        seconds = data.draw(st.floats(0.5, 60), label="deadline")
        ends = clock() + seconds

        report = adapter.deliver(*sent, seconds=seconds).report

        assert report.bugs == ()
        assert clock() <= ends
        for item in sent:
            check(item, item.outcome, pleo)
    check_requests(pleo)


def check(item: Item, outcome: object, pleo: ModelPleo) -> None:
    number = int(item.result.accounting_entry_id[-12:])
    held = pleo.held.get((item.job.export_job_id, number))
    match outcome:
        case Superseded():
            assert not item.result.status.is_terminal or held == "successful"
            assert (item.job.export_job_id, number) in pleo.finally_sent
        case Delivered():
            assert held == item.result.status
        case Rejected(error_type, reason):
            assert error_type in {
                ErrorType.ITEM_REJECTED,
                ErrorType.REQUEST_REJECTED,
                ErrorType.JOB_NOT_FOUND,
                ErrorType.JOB_FINISHED,
            }
            assert reason
        case _:
            assert isinstance(outcome, Undelivered)
            assert outcome.reason


def check_requests(pleo: ModelPleo) -> None:
    companies = {job.export_job_id: job.company_id for job in JOBS}
    for request in pleo.requests:
        if companies[request.job_id] != "company 0":
            assert request.headers["authorization"] == "Bearer test"
        if request.method == "PUT":
            assert 0 < len(request.entries) <= MAX_ITEMS
            assert len(set(request.entries)) == len(request.entries)
            assert all(entry(number) in json.dumps(request.updates) for number in request.entries)
