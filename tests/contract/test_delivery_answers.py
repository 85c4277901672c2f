"""How the adapter reads whatever the specification lets Pleo answer, generated from its schemas."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export_adapter.deliver.answers import (
    BadItems,
    ItemsAnswered,
    NeverAccepted,
    NotNow,
    TooManyItems,
    verdict,
)
from export_adapter.deliver.credentials import Credentials
from export_adapter.deliver.http import Answer
from export_adapter.deliver.pleo import Page, Pleo
from export_adapter.model import ApiVersion, ErrorType, ItemStatus
from export_adapter_workstation.local.pleo.specification import Json
from tests.contract.schemas import answer_schema, violation_of
from tests.unit.deliver.fakes import JOB, NOON, FakeClock, FakeHttp, entry, error

ITEMS = "/{version}/export-jobs/{{jobId}}/items"
EVERY_VERSION = pytest.mark.parametrize("version", ApiVersion)
ENTRIES = st.integers(0, 9).map(entry)
SENT = st.dictionaries(ENTRIES, st.sampled_from(ItemStatus), min_size=1)
SIMPLE: Mapping[tuple[str, str], st.SearchStrategy[object]] = {
    ("string", "uuid"): ENTRIES | ENTRIES.map(str.upper) | st.uuids().map(str),
    ("string", "date-time"): st.just("2026-03-01T12:00:00Z"),
    ("string", ""): st.text(max_size=9) | st.sampled_from([*ItemStatus, "ACCOUNTING_ENTRY_DOES_NOT_EXIST"]),
    ("integer", ""): st.integers(0, 2**31 - 1),
    ("boolean", ""): st.booleans(),
    ("null", ""): st.none(),
}


def legal(schema: Json) -> st.SearchStrategy[object]:
    """Generate values that a draft-07 schema allows; ids of entries are few, so that they meet."""
    return _values(schema, cast("Mapping[str, Json]", schema["definitions"]))


def _values(schema: Json, definitions: Mapping[str, Json]) -> st.SearchStrategy[object]:
    if "$ref" in schema:
        return _values(definitions[str(schema["$ref"]).rsplit("/", 1)[1]], definitions)
    if "enum" in schema:
        return st.sampled_from(cast("Sequence[object]", schema["enum"]))
    kinds = [schema["type"]] if isinstance(schema["type"], str) else cast("list[str]", schema["type"])
    return st.one_of(*(_of_type(str(kind), schema, definitions) for kind in kinds))


def _of_type(kind: str, schema: Json, definitions: Mapping[str, Json]) -> st.SearchStrategy[object]:
    if kind == "object":
        return _objects(schema, definitions)
    if kind == "array":
        return st.lists(_values(cast("Json", schema["items"]), definitions), max_size=4)
    return SIMPLE[kind, str(schema.get("format", "")) if kind == "string" else ""]


def _objects(schema: Json, definitions: Mapping[str, Json]) -> st.SearchStrategy[object]:
    properties = cast("Mapping[str, Json]", schema.get("properties", {}))
    if not properties:
        return st.dictionaries(st.text(max_size=5), st.lists(st.text(max_size=5), max_size=2), max_size=2)
    made = {name: _values(one, definitions) for name, one in properties.items()}
    required = set(cast("Sequence[str]", schema.get("required", ())))
    return st.fixed_dictionaries(
        {name: made[name] for name in made if name in required},
        optional={name: made[name] for name in made if name not in required},
    )


def schema_of(method: str, version: ApiVersion, status: int = 200) -> Json:
    schema = answer_schema(method, ITEMS.format(version=version), status)
    assert schema is not None
    return schema


def as_answer(content: object, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(content).encode())


@EVERY_VERSION
@settings(deadline=None)
@given(data=st.data(), sent=SENT)
def test_every_legal_answer_to_an_update_speaks_of_each_item_in_exactly_one_way(
    version: ApiVersion, data: st.DataObject, sent: dict[str, ItemStatus]
) -> None:
    content = data.draw(legal(schema_of("put", version)))
    assert violation_of(schema_of("put", version), content) is None

    found = verdict(as_answer(content), sent, NOON)

    assert isinstance(found, ItemsAnswered)
    assert sorted([*found.accepted, *found.unknown, *found.unconfirmed]) == sorted(sent)
    assert all(found.unknown.values())
    assert all(found.unconfirmed.values())


@EVERY_VERSION
@settings(deadline=None)
@given(data=st.data(), sent=SENT)
def test_an_item_is_accepted_only_where_pleo_shows_the_status_that_was_sent(
    version: ApiVersion, data: st.DataObject, sent: dict[str, ItemStatus]
) -> None:
    content = cast(
        "dict[str, list[dict[str, str]]]", data.draw(legal(schema_of("put", version)), label="answer")
    )

    found = verdict(as_answer(content), sent, NOON)

    assert isinstance(found, ItemsAnswered)
    refused = {one["accountingEntryId"].lower() for one in content["errors"]}
    for accepted in found.accepted:
        shown = [one["status"] for one in content["data"] if one["accountingEntryId"].lower() == accepted]
        assert sent[accepted] in {status.strip().lower() for status in shown}
        assert accepted not in refused


@EVERY_VERSION
@settings(deadline=None)
@given(st.data())
def test_every_legal_page_of_items_can_be_read(version: ApiVersion, data: st.DataObject) -> None:
    content = cast("dict[str, dict[str, object]]", data.draw(legal(schema_of("get", version))))
    wanted = frozenset(entry(number) for number in range(5))
    clock = FakeClock()
    pleo = Pleo(FakeHttp(clock, as_answer(content)), "https://pleo.test", version, 10, clock, clock.wall)

    found, _ = pleo.get_items(JOB, wanted, None, Credentials("Bearer test"), 10)

    assert isinstance(found, Page)
    assert found.stored.keys() <= wanted
    pagination = content["pagination"]
    assert found.after == ((pagination.get("endCursor") or None) if pagination["hasNextPage"] else None)


@pytest.mark.parametrize("version", [ApiVersion.V2, ApiVersion.V3])
@pytest.mark.parametrize("status", [404, 413, 422])
@settings(deadline=None)
@given(st.data())
def test_every_legal_error_can_be_read(version: ApiVersion, status: int, data: st.DataObject) -> None:
    content = data.draw(legal(schema_of("put", version, status)))

    found = verdict(as_answer(content, status), {entry(1): ItemStatus.FAILED}, NOON)

    assert isinstance(found, {404: NotNow, 413: TooManyItems, 422: BadItems}[status] | NeverAccepted)


@pytest.mark.parametrize(
    ("status", "kind", "meaning"),
    [
        (404, "EXPORT_NOT_FOUND", ErrorType.JOB_NOT_FOUND),
        (422, "EXPORT_JOB_STATUS_UNPROCESSABLE", ErrorType.JOB_FINISHED),
    ],
)
def test_the_errors_that_pleo_documents_for_a_job_end_it(status: int, kind: str, meaning: ErrorType) -> None:
    found = verdict(error(status, kind), {}, NOON)

    assert isinstance(found, NeverAccepted)
    assert found.error_type is meaning


HEADERS = st.dictionaries(st.just("retry-after"), st.text())
ANYTHING = st.builds(Answer, st.integers(100, 999), HEADERS, st.binary(max_size=50))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "errors", "type", "message", "accountingEntryId", "status"]), inner
        )
    ),
)


@settings(deadline=None)
@given(ANYTHING | st.builds(as_answer, ANY_JSON, st.integers(200, 599)), SENT)
def test_no_answer_at_all_makes_the_reading_raise(found: Answer, sent: dict[str, ItemStatus]) -> None:
    meaning = verdict(found, sent, NOON)

    if isinstance(meaning, ItemsAnswered):
        assert sorted([*meaning.accepted, *meaning.unknown, *meaning.unconfirmed]) == sorted(sent)
    else:
        # No line end, no control character, no half surrogate. A code point not assigned yet is harmless.
        assert len(meaning.reason.splitlines()) == 1
        assert not {unicodedata.category(one) for one in meaning.reason} & {"Cc", "Cs", "Zl", "Zp"}
