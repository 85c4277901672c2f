"""What the local Pleo answers, held against the specification by a validator that the server does not use."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import cast

import jsonschema
import pytest

from export_adapter_workstation.local.pleo import (
    EntryRefusal,
    Fault,
    JobStatus,
    LocalPleo,
    NewJob,
    jobs_for,
    local_pleo,
)
from export_adapter_workstation.local.pleo.specification import (
    enum_values,
    is_uuid,
    is_whole_second_utc,
    request_schema,
    specification,
)
from tests.contract.schemas import answer_schema, component_schema, declared_statuses
from tests.unit.local.calling import (
    COMPANY,
    JOB,
    OTHER_JOB,
    TOKEN,
    Caller,
    Response,
    add_job,
    entry,
    update,
)

VERSIONS = ("v1", "v2", "v3")
ITEMS = "/{version}/export-jobs/{{jobId}}/items"

FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("uuid")(lambda value: not isinstance(value, str) or is_uuid(value))
FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or is_whole_second_utc(value))


@pytest.fixture
def pleo() -> Iterator[LocalPleo]:
    with local_pleo(TOKEN) as pleo:
        add_job(pleo)
        yield pleo


@pytest.fixture
def caller(pleo: LocalPleo) -> Iterator[Caller]:
    with contextlib.closing(Caller(pleo.url)) as caller:
        yield caller


def assert_legal(answer: Response, method: str, template: str, version: str) -> None:
    """Assert that an answer's status is declared and its body is as declared, errors of v1 as those of v2."""
    path = template.format(version=version)
    if version != "v1":
        assert str(answer.status) in declared_statuses(method, path)
    if answer.status >= 400:
        schema: Mapping[str, object] | None = component_schema("ExceptionInfo", closed=True)
    else:
        schema = answer_schema(method, path, answer.status, closed=True)
    assert schema is not None
    validate(schema, answer.json)


def validate(schema: Mapping[str, object], value: object) -> None:
    jsonschema.Draft7Validator(dict(schema), format_checker=FORMATS).validate(value)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_update_of_every_status_and_type_is_answered_legally(
    pleo: LocalPleo, caller: Caller, version: str
) -> None:
    component = "UpdateExportJobItemV3" if version == "v3" else "UpdateExportJobItem"
    kinds = enum_values(component, "failureReasonType")
    updates = [
        update(number, "failed", failureReasonType=kind, failureReason="Why")
        for number, kind in enumerate(kinds, 1)
    ]
    updates += [update(number, status) for number, status in enumerate(enum_values(component, "status"), 21)]
    updates += [
        update(30, exportedAt="2026-03-01T11:00:00Z", externalId="7", externalUrl="https://example.com/7")
    ]
    add_job(pleo, 30, job=OTHER_JOB)
    answer = caller.put(*updates, update(99), job=OTHER_JOB, version=version)
    assert_legal(answer, "PUT", ITEMS, version)
    assert len(answer.json["data"]) == len(updates)
    assert len(answer.json["errors"]) == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_items_that_went_wrong_are_answered_legally(pleo: LocalPleo, caller: Caller, version: str) -> None:
    pleo.refuse_entry(entry(1))
    pleo.fail_next(Fault(item="status", entry_ids=(entry(2),)), Fault(item="error", entry_ids=(entry(2),)))
    for errors in (1, 2):
        answer = caller.put(update(1), update(2), update(3), version=version)
        assert len(answer.json["errors"]) == errors
        assert_legal(answer, "PUT", ITEMS, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_declared_error_of_an_update_is_answered_legally(
    pleo: LocalPleo, caller: Caller, version: str
) -> None:
    pleo.create_job(NewJob(OTHER_JOB, COMPANY, (), JobStatus.COMPLETED))
    pleo.refuse_entry(entry(1), EntryRefusal("UNSUPPORTED_INVOICE_STATUS", "No.", 422))
    answers = [
        caller.put(update(1), job=entry(7), version=version),
        caller.put(*(update(number) for number in range(101)), version=version),
        caller.put(update(1), job=OTHER_JOB, version=version),
        caller.put(update(1), version=version),
    ]
    assert [answer.status for answer in answers] == [404, 413, 422, 422]
    for answer in answers:
        assert_legal(answer, "PUT", ITEMS, version)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("query", ["", "?limit=1", "?limit=0", "?limit=1000"])
def test_a_page_of_items_is_answered_legally(caller: Caller, version: str, query: str) -> None:
    caller.put(update(1, "failed", failureReasonType="validation_failure"))
    answer = caller.items(query, version=version)
    assert answer.status == 200
    assert_legal(answer, "GET", ITEMS, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_page_after_a_cursor_is_answered_legally_and_the_cursor_has_the_published_alphabet(
    caller: Caller, version: str
) -> None:
    cursor = caller.items("?limit=1", version=version).json["pagination"]["endCursor"]
    parameters = cast("dict[str, dict[str, dict[str, object]]]", specification()["components"])["parameters"]
    validate(cast("dict[str, object]", parameters["After"]["schema"]), cursor)
    assert_legal(caller.items(f"?after={cursor}", version=version), "GET", ITEMS, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_two_validators_agree_on_what_is_a_legal_update(caller: Caller, version: str) -> None:
    schema = request_schema("PUT", ITEMS.format(version=version), closed=True)
    bodies: list[list[object]] = [
        [],
        [update(1)],
        [update(1, "done")],
        [update(1, "failed", failureReasonType="vendor_unknown")],
        [update(1, exportedAt="2026-03-01T11:00:00Z")],
        [update(1, exportedAt="2026-02-30T11:00:00Z")],
        [update(1, exportedAt="2026-03-01T11:00:00.1Z")],
        [update(1, externalUrl=None)],
        [update(1, more=1)],
        [{"accountingEntryId": "17", "status": "failed"}],
        [7],
    ]
    for body in bodies:
        legal = jsonschema.Draft7Validator(dict(schema), format_checker=FORMATS).is_valid(body)
        answer = caller.ask("PUT", f"/{version}/export-jobs/{JOB}/items", body)
        assert (answer.status == 200) is legal, body


def test_the_jobs_of_messages_can_be_created_as_they_are(pleo: LocalPleo) -> None:
    body = json.dumps({"exportJobId": OTHER_JOB, "companyId": COMPANY, "results": [update(1)]})
    for new in jobs_for([body]):
        assert list(pleo.create_job(new).items) == [entry(1)]
