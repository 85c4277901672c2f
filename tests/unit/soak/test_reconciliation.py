"""The soak's reconciliation of made-up findings: it has to see every way in which they can be wrong."""

from dataclasses import replace

import pytest

from export_adapter_workstation.local.pleo import ReceivedRequest
from export_adapter_workstation.soak import reconciliation
from export_adapter_workstation.soak.reconciliation import (
    Content,
    Expected,
    Found,
    ItemKey,
    ParkedCopy,
    Reconciliation,
    reconcile,
)

COMPANY = "company"
DONE = Content("successful", "2026-03-04T09:00:01Z", "EXT-1")
BEGUN = Content("in_progress", "2026-03-04T09:00:00Z", "EXT-0")
TAKEN, REFUSED, UNREADABLE = ItemKey("job", "taken"), ItemKey("job", "refused"), ItemKey("", "unreadable")

SENT = {
    TAKEN: Expected(frozenset({DONE}), company_id=COMPANY),
    REFUSED: Expected(frozenset({DONE}), frozenset({"item_rejected"}), COMPANY),
    UNREADABLE: Expected(error_types=frozenset({"invalid_message"})),
}
REFUSED_COPY = ParkedCopy(REFUSED, "item_rejected", "Pleo refused the item")
UNREADABLE_COPY = ParkedCopy(UNREADABLE, "invalid_message", "body is not JSON")
ALL_WELL = Found(at_pleo={TAKEN: DONE}, parked=(REFUSED_COPY, UNREADABLE_COPY))


def element(entry: str, content: Content) -> dict[str, object]:
    return {
        "accountingEntryId": entry,
        "status": content.status,
        "exportedAt": content.exported_at,
        "externalId": content.external_id,
    }


def request(*items: dict[str, object], **changes: object) -> ReceivedRequest:
    fields: dict[str, object] = {
        "number": 7,
        "method": "PUT",
        "path": "/v1/export-jobs/job/items",
        "credential": COMPANY,
        "job_id": "job",
        "items": items,
        "status": 200,
    }
    return ReceivedRequest(**{**fields, **changes})  # type: ignore[arg-type]  # the fields are those above


def kinds(made: Reconciliation) -> list[str]:
    return [problem.kind for problem in made.problems]


def test_a_reconciliation_is_clean_where_every_item_is_where_it_belongs() -> None:
    made = reconcile(SENT, ALL_WELL)

    assert made.is_clean
    assert (made.sent, made.delivered, made.parked, made.on_queue, made.lost) == (3, 1, 2, 0, 0)
    assert made.parked_by_reason == {"item_rejected": 1, "invalid_message": 1}


def test_an_item_that_is_nowhere_is_lost() -> None:
    made = reconcile(SENT, replace(ALL_WELL, at_pleo={}))

    assert kinds(made) == [reconciliation.LOST]
    assert made.lost == 1
    assert not made.is_clean


def test_an_item_that_is_still_on_the_queue_is_not_lost_whatever_pleo_has_of_it() -> None:
    for at_pleo in ({}, {TAKEN: BEGUN}):
        made = reconcile(SENT, replace(ALL_WELL, at_pleo=at_pleo, on_queue=frozenset({TAKEN})))

        assert made.problems == ()
        assert made.on_queue == 1
        assert not made.is_clean


def test_an_item_with_the_content_of_another_one_is_wrong() -> None:
    another = replace(DONE, external_id="EXT-2")

    made = reconcile(SENT, replace(ALL_WELL, at_pleo={TAKEN: another}))

    assert kinds(made) == [reconciliation.WRONG_CONTENT]
    assert made.delivered == 1
    assert not made.is_clean


@pytest.mark.parametrize(
    "copy",
    [
        ParkedCopy(TAKEN, None),
        ParkedCopy(TAKEN, None, "because"),
        ParkedCopy(TAKEN, "item_rejected", ""),
    ],
)
def test_a_parked_item_needs_a_type_and_a_message(copy: ParkedCopy) -> None:
    made = reconcile(SENT, replace(ALL_WELL, at_pleo={}, parked=(*ALL_WELL.parked, copy)))

    assert kinds(made) == [reconciliation.WITHOUT_REASON]


def test_what_sqs_moved_itself_has_its_reason_but_does_not_belong_there_for_good() -> None:
    moved = ParkedCopy(TAKEN, None, moved_by_sqs=True)

    made = reconcile(SENT, replace(ALL_WELL, at_pleo={}, parked=(*ALL_WELL.parked, moved)))

    assert kinds(made) == [reconciliation.NEEDLESSLY]
    assert made.parked_by_reason["moved by SQS"] == 1


def test_an_item_that_pleo_has_and_that_is_parked_too_is_in_two_places() -> None:
    made = reconcile(SENT, replace(ALL_WELL, at_pleo={TAKEN: DONE, REFUSED: DONE}))

    assert kinds(made) == [reconciliation.TWICE]
    assert made.delivered + made.parked == made.sent


def test_an_item_that_pleo_takes_must_not_be_left_parked() -> None:
    given_up = ParkedCopy(TAKEN, "retries_exhausted", "given up after 5 receives")

    made = reconcile(SENT, replace(ALL_WELL, at_pleo={}, parked=(*ALL_WELL.parked, given_up)))

    assert kinds(made) == [reconciliation.NEEDLESSLY]


def test_an_item_that_is_parked_for_another_reason_than_its_own_is_a_problem() -> None:
    other = replace(REFUSED_COPY, error_type="job_finished")

    made = reconcile(SENT, replace(ALL_WELL, parked=(other, UNREADABLE_COPY)))

    assert kinds(made) == [reconciliation.NEEDLESSLY]


def test_an_item_that_pleo_must_not_have_is_a_problem() -> None:
    made = reconcile(SENT, replace(ALL_WELL, at_pleo={TAKEN: DONE, REFUSED: DONE}, parked=(UNREADABLE_COPY,)))

    assert kinds(made) == [reconciliation.UNEXPECTED]


@pytest.mark.parametrize(
    "found",
    [
        replace(ALL_WELL, at_pleo={TAKEN: DONE, ItemKey("job", "stranger"): DONE}),
        replace(ALL_WELL, parked=(*ALL_WELL.parked, ParkedCopy(ItemKey("", "stranger"), "x", "y"))),
        replace(ALL_WELL, on_queue=frozenset({ItemKey("job", "stranger")})),
    ],
)
def test_what_nobody_sent_is_a_problem_wherever_it_is(found: Found) -> None:
    assert kinds(reconcile(SENT, found)) == [reconciliation.NEVER_SENT]


def test_further_copies_of_a_parked_item_are_counted_but_hurt_nobody() -> None:
    made = reconcile(SENT, replace(ALL_WELL, parked=(REFUSED_COPY, REFUSED_COPY, UNREADABLE_COPY)))

    assert made.is_clean
    assert made.parked == 2
    assert made.extra_copies == 1


def test_every_further_copy_needs_its_reason_too() -> None:
    without = replace(REFUSED_COPY, error_type=None)

    made = reconcile(SENT, replace(ALL_WELL, parked=(REFUSED_COPY, without, UNREADABLE_COPY)))

    assert kinds(made) == [reconciliation.WITHOUT_REASON]


@pytest.mark.parametrize(
    ("received", "kind"),
    [
        pytest.param(request(element("taken", DONE)), None, id="as it should be"),
        pytest.param(request(element("taken", DONE), element("refused", DONE)), None, id="two of one job"),
        pytest.param(request(element("taken", DONE), credential=None), None, id="with a refused token"),
        pytest.param(
            request(element("taken", BEGUN), method="GET", status=400), None, id="that updates nothing"
        ),
        pytest.param(
            request(element("taken", DONE), status=400, fault="status 503"), None, id="met by a fault"
        ),
        pytest.param(
            request(element("taken", DONE), status=400), reconciliation.ILLEGAL, id="that Pleo cannot read"
        ),
        pytest.param(
            request(element("taken", DONE), credential="other"),
            reconciliation.WRONG_COMPANY,
            id="for another company",
        ),
        pytest.param(request(element("stranger", DONE)), reconciliation.MIXED, id="with another job's item"),
        pytest.param(
            request(element("taken", BEGUN)), reconciliation.MIXED, id="with a content nobody sent in"
        ),
        pytest.param(request(element("taken", DONE), job_id=None), reconciliation.MIXED, id="without a job"),
    ],
)
def test_a_request_is_looked_at(received: ReceivedRequest, kind: str | None) -> None:
    made = reconcile(SENT, replace(ALL_WELL, requests=(received,)))

    assert kinds(made) == ([kind] if kind else [])


def test_a_request_with_101_items_is_too_large() -> None:
    sent = {ItemKey("job", str(at)): Expected(frozenset({DONE}), company_id=COMPANY) for at in range(101)}
    held = dict.fromkeys(sent, DONE)
    all_at_once = request(*(element(str(at), DONE) for at in range(101)))

    assert kinds(reconcile(sent, Found(at_pleo=held, requests=(all_at_once,)))) == [reconciliation.TOO_LARGE]


def test_a_request_may_be_refused_as_a_whole_for_the_one_bad_item_in_it() -> None:
    sent = {**SENT, REFUSED: Expected(frozenset({DONE}), frozenset({"request_rejected"}), COMPANY)}
    copy = replace(REFUSED_COPY, error_type="request_rejected")
    both = request(element("taken", DONE), element("refused", DONE), status=400)

    made = reconcile(sent, replace(ALL_WELL, parked=(copy, UNREADABLE_COPY), requests=(both,)))

    assert made.is_clean


def test_examples_are_few_and_the_first_ones() -> None:
    sent = {ItemKey("job", f"{at:04}"): Expected(frozenset({DONE})) for at in range(1000)}

    made = reconcile(sent, Found())

    assert made.count(reconciliation.LOST) == 1000
    assert len(made.examples()) == 20
    assert "0000" in made.examples()[0].what
