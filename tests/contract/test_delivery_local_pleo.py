"""Deliveries over real HTTP to the local Pleo, which checks every request against the specification."""

import dataclasses
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from export_adapter.deliver.http import PooledHttp
from export_adapter.item import Item
from export_adapter.model import ApiVersion, Delivered, ErrorType, ItemStatus, JobKey, Rejected, Undelivered
from export_adapter_workstation.local.pleo import (
    Credential,
    EntryRefusal,
    ExportItem,
    Fault,
    FaultPlan,
    JobStatus,
    LocalPleo,
    NewJob,
    local_pleo,
    passing_faults,
)
from tests.fakes.items import again
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

    def items(self, job: JobKey = JOB) -> Mapping[str, ExportItem]:
        found = self.pleo.job(job.export_job_id)
        assert found is not None
        return found.items

    def held(self, number: int, job: JobKey = JOB) -> str:
        return self.items(job)[entry(number)].status

    def sizes(self) -> list[int]:
        return [len(request.items or ()) for request in self.pleo.item_updates()]


COMPANIES = {str(JOB.company_id): "test-one", str(OTHER_COMPANYS_JOB.company_id): "test-two"}


@pytest.fixture
def at() -> Iterator[Setting]:
    clock = FakeClock()
    credentials = [
        Credential(company, token, companies=frozenset({company})) for company, token in COMPANIES.items()
    ]
    store = FakeStore({company: [token] for company, token in COMPANIES.items()})
    with (
        local_pleo(*credentials, clock=lambda: datetime.fromtimestamp(clock.wall(), UTC)) as pleo,
        local_pleo() as elsewhere,
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
    assert {request.path for request in at.pleo.requests()} == {
        f"/{version}/export-jobs/{JOB.export_job_id}/items"
    }
    assert {item.status for item in at.items().values()} == {"successful"}


def test_every_field_arrives_as_it_was_sent(at: Setting) -> None:
    [item] = items(1, status=ItemStatus.FAILED)
    item.update = dataclasses.replace(
        item.update,
        exported_at=datetime(2026, 3, 1, 13, tzinfo=UTC),
        external_id="Å 1",
        external_url="https://books.test/1",
        failure_reason="Der Beleg fehlt.\x00",
    )
    at.deliver(item)

    assert at.items()[entry(1)].sent == {
        "accountingEntryId": entry(1),
        "status": "failed",
        "exportedAt": "2026-03-01T13:00:00Z",
        "externalId": "Å 1",
        "externalUrl": "https://books.test/1",
        "failureReason": "Der Beleg fehlt.\ufffd",
    }


PASSING: list[Fault] = [
    Fault(status=408),
    Fault(status=425),
    Fault(status=429),
    Fault(status=429, retry_after=20),
    Fault(status=429, retry_after=20, as_date=True),
    Fault(status=429, retry_after="soon"),
    Fault(status=500),
    Fault(status=503, retry_after=1),
    Fault(status=504, applied=True),
    Fault(body="html", status=502),
    Fault(body="html", status=200, applied=True),
    Fault(body="empty", status=200, applied=True),
    Fault(body="empty", status=503, applied=True),
    Fault(reset=True),
    Fault(reset=True, applied=True),
    Fault(cut_off=True),
    Fault(cut_off=True, honest_length=True),
]


@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_a_fault_that_passes_is_outlived(at: Setting, fault: Fault) -> None:
    at.pleo.fail_next(fault)

    assert at.deliver(*items(1, 2)).all() == {Delivered("accepted")}
    assert at.sizes() == [2, 2]
    assert at.held(1) == at.held(2) == "successful"


def test_a_pleo_that_hangs_is_given_up_and_asked_again(at: Setting) -> None:
    at.adapter = dataclasses.replace(at.adapter, request_seconds=0.1)
    at.pleo.fail_next(Fault(delay=30, applied=True))

    assert at.deliver(*items(1)).of(1) == Delivered("accepted")
    assert len(at.sizes()) > 1


def test_an_answer_that_drips_but_comes_in_time_is_read(at: Setting) -> None:
    at.pleo.fail_next(Fault(drip=0.001, piece_bytes=50))

    assert at.deliver(*items(1)).of(1) == Delivered("accepted")
    assert at.sizes() == [1]


IN_DOUBT: list[Fault] = [
    Fault(item="left_out", entry_ids=(entry(1),)),
    Fault(item="status", item_status="pending", entry_ids=(entry(1),)),
    Fault(item="error", type="EXPORT_ENTRY_STATUS_UPDATE_FAILED", entry_ids=(entry(1),)),
    Fault(item="error", type="ACCOUNTING_ENTRY_UPDATE_FAILED", entry_ids=(entry(1),)),
]


@pytest.mark.parametrize("fault", IN_DOUBT, ids=str)
def test_an_unconfirmed_item_that_pleo_has_not_stored_is_sent_again_alone(at: Setting, fault: Fault) -> None:
    at.pleo.fail_next(fault)

    assert at.deliver(*items(1, 2)).all() == {Delivered("accepted")}
    assert [request.method for request in at.pleo.requests()] == ["PUT", "GET", "PUT"]
    assert at.sizes() == [2, 1]
    assert at.held(1) == "successful"


@pytest.mark.parametrize("fault", IN_DOUBT, ids=str)
def test_an_unconfirmed_item_that_pleo_holds_is_delivered(at: Setting, fault: Fault) -> None:
    at.pleo.fail_next(dataclasses.replace(fault, applied=True))

    assert at.deliver(*items(1, 2)).of(1) == Delivered("Pleo stored the status already")
    assert at.sizes() == [2]


def test_an_unconfirmed_item_is_found_on_a_later_page(at: Setting) -> None:
    at.pleo.fail_next(Fault(item="left_out", applied=True, entry_ids=(entry(240),)))

    assert at.deliver(*items(240, 241)).of(240) == Delivered("Pleo stored the status already")
    assert [request.method for request in at.pleo.requests()] == ["PUT", "GET", "GET", "GET"]


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
    assert {at.items()[entry(number)].status for number in (1, 50, 98)} == {"successful"}
    assert len(at.sizes()) == 25


def test_a_limit_that_pleo_lowers_is_learnt(at: Setting) -> None:
    at.pleo.fail(FaultPlan(faults=(Fault(limit=30),)))

    assert at.deliver(*items(*range(100))).all() == {Delivered("accepted")}
    assert at.sizes() == [100, 50, 25, 25, 25, 25]
    assert at.deliver(*items(*range(50), job=OTHER_JOB)).all() == {Delivered("accepted")}
    assert at.sizes()[6:] == [25, 25]


def test_a_rotated_secret_is_read_again_once(at: Setting) -> None:
    at.adapter.store.tokens[JOB.company_id] = ["test-one", "test-one-new"]
    company = str(JOB.company_id)
    at.pleo.put_credential(Credential(company, "test-one-new", companies=frozenset({company})))

    result = at.deliver(*items(*range(150)), *items(1, job=OTHER_COMPANYS_JOB))

    assert result.all() == {Delivered("accepted")}
    assert at.adapter.store.reads.count((JOB.company_id, True)) == 1
    assert [request.status for request in at.pleo.requests()].count(401) == 1


def test_a_company_whose_key_is_gone_is_given_back_and_nobody_else(at: Setting) -> None:
    at.pleo.remove_credential(str(JOB.company_id))

    result = at.deliver(*items(1), *items(1, job=OTHER_JOB), *items(1, job=OTHER_COMPANYS_JOB))

    assert result.kinds(JOB) == result.kinds(OTHER_JOB) == {"Undelivered"}
    assert result.of(1, OTHER_COMPANYS_JOB) == Delivered("accepted")
    assert [request.status for request in at.pleo.requests()].count(401) == 2


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
    at.pleo.move_clock(timedelta(minutes=61))

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
    at.pleo.fail_next(
        Fault(
            status=status,
            body="empty",
            location=f"{at.elsewhere.url}/v1/export-jobs/{JOB.export_job_id}/items",
        )
    )

    assert at.deliver(*items(1)).of(1) == Undelivered("redirected", f"Pleo answered {status}", status)
    assert at.elsewhere.requests() == ()


def test_a_pleo_that_is_down_all_the_time_gives_everything_back(at: Setting) -> None:
    at.pleo.fail(FaultPlan(faults=(Fault(reset=True),)))

    result = at.deliver(*items(*range(250)), seconds=5)

    told = "the connection to Pleo broke before its answer was complete (ProtocolError)"
    assert result.all() == {Undelivered("connection", told)}
    assert at.held(0) == "pending"


def everything_held(at: Setting) -> bool:
    """Tell whether Pleo holds all items of all jobs as they were sent."""
    jobs = (JOB, OTHER_JOB, OTHER_COMPANYS_JOB)
    return {item.status for job in jobs for item in at.items(job).values()} == {"successful"}


def everything() -> list[Item]:
    """Make 250 items of each job."""
    return [item for job in (JOB, OTHER_JOB, OTHER_COMPANYS_JOB) for item in items(*range(250), job=job)]


def test_while_half_of_the_requests_fail_every_item_arrives_all_the_same(at: Setting) -> None:
    at.pleo.fail(FaultPlan(faults=passing_faults(delay=0.001), rate=0.5, seed=7))
    missing = everything()

    for _ in range(10):
        result = at.deliver(*missing, seconds=300)
        assert result.report.bugs == ()
        missing = [again(item) for item in result.items if not isinstance(item.outcome, Delivered)]

    assert missing == []
    assert everything_held(at)


class RealClock(FakeClock):
    def __call__(self) -> float:
        return time.monotonic()


def test_while_requests_fail_threads_lose_nothing_either(at: Setting) -> None:
    faults = [
        Fault(reset=True),
        Fault(reset=True, applied=True),
        Fault(status=500),
        Fault(cut_off=True),
        *IN_DOUBT,
    ]
    at.pleo.fail(FaultPlan(faults=tuple(faults), rate=0.32, seed=7))
    at.adapter = dataclasses.replace(at.adapter, clock=RealClock(), threads=8, random=0.002)

    assert at.deliver(*everything()).kinds() == {"Delivered"}
    assert everything_held(at)
