import json
from datetime import UTC, datetime, timedelta

import pytest

from export_adapter.parked_message import MOVED_BY_SQS, UNKNOWN, Attribute, DeadLetter
from export_adapter_workstation.dead_letters.message import Facts, described
from export_adapter_workstation.dead_letters.selection import (
    InvalidDurationError,
    Selection,
    duration,
    normalised,
)
from tests.fakes.messages import company, job, message, result

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def parked(*, body: str | None = None, moved_by_sqs: bool = False, **attributes: str) -> Facts:
    """A message that is ten minutes old."""
    text = json.dumps(message(result(1), result(2), companyId=company().upper())) if body is None else body
    values = {name: Attribute("String", value) for name, value in attributes.items()}
    dead_letter = DeadLetter("abcd-1", text, NOW - timedelta(minutes=10), values, moved_by_sqs=moved_by_sqs)
    return described(dead_letter, str.lower).facts


def test_a_message_is_described_by_its_body_as_the_function_reads_it() -> None:
    found = parked(errorType="item_rejected", system="something else")
    assert (found.system, found.company_id, found.job_id, found.entries) == ("xero", company(), job(), 2)


def test_an_invalid_message_is_described_by_its_attributes() -> None:
    found = parked(body="no JSON", errorType="invalid_message", system="Xero", exportJobId="JOB")
    assert (found.system, found.company_id, found.job_id, found.entries) == ("xero", None, "job", None)


@pytest.mark.parametrize(
    ("facts", "error_type"),
    [
        (parked(errorType="job_finished"), "job_finished"),
        (parked(moved_by_sqs=True), MOVED_BY_SQS),
        # What is left of an earlier replay says why it was parked then, not now.
        (parked(moved_by_sqs=True, errorType="item_rejected"), MOVED_BY_SQS),
        (parked(), UNKNOWN),
    ],
)
def test_the_error_type_says_who_put_it_there(facts: Facts, error_type: str) -> None:
    assert facts.error_type == error_type


@pytest.mark.parametrize("count", ["", "x", "-1", "1.5", "9" * 20, "\u0663"])
def test_a_replay_count_that_cannot_be_read_counts_as_none(count: str) -> None:
    assert parked(replayCount=count).replay_count == 0


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(), True),
        (Selection(error_types=frozenset({"item_rejected", "job_finished"})), True),
        (Selection(error_types=frozenset({"job_finished"})), False),
        (Selection(systems=frozenset({"xero"})), True),
        (Selection(systems=frozenset({"netsuite"})), False),
        (Selection(jobs=frozenset({job()})), True),
        (Selection(jobs=frozenset({job()[:30]})), True),
        (Selection(jobs=frozenset({job(2)})), False),
        (Selection(companies=frozenset({company()})), True),
        (Selection(companies=frozenset({company(2)})), False),
        (Selection(ids=frozenset({"abcd"})), True),
        (Selection(ids=frozenset({"bcd", "abc"})), True),
        (Selection(ids=frozenset({"bcd"})), False),
        (Selection(older_than=timedelta(minutes=9)), True),
        (Selection(older_than=timedelta(minutes=10)), False),
        (Selection(younger_than=timedelta(minutes=11)), True),
        (Selection(younger_than=timedelta(minutes=10)), False),
        (Selection(systems=frozenset({"xero"}), ids=frozenset({"bcd"})), False),
    ],
)
def test_a_selection_takes_what_meets_all_of_its_conditions(selection: Selection, *, taken: bool) -> None:
    assert selection.takes(parked(errorType="item_rejected"), NOW) is taken


def test_a_company_selects_nothing_that_names_none() -> None:
    assert not Selection(companies=frozenset({company()})).takes(parked(body="{}"), NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 90), ("15m", 900), ("2H", 7200), (" 3d ", 259_200), ("2 h", 7200)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, expected: int) -> None:
    assert duration(text).total_seconds() == expected


@pytest.mark.parametrize("text", ["", "15", "m", "-1m", "0m", "1w", "1.5h", "9999999d", "1m1s", "\u0661m"])
def test_anything_else_is_not_a_duration(text: str) -> None:
    with pytest.raises(InvalidDurationError):
        duration(text)


@pytest.mark.parametrize(
    ("error_types", "taken"),
    [({"tollgate_shut"}, True), ({UNKNOWN}, True), ({"item_rejected"}, False), ({MOVED_BY_SQS}, False)],
)
def test_what_another_program_wrote_is_selected_by_its_own_name_or_as_unknown(
    error_types: set[str], *, taken: bool
) -> None:
    assert (
        Selection(error_types=frozenset(error_types)).takes(parked(errorType="Tollgate-Shut"), NOW) is taken
    )


def test_what_the_function_wrote_is_not_unknown() -> None:
    assert not Selection(error_types=frozenset({UNKNOWN})).takes(parked(errorType="item_rejected"), NOW)
    assert Selection(error_types=frozenset({UNKNOWN})).takes(parked(), NOW)


@pytest.mark.parametrize("spelling", ["job_finished", "JOB_FINISHED", " job-finished "])
def test_an_error_type_may_be_spelt_in_any_case(spelling: str) -> None:
    assert normalised(spelling) == "job_finished"


def test_only_a_selection_without_any_condition_is_everything() -> None:
    assert Selection().is_everything
    assert not Selection(ids=frozenset({"a"})).is_everything
