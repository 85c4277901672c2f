"""Companies with secrets of their own: one without credentials waits and is parked, and nobody else does."""

import json
import time
from collections.abc import Iterator

import pytest

from export_adapter_workstation.local.adapter import LocalAdapter, local_adapter
from export_adapter_workstation.local.pleo import Credential, Scheme, jobs_for
from export_adapter_workstation.local.pleo.messages import DEFAULT_COMPANY
from tests.end_to_end.messages import message, new_id, successful

pytestmark = pytest.mark.xdist_group("companies")

PREFIX = "pleo/company/"


@pytest.fixture(scope="module")
def adapter() -> Iterator[LocalAdapter]:
    parameters = {"CompanySecretPrefix": PREFIX, "LongestPause": "1"}
    with local_adapter(lambda _step: None, parameters=parameters) as running:
        # The default credentials reach no company of the tests' own.
        running.pleo.put_credential(Credential("local", "test", companies=frozenset({DEFAULT_COMPANY})))
        yield running


def create_missing_jobs(adapter: LocalAdapter, *bodies: str) -> None:
    for job in jobs_for(bodies):
        adapter.pleo.create_job(job)


def statuses_of(adapter: LocalAdapter, job: str) -> list[str]:
    held = adapter.pleo.job(job)
    assert held is not None
    return [item.status for item in held.items.values()]


def parked_of(adapter: LocalAdapter, job: str) -> list[dict[str, str]]:
    """Return the attributes of what was parked for a job."""
    found = []
    for parked in adapter.parked():
        values = {name: value.get("StringValue", "") for name, value in parked["MessageAttributes"].items()}
        if values.get("exportJobId") == job:
            found.append({**values, "body": parked["Body"]})
    return found


def test_each_company_is_served_with_its_own_credentials_and_one_without_holds_up_nobody(
    adapter: LocalAdapter,
) -> None:
    first, second, without = (new_id() for _ in range(3))
    jobs = {company: new_id() for company in (first, second, without, None)}
    bodies = {company: message(job, successful(new_id()), company=company) for company, job in jobs.items()}
    create_missing_jobs(adapter, *bodies.values())
    adapter.give_credentials(first, PREFIX + first, "test-first")
    adapter.give_credentials(second, PREFIX + second, "test-second")

    adapter.send(bodies.values())
    adapter.wait_until_drained()

    for company in (first, second, None):
        assert statuses_of(adapter, jobs[company]) == ["successful"]
        assert not parked_of(adapter, jobs[company])
    used = {put.job_id: put.credential for put in adapter.pleo.item_updates()}
    assert used == {jobs[first]: first, jobs[second]: second, jobs[None]: "local"}

    assert statuses_of(adapter, jobs[without]) == ["pending"]
    (parked,) = parked_of(adapter, jobs[without])
    assert parked["errorType"] == "no_credentials"
    assert PREFIX + without in parked["errorMessage"]
    assert json.loads(parked["body"]) == json.loads(bodies[without])


def test_a_company_whose_secret_is_no_credential_is_parked_with_that_reason(adapter: LocalAdapter) -> None:
    company, job = new_id(), new_id()
    body = message(job, successful(new_id()), company=company)
    create_missing_jobs(adapter, body)
    adapter.stack.aws.secrets_manager().create_secret(Name=PREFIX + company, SecretString="not JSON")

    adapter.send([body])
    adapter.wait_until_drained()

    (parked,) = parked_of(adapter, job)
    assert parked["errorType"] == "no_credentials"
    assert "not a JSON object" in parked["errorMessage"]
    assert "not JSON" not in parked["errorMessage"]


def test_a_company_is_found_by_its_id_in_whatever_letters(adapter: LocalAdapter) -> None:
    company, job = new_id(), new_id()
    body = message(job, successful(new_id()), company=company.upper())
    create_missing_jobs(adapter, body)
    adapter.pleo.put_credential(Credential(company, "test", Scheme.BASIC, frozenset({company})))
    adapter.stack.aws.secrets_manager().create_secret(
        Name=PREFIX + company, SecretString=json.dumps({"apiKey": "test"})
    )

    adapter.send([body])
    adapter.wait_until_drained()

    assert statuses_of(adapter, job) == ["successful"]


def test_a_rotated_secret_is_read_again_and_nothing_is_parked(adapter: LocalAdapter) -> None:
    company, job = new_id(), new_id()
    before, after = (message(job, successful(new_id()), company=company) for _ in range(2))
    create_missing_jobs(adapter, before, after)
    adapter.give_credentials(company, PREFIX + company, "test-old")
    adapter.send([before])
    adapter.wait_until_drained()

    adapter.accept_token(company, "test-new")
    adapter.send([after])
    time.sleep(1)
    adapter.put_secret(PREFIX + company, "test-new")
    adapter.wait_until_drained()

    assert statuses_of(adapter, job) == ["successful", "successful"]
    assert not parked_of(adapter, job)
