"""What exporters, attackers and clocks may come up with."""

import json
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from export_adapter.model import FailureReasonType, ItemStatus, Json, Stage
from tests.fakes.messages import company, entry, in_cloudevent, in_eventbridge, in_sns, job

NASTY = (
    "",
    " ",
    "\x00",
    "\x1b[31m\r\n",
    "\ud800",
    "\udfff\ud800",
    "\uffff\ufffe",
    "\u2028\u0085",
    '"\\',
    "\\u0000",
    "{{7*7}}${x}",
)
"""Texts that have broken something somewhere."""

any_text = st.deferred(
    lambda: st.one_of(
        st.text(st.characters(exclude_categories=()), max_size=20),
        st.text(max_size=5),
        st.sampled_from(NASTY),
        st.sampled_from("x😀[").map(lambda one: one * 1_001),
    )
)
numbers = st.one_of(
    st.integers(),
    st.integers(1, 4_299).map(lambda digits: 10**digits),
    st.floats(allow_nan=False, allow_infinity=False),
)
any_json: st.SearchStrategy[Json] = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, any_text),
    lambda inside: st.one_of(st.lists(inside, max_size=4), st.dictionaries(any_text, inside, max_size=4)),
    max_leaves=8,
)

dates = st.builds(
    lambda moment, minutes: moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat(),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- bounds must be naive
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
optional_text = st.none() | any_text

failures: st.SearchStrategy[Json] = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "stage": st.none() | st.sampled_from([stage.value for stage in Stage]),
        "httpStatus": st.none() | st.integers(100, 599) | st.integers(100, 599).map(float),
        "headers": st.none() | st.dictionaries(any_text, any_json, max_size=3),
        "body": any_json,
        "code": st.none() | st.integers() | st.sampled_from(list(FailureReasonType)) | any_text,
        "message": optional_text,
        "exception": optional_text,
        "more": any_json,
    },
)

good_results: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {
        "accountingEntryId": st.integers(1, 5).map(entry) | st.uuids().map(lambda each: str(each).upper()),
        "status": st.sampled_from([status.value for status in ItemStatus]),
    },
    optional={
        "exportedAt": st.none() | dates,
        "externalId": optional_text.filter(lambda text: text is None or len(text) <= 1000),
        "externalUrl": st.none() | st.sampled_from(["https://books.test/7", "HTTP://x/\x00\ud800\uffff"]),
        "failure": failures,
        "failureReasonType": optional_text | st.sampled_from(list(FailureReasonType)),
        "failureReason": optional_text,
        "more": any_json,
    },
)


@st.composite
def spoilt(draw: st.DrawFn, wholes: st.SearchStrategy[dict[str, Json]], depth: int = 2) -> dict[str, Json]:
    """An object in which something somewhere was left out or replaced by something else."""
    whole = draw(wholes)
    if not whole:
        return whole
    name = draw(st.sampled_from(sorted(whole)))
    inside = whole[name]
    if depth and isinstance(inside, dict) and draw(st.booleans()):
        return {**whole, name: draw(spoilt(st.just(inside), depth - 1))}
    if draw(st.booleans()):
        return {each: value for each, value in whole.items() if each != name}
    return {**whole, name: draw(any_json)}


results: st.SearchStrategy[Json] = st.one_of(good_results, good_results, spoilt(good_results), any_json)

messages: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {
        "exportJobId": st.integers(1, 3).map(job),
        "system": st.sampled_from(["xero", "Sage-Intacct", "åäö \ud800\x00"]),
        "results": st.lists(results, min_size=1, max_size=5),
    },
    optional={"companyId": st.none() | st.integers(1, 2).map(company), "more": any_json},
)

wrappers = st.sampled_from([lambda content: content, in_eventbridge, in_sns, in_cloudevent])


@st.composite
def bodies(draw: st.DrawFn, contents: st.SearchStrategy[dict[str, Json]] = messages) -> str:
    """A record's body with a message in it, bare or wrapped, as SQS could hand it out."""
    content: Json = draw(contents)
    for wrapper in draw(st.lists(wrappers, max_size=3)):
        content = wrapper(content)
    return json.dumps(content)
