"""All that Pleo, its gateway, the secrets and SQS have been known to do, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from export_adapter.deliver.http import Answer, NoAnswer
from tests.fakes.adapter import FakeAdapter
from tests.fakes.messages import company, entry, job
from tests.fakes.pleo import Fault, Refusal, answer, error
from tests.property.invocation import MENTIONS_NOTHING

COMPANIES = (None, company(1), company(2))
COMPANY_OF = {job(1): None, job(2): company(1), job(3): company(2), job(4): company(2)}
"""The jobs that Pleo holds. Each has the same entries."""

ENTRIES = tuple(entry(number) for number in range(1, 5))

PASSING_ANSWERS: dict[str, Fault] = {
    "lost in a timeout": Fault(NoAnswer("timeout", "no answer"), acted=True, seconds=10.0),
    "reset": Fault(NoAnswer("connection", "reset")),
    "cut off": Fault(Answer(200, {}, b'{"data": [{"accountingEn'), acted=True),
    "empty 200": Fault(Answer(200, {}, b""), acted=True),
    MENTIONS_NOTHING: Fault(answer(200, {"data": [], "errors": []})),
    "200 of the wrong shape": Fault(answer(200, {"data": {}, "errors": 7}), acted=True),
    "HTML": Fault(Answer(502, {}, b"<html>Bad gateway</html>")),
    "500": Fault(error(500, "INTERNAL")),
    "503 for long": Fault(error(503, "UNAVAILABLE", retry_after="3600")),
    "429": Fault(error(429, "TOO_MANY")),
    "429 for a while": Fault(error(429, "TOO_MANY", retry_after="2"), seconds=1.0),
    "408": Fault(error(408, "TIMEOUT"), seconds=5.0),
    "302": Fault(Answer(302, {"location": "https://elsewhere.test"}, b"")),
    "401": Fault(error(401, "UNAUTHORIZED")),
    "403": Fault(error(403, "FORBIDDEN")),
    "gateway's 404": Fault(error(404, "NOT_FOUND")),
    "old version": Fault(error(400, "UNSUPPORTED_API_VERSION")),
}
FINAL_ANSWERS: dict[str, Fault] = {
    "request_rejected by 400": Fault(error(400, "BAD_REQUEST")),
    "request_rejected by 422": Fault(error(422, "SOMETHING_ELSE")),
    "request_rejected by 413": Fault(error(413, "EXPORT_JOB_ITEMS_UPDATE_LIMIT")),
    "job_not_found": Fault(error(404, "export_not_found")),
    "job_finished": Fault(error(422, "export_job_status_unprocessable")),
}
"""Answers that may end in items being parked; each name begins with the error type that they then have."""

ANSWERS = PASSING_ANSWERS | FINAL_ANSWERS


@dataclass(frozen=True)
class Target:
    """Whom a trouble befalls, and how much of it there is."""

    entry: str
    job: str
    company: str | None
    kind: str
    times: int
    seconds: float


targets = st.builds(
    Target,
    entry=st.sampled_from(ENTRIES),
    job=st.sampled_from(sorted(COMPANY_OF)),
    company=st.sampled_from(COMPANIES),
    kind=st.sampled_from(
        [
            "ACCOUNTING_ENTRY_DOES_NOT_EXIST",
            "EXPORT_ENTRY_STATUS_UPDATE_FAILED",
            "accounting_entry_update_failed",
            "SOMETHING_NEW",
        ]
    ),
    times=st.sampled_from([1, 2, 1_000]),
    seconds=st.sampled_from([0.3, 4.0, 30.0]),
)


def _refuse(adapter: FakeAdapter, target: Target) -> None:
    adapter.pleo.refusals[target.entry] = Refusal(target.kind, times=target.times)


def _finish(adapter: FakeAdapter, target: Target) -> None:
    adapter.pleo.jobs[target.job].is_finished = True


def _slow_down(adapter: FakeAdapter, target: Target) -> None:
    adapter.pleo.seconds = target.seconds


def _shrink(adapter: FakeAdapter, target: Target) -> None:
    adapter.pleo.most_items = min(target.times, 100)


def _break_dead_letter_queue(adapter: FakeAdapter, _: Target) -> None:
    adapter.dead_letters.is_down = True


TROUBLES: dict[str, Callable[[FakeAdapter, Target], None]] = {
    "item refused": _refuse,
    "item refused with its neighbours": lambda adapter, target: adapter.pleo.poison.add(target.entry),
    "item not mentioned": lambda adapter, target: adapter.pleo.unmentioned.add(target.entry),
    "item not changed": lambda adapter, target: adapter.pleo.stuck.add(target.entry),
    "job finished": _finish,
    "small requests": _shrink,
    "slow": _slow_down,
    "no secret": lambda adapter, target: adapter.store.without.add(target.company),
    "secret out of reach": lambda adapter, target: adapter.store.out_of_reach.add(target.company),
    "wrong secret": lambda adapter, target: adapter.store.wrong.add(target.company),
    "secret rotated": lambda adapter, target: adapter.store.rotate(target.company),
    "dead-letter queue down": _break_dead_letter_queue,
}


def mend(adapter: FakeAdapter) -> None:
    """Undo every trouble. What Pleo holds stays as it is."""
    pleo, store = adapter.pleo, adapter.store
    for trouble in (
        pleo.poison,
        pleo.unmentioned,
        pleo.stuck,
        store.without,
        store.out_of_reach,
        store.wrong,
    ):
        trouble.clear()
    pleo.refusals.clear()
    pleo.most_items, pleo.seconds = 100, 0.0
    for held in pleo.jobs.values():
        held.is_finished = False
    adapter.dead_letters.is_down = False
