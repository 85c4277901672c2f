"""The self-test that an empty event asks for: what it tries, and what it says when that fails."""

from uuid import UUID

import pytest

from export_adapter.classify.classifier import RefusedRules
from export_adapter.deliver.http import Answer
from export_adapter.self_test import Check, SelfTest, as_json
from tests.fakes.adapter import FakeAdapter
from tests.fakes.pleo import Fault, answer, error

ID = UUID("00000000-0000-4000-a000-00000000ffff")


@pytest.fixture
def fakes() -> FakeAdapter:
    return FakeAdapter()


def checks(
    fakes: FakeAdapter, *, wrong_rules: tuple[str, ...] = (), needs_default: bool = True
) -> dict[str, Check]:
    refused = RefusedRules(wrong_rules)
    test = SelfTest(fakes.store, fakes.api, lambda: ID, lambda: refused, needs_default=needs_default)
    return {check.name: check for check in test.run()}


def test_everything_passes_where_pleo_lets_us_in(fakes: FakeAdapter) -> None:
    found = checks(fakes)

    assert {name: check.passed for name, check in found.items()} == {
        "credentials": True,
        "rules": True,
        "own rules": True,
        "pleo": True,
    }


def test_a_missing_secret_fails(fakes: FakeAdapter) -> None:
    fakes.store.without.add(None)

    found = checks(fakes)

    assert not found["credentials"].passed
    assert found["credentials"].said == "there is no secret for the company"
    assert found["rules"].passed


def test_where_companies_have_secrets_of_their_own_the_default_one_may_be_missing(fakes: FakeAdapter) -> None:
    fakes.store.without.add(None)

    found = checks(fakes, needs_default=False)

    assert found["credentials"].passed
    assert found["pleo"] == Check("pleo", passed=True, said="answers; there were no credentials to show")


def test_a_default_secret_that_cannot_be_read_fails_also_where_it_may_be_missing(fakes: FakeAdapter) -> None:
    fakes.store.out_of_reach.add(None)

    assert not checks(fakes, needs_default=False)["credentials"].passed


def test_without_credentials_a_403_is_as_good_as_a_401(fakes: FakeAdapter) -> None:
    fakes.store.without.add(None)
    fakes.pleo.faults.append(Fault(error(403, "FORBIDDEN")))

    assert checks(fakes, needs_default=False)["pleo"].passed


@pytest.mark.parametrize("fault", [error(503, "UNAVAILABLE"), error(302, ""), error(404, "NOT_FOUND")])
def test_without_credentials_only_a_refusal_of_them_passes(fakes: FakeAdapter, fault: Answer) -> None:
    fakes.store.without.add(None)
    fakes.pleo.faults.append(Fault(fault))

    assert not checks(fakes, needs_default=False)["pleo"].passed


def test_a_pleo_that_lets_in_anybody_is_not_pleo(fakes: FakeAdapter) -> None:
    fakes.store.without.add(None)
    fakes.pleo.faults.append(Fault(answer(200, {"data": [], "pagination": {}})))

    found = checks(fakes, needs_default=False)["pleo"]

    assert found == Check("pleo", passed=False, said="takes requests without credentials")


def test_credentials_that_pleo_refuses_fail(fakes: FakeAdapter) -> None:
    fakes.store.wrong.add(None)

    assert not checks(fakes)["pleo"].passed


def test_a_pleo_that_is_down_fails_with_what_it_said(fakes: FakeAdapter) -> None:
    fakes.pleo.faults.append(Fault(error(503, "UNAVAILABLE")))

    found = checks(fakes)["pleo"]

    assert not found.passed
    assert "503" in found.said


def test_refused_rules_of_the_customers_own_fail_by_name(fakes: FakeAdapter) -> None:
    found = checks(fakes, wrong_rules=("ours.toml, rule moon: has no condition",))["own rules"]

    assert found == Check("own rules", passed=False, said="ours.toml, rule moon: has no condition")


def test_the_result_is_passed_only_where_every_check_is() -> None:
    good, bad = Check("a", passed=True, said="fine"), Check("b", passed=False, said="not fine")

    assert as_json((good,))["passed"] is True
    assert as_json((good, bad)) == {
        "passed": False,
        "checks": [
            {"name": "a", "passed": True, "said": "fine"},
            {"name": "b", "passed": False, "said": "not fine"},
        ],
    }
