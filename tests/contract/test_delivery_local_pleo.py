"""Deliveries over real HTTP to the local Pleo, which checks every request against the specification."""

import dataclasses
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from export_adapter.deliver.http import PooledHttp
from export_adapter.model import (
    ApiVersion,
    Delivered,
    ErrorType,
    Item,
    ItemStatus,
    JobKey,
    Rejected,
    Undelivered,
)
from export_adapter_workstation.local.pleo import (
    AnswerStatus,
    ConnectionReset,
    Credential,
    CutOffBody,
    EmptyBody,
    EntryRefusal,
    HtmlBody,
    ItemAnsweredWithStatus,
    ItemError,
    ItemLeftOut,
    JobStatus,
    Latency,
    LocalPleo,
    LowerLimit,
    NewJob,
    RandomFault,
    Redirect,
    SecretRotated,
    SlowDrip,
    everything_at,
)
from export_adapter_workstation.local.pleo.faults import Fault, ItemFault
from tests.unit.deliver.fakes import (
    JOB,
    OTHER_COMPANYS_JOB,
    OTHER_JOB,
    FakeClock,
    FakeStore,
    Result,
    Scene,
    entry,
    items,
)


@dataclass
class Setting:
    """A local Pleo with three jobs of 250 entries, for two companies, and an adapter that talks to it."""

    pleo: LocalPleo
    adapter: Scene
    elsewhere: LocalPleo

    def deliver(self, *sent: Item, seconds: float = 60.0) -> Result:
        return self.adapter.deliver(*sent, seconds=seconds)

    def held(self, number: int, job: JobKey = JOB) -> str:
        found = self.pleo.job(job.export_job_id)
        assert found is not None
        return found.items[entry(number)].status

    def sizes(self) -> list[int]:
        return [len(request.items or ()) for request in self.pleo.requests.item_updates()]


COMPANIES = {str(JOB.company_id): "test-one", str(OTHER_COMPANYS_JOB.company_id): "test-two"}


@pytest.fixture
def at() -> Iterator[Setting]:
    clock = FakeClock()
    credentials = [
        Credential(company, token, companies=frozenset({company})) for company, token in COMPANIES.items()
    ]
    store = FakeStore({company: [token] for company, token in COMPANIES.items()})
    with (
        LocalPleo(credentials=credentials, clock=lambda: datetime.fromtimestamp(clock.wall(), UTC)) as pleo,
        LocalPleo() as elsewhere,
    ):
        for job in (JOB, OTHER_JOB, OTHER_COMPANYS_JOB):
            entries = tuple(entry(number) for number in range(250))
            pleo.create_job(NewJob(job.export_job_id, str(job.company_id), entries))
        http = PooledHttp(connections=4, clock=time.monotonic)
        adapter = Scene(http, clock, store=store, base_url=pleo.url, request_seconds=2.0)
        yield Setting(pleo, adapter, elsewhere)


@pytest.mark.parametrize("version", ApiVersion)
def test_250_entries_become_three_requests_and_pleo_holds_what_was_sent(
    at: Setting, version: ApiVersion
) -> None:
    at.adapter = dataclasses.replace(at.adapter, version=version)

    result = at.deliver(*items(*range(250)))

    assert result.all() == {Delivered("accepted")}
    assert at.sizes() == [100, 100, 50]
    assert {request.path for request in at.pleo.requests.all()} == {
        f"/{version}/export-jobs/{JOB.export_job_id}/items"
    }
    assert {at.held(number) for number in range(250)} == {"successful"}


def test_every_field_arrives_as_it_was_sent(at: Setting) -> None:
    [item] = items(1, status=ItemStatus.FAILED)
    full = dataclasses.replace(
        item.update,
        exported_at=datetime(2026, 3, 1, 13, tzinfo=UTC),
        external_id="Å 1",
        external_url="https://books.test/1",
        failure_reason="Der Beleg fehlt.\x00",
    )
    at.deliver(dataclasses.replace(item, update=full))

    held = at.pleo.job(JOB.export_job_id)
    assert held is not None
    found = held.items[entry(1)]
    assert (found.status, found.exported_at) == ("failed", "2026-03-01T13:00:00Z")
    assert (found.external_id, found.external_url) == ("Å 1", "https://books.test/1")
    assert (found.failure_reason, found.failure_reason_type) == ("Der Beleg fehlt.\ufffd", None)


PASSING: list[Fault] = [
    AnswerStatus(408),
    AnswerStatus(425),
    AnswerStatus(429),
    AnswerStatus(429, retry_after=20),
    AnswerStatus(429, retry_after=20, as_date=True),
    AnswerStatus(429, retry_after="soon"),
    AnswerStatus(500),
    AnswerStatus(503, retry_after=1),
    AnswerStatus(504, applied=True),
    HtmlBody(502),
    HtmlBody(200, applied=True),
    EmptyBody(200),
    EmptyBody(503),
    ConnectionReset(),
    ConnectionReset(applied=True),
    CutOffBody(),
    CutOffBody(honest_length=True),
]


@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_a_fault_that_passes_is_outlived(at: Setting, fault: Fault) -> None:
    at.pleo.faults.next(fault)

    assert at.deliver(*items(1, 2)).all() == {Delivered("accepted")}
    assert at.sizes() == [2, 2]
    assert at.held(1) == at.held(2) == "successful"


def test_a_pleo_that_hangs_is_given_up_and_asked_again(at: Setting) -> None:
    at.adapter = dataclasses.replace(at.adapter, request_seconds=0.1)
    at.pleo.faults.next(Latency(30, applied=True))

    assert at.deliver(*items(1)).of(1) == Delivered("accepted")
    assert len(at.sizes()) > 1


def test_an_answer_that_drips_but_comes_in_time_is_read(at: Setting) -> None:
    at.pleo.faults.next(SlowDrip(0.001, piece_bytes=50))

    assert at.deliver(*items(1)).of(1) == Delivered("accepted")
    assert at.sizes() == [1]


IN_DOUBT: list[ItemFault] = [
    ItemLeftOut(entry_ids=(entry(1),)),
    ItemAnsweredWithStatus("pending", entry_ids=(entry(1),)),
    ItemError("EXPORT_ENTRY_STATUS_UPDATE_FAILED", entry_ids=(entry(1),)),
    ItemError("ACCOUNTING_ENTRY_UPDATE_FAILED", entry_ids=(entry(1),)),
]


@pytest.mark.parametrize("fault", IN_DOUBT, ids=str)
def test_an_unconfirmed_item_that_pleo_does_not_hold_is_sent_once_more_alone(
    at: Setting, fault: ItemFault
) -> None:
    at.pleo.faults.next(fault)

    assert at.deliver(*items(1, 2)).all() == {Delivered("accepted")}
    assert [request.method for request in at.pleo.requests.all()] == ["PUT", "GET", "PUT"]
    assert at.sizes() == [2, 1]
    assert at.held(1) == "successful"


@pytest.mark.parametrize("fault", IN_DOUBT, ids=str)
def test_an_unconfirmed_item_that_pleo_holds_is_delivered(at: Setting, fault: ItemFault) -> None:
    at.pleo.faults.next(dataclasses.replace(fault, applied=True))

    assert at.deliver(*items(1, 2)).of(1) == Delivered("Pleo stored the status already")
    assert at.sizes() == [2]


def test_an_unconfirmed_item_is_found_on_a_later_page(at: Setting) -> None:
    at.pleo.faults.next(ItemLeftOut(applied=True, entry_ids=(entry(240),)))

    assert at.deliver(*items(240, 241)).of(240) == Delivered("Pleo stored the status already")
    assert [request.method for request in at.pleo.requests.all()] == ["PUT", "GET", "GET", "GET"]


def test_an_item_that_pleo_refuses_for_good_is_rejected_with_pleos_message(at: Setting) -> None:
    at.pleo.refuse_entry(entry(1), EntryRefusal(message="The entry is locked."))

    told = "Pleo refused the item: EXPORT_ENTRY_STATUS_UPDATE_FAILED, The entry is locked."
    assert at.deliver(*items(1, 2)).of(1) == Rejected(ErrorType.ITEM_REJECTED, told, 200)
    assert at.held(2) == "successful"

    at.pleo.accept_entry(entry(1))
    assert at.deliver(*items(1)).of(1) == Delivered("accepted")


def test_an_entry_that_the_job_does_not_have_is_rejected(at: Setting) -> None:
    result = at.deliver(*items(1, 999))

    told = "Pleo refused the item: ACCOUNTING_ENTRY_DOES_NOT_EXIST, Accounting entry does not exist."
    assert result.of(999) == Rejected(ErrorType.ITEM_REJECTED, told, 200)
    assert result.of(1) == Delivered("accepted")


@pytest.mark.parametrize("status", [400, 422])
def test_items_that_spoil_their_batch_are_found_by_halving(at: Setting, status: int) -> None:
    for number in (0, 99):
        at.pleo.refuse_entry(entry(number), EntryRefusal("BAD_REQUEST", "Bad.", status))

    result = at.deliver(*items(*range(100)))

    for number in (0, 99):
        told = Rejected(ErrorType.REQUEST_REJECTED, f"Pleo answered {status}: BAD_REQUEST, Bad.", status)
        assert result.of(number) == told
    assert {at.held(number) for number in range(1, 99)} == {"successful"}
    assert len(at.sizes()) == 25


def test_a_limit_that_pleo_lowers_is_learnt(at: Setting) -> None:
    at.pleo.faults.next(LowerLimit(30), times=None)

    assert at.deliver(*items(*range(100))).all() == {Delivered("accepted")}
    assert at.sizes() == [100, 50, 25, 25, 25, 25]
    assert at.deliver(*items(*range(50), job=OTHER_JOB)).all() == {Delivered("accepted")}
    assert at.sizes()[6:] == [25, 25]


def test_a_rotated_secret_is_read_again_once(at: Setting) -> None:
    at.adapter.store.tokens[JOB.company_id] = ["test-one", "test-one-new"]
    at.pleo.faults.next(SecretRotated(str(JOB.company_id), "test-one-new"))

    result = at.deliver(*items(*range(150)), *items(1, job=OTHER_COMPANYS_JOB))

    assert result.all() == {Delivered("accepted")}
    assert at.adapter.store.reads.count((JOB.company_id, True)) == 1
    assert [request.status for request in at.pleo.requests.all()].count(401) == 1


def test_a_company_whose_key_is_gone_is_given_back_and_nobody_else(at: Setting) -> None:
    at.pleo.credentials.remove(str(JOB.company_id))

    result = at.deliver(*items(1), *items(1, job=OTHER_JOB), *items(1, job=OTHER_COMPANYS_JOB))

    assert result.kinds(JOB) == result.kinds(OTHER_JOB) == {"Undelivered"}
    assert result.of(1, OTHER_COMPANYS_JOB) == Delivered("accepted")
    assert [request.status for request in at.pleo.requests.all()].count(401) == 2


def test_credentials_of_another_company_are_refused_and_change_nothing(at: Setting) -> None:
    astray = JobKey(OTHER_COMPANYS_JOB.export_job_id, JOB.company_id)

    outcome = at.deliver(*items(1, job=astray)).of(1, astray)

    assert isinstance(outcome, Undelivered)
    assert (outcome.cause, outcome.pleo_status) == ("forbidden", 403)
    assert at.held(1, OTHER_COMPANYS_JOB) == "pending"


def test_a_job_that_pleo_does_not_know_rejects_its_items(at: Setting) -> None:
    unknown = JobKey("00000000-0000-4000-8000-00000000dead", JOB.company_id)

    outcome = at.deliver(*items(1, job=unknown)).of(1, unknown)

    told = "Pleo answered 404: EXPORT_NOT_FOUND, Export job does not exist."
    assert outcome == Rejected(ErrorType.JOB_NOT_FOUND, told, 404)


def test_a_wrong_base_url_gives_everything_back(at: Setting) -> None:
    at.adapter = dataclasses.replace(at.adapter, base_url=f"{at.pleo.url}/gateway")

    outcome = at.deliver(*items(1)).of(1)

    assert isinstance(outcome, Undelivered)
    assert (outcome.cause, outcome.pleo_status) == ("unexpected_answer", 404)


def test_a_job_that_expired_rejects_its_items(at: Setting) -> None:
    at.pleo.put_clock_forward(timedelta(minutes=61))

    told = "Pleo answered 422: EXPORT_JOB_STATUS_UNPROCESSABLE, Export job is finished."
    assert at.deliver(*items(*range(150))).all() == {Rejected(ErrorType.JOB_FINISHED, told, 422)}
    assert at.sizes() == [100]


def test_a_job_that_is_finished_already_rejects_its_items(at: Setting) -> None:
    finished = JobKey("00000000-0000-4000-8000-0000000000af", JOB.company_id)
    at.pleo.create_job(NewJob(finished.export_job_id, str(JOB.company_id), (entry(1),), JobStatus.COMPLETED))

    outcome = at.deliver(*items(1, job=finished)).of(1, finished)

    assert isinstance(outcome, Rejected)
    assert outcome.error_type is ErrorType.JOB_FINISHED


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_no_credentials_anywhere(at: Setting, status: int) -> None:
    at.pleo.faults.next(Redirect(f"{at.elsewhere.url}/v1/export-jobs/{JOB.export_job_id}/items", status))

    assert at.deliver(*items(1)).of(1) == Undelivered("redirected", f"Pleo answered {status}", status)
    assert at.elsewhere.requests.all() == ()


def test_a_pleo_that_is_down_all_the_time_gives_everything_back(at: Setting) -> None:
    at.pleo.faults.next(ConnectionReset(), times=None)

    result = at.deliver(*items(*range(250)), seconds=5)

    told = "the connection to Pleo broke before its answer was complete (ProtocolError)"
    assert result.all() == {Undelivered("connection", told)}
    assert at.held(0) == "pending"


def everything_held(at: Setting) -> bool:
    """Tell whether Pleo holds all items of all jobs as they were sent."""
    jobs = (JOB, OTHER_JOB, OTHER_COMPANYS_JOB)
    return {at.held(number, job) for job in jobs for number in range(250)} == {"successful"}


EVERYTHING = [item for job in (JOB, OTHER_JOB, OTHER_COMPANYS_JOB) for item in items(*range(250), job=job)]


def test_in_bad_weather_every_item_arrives_all_the_same(at: Setting) -> None:
    at.pleo.faults.random(7, everything_at(0.5, latency_seconds=0.001))
    missing = EVERYTHING

    for _ in range(10):
        result = at.deliver(*missing, seconds=300)
        assert result.report.bugs == ()
        missing = [item for item in missing if not isinstance(result.outcome(item), Delivered)]

    assert missing == []
    assert everything_held(at)


class RealClock(FakeClock):
    def __call__(self) -> float:
        return time.monotonic()


def test_in_bad_weather_threads_lose_nothing_either(at: Setting) -> None:
    faults = [ConnectionReset(), ConnectionReset(applied=True), AnswerStatus(500), CutOffBody(), *IN_DOUBT]
    at.pleo.faults.random(7, [RandomFault(fault, 0.04) for fault in faults])
    at.adapter = dataclasses.replace(at.adapter, clock=RealClock(), threads=8, random=0.002)

    assert at.deliver(*EVERYTHING).kinds() == {"Delivered"}
    assert everything_held(at)
