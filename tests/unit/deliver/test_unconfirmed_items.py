"""Items that Pleo neither took nor surely refused: looked up, sent once more, and only then given up."""

import pytest

from export_adapter.deliver.http import Answer
from export_adapter.model import Delivered, ErrorType, ItemStatus, Rejected, Superseded
from tests.unit.deliver.fakes import (
    REFUSED,
    Reply,
    Request,
    accept,
    answer,
    entry,
    error,
    items,
    page,
    refuse,
    scene,
    updated,
)


@pytest.fixture(
    params=[
        lambda request: updated(request, refused={2: REFUSED}),
        lambda request: updated(request, refused={2: "ACCOUNTING_ENTRY_UPDATE_FAILED"}),
        lambda request: updated(request, refused={2: "A_TYPE_OF_NEXT_YEAR"}),
        lambda request: updated(request, left_out=[2]),
        lambda request: updated(request, other_status={2: "pending"}),
        lambda request: updated(request, other_status={2: ""}),
    ],
    ids=[
        "status_update_failed",
        "entry_update_failed",
        "new_type",
        "neither_list",
        "other_status",
        "no_status",
    ],
)
def unconfirming(request: pytest.FixtureRequest) -> Reply:
    """An answer that leaves item 2 unconfirmed and takes the others."""
    reply: Reply = request.param
    return reply


def test_an_unconfirmed_item_is_delivered_where_pleo_holds_the_status_already(unconfirming: Reply) -> None:
    adapter, http = scene(unconfirming, page({1: "successful", 2: "Successful"}))

    result = adapter.deliver(*items(1, 2, 3))

    assert result.of(2) == Delivered("Pleo stored the status already")
    assert http.methods == "PUT GET"


def test_an_unconfirmed_item_is_sent_once_more_without_the_others(unconfirming: Reply) -> None:
    adapter, http = scene(unconfirming, page({2: "pending"}), accept)

    result = adapter.deliver(*items(1, 2, 3))

    assert result.of(2) == Delivered("accepted")
    assert http.sent == [[1, 2, 3], [2]]


def test_an_item_refused_a_second_time_is_rejected_with_pleos_message(unconfirming: Reply) -> None:
    adapter, http = scene(unconfirming, page({2: "pending"}), refuse(2))

    result = adapter.deliver(*items(1, 2, 3))

    told = f"Pleo refused the item: {REFUSED}, Message about 2."
    assert result.of(2) == Rejected(ErrorType.ITEM_REJECTED, told, 200)
    assert result.of(1) == result.of(3) == Delivered("accepted")
    assert http.methods == "PUT GET PUT"


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (lambda sent: updated(sent, left_out=[1]), "Pleo's answer does not mention the item"),
        (
            lambda sent: updated(sent, other_status={1: "failed"}),
            "Pleo answered with status failed, not successful",
        ),
        (lambda sent: updated(sent, other_status={1: ""}), "Pleo answered with status none, not successful"),
        (lambda sent: updated(sent, refused={1: ""}), "Pleo refused the item: no type, Message about 1."),
    ],
)
def test_a_second_refusal_is_told_in_the_words_of_its_own_answer(second: Reply, told: str) -> None:
    adapter, _ = scene(refuse(1), page({}), second)

    assert adapter.deliver(*items(1)).of(1) == Rejected(ErrorType.ITEM_REJECTED, told, 200)


def test_an_entry_that_turns_out_not_to_exist_is_rejected() -> None:
    gone = {1: "ACCOUNTING_ENTRY_DOES_NOT_EXIST"}
    adapter, _ = scene(refuse(1), page({}), lambda sent: updated(sent, refused=gone))

    outcome = adapter.deliver(*items(1)).of(1)

    assert isinstance(outcome, Rejected)
    assert outcome.error_type is ErrorType.ITEM_REJECTED


def test_an_item_in_both_lists_counts_as_refused() -> None:
    def both(request: Request) -> Answer:
        refused = {"accountingEntryId": entry(1), "type": REFUSED, "message": "no"}
        return answer(200, {"data": request.updates, "errors": [refused]})

    adapter, http = scene(both, page({1: "successful"}))

    assert adapter.deliver(*items(1, 2)).of(1) == Delivered("Pleo stored the status already")
    assert http.methods == "PUT GET"


def test_what_an_answer_says_of_entries_that_were_not_sent_is_ignored() -> None:
    def reply(request: Request) -> Answer:
        stranger = {"accountingEntryId": entry(9), "status": "failed"}
        return answer(200, {"data": [*request.updates, stranger, 7, None], "errors": ["x", {}, stranger]})

    adapter, _ = scene(reply)

    assert adapter.deliver(*items(1, 2)).all() == {Delivered("accepted")}


def test_the_whole_job_is_sent_before_its_unconfirmed_items_are_followed_up_together() -> None:
    adapter, http = scene(refuse(5), refuse(150), accept, page({}), accept)

    assert adapter.deliver(*items(*range(250))).all() == {Delivered("accepted")}
    assert http.methods == "PUT PUT PUT GET PUT"
    assert http.sent[3] == [5, 150]


def test_more_unconfirmed_items_than_one_request_takes_are_sent_in_batches() -> None:
    everything = refuse(*range(250))
    adapter, http = scene(everything, everything, everything, page({}))

    assert adapter.deliver(*items(*range(250))).all() == {Delivered("accepted")}
    assert [len(sent) for sent in http.sent[3:]] == [100, 100, 50]


def test_a_job_that_finishes_meanwhile_does_not_make_a_duplicate_delivery_a_failure() -> None:
    finished = error(422, "EXPORT_JOB_STATUS_UNPROCESSABLE")
    adapter, http = scene(refuse(1, 2), finished, page({1: "successful"}), finished)

    result = adapter.deliver(*items(*range(150)))

    assert result.of(0) == Delivered("accepted")
    assert result.of(1) == Delivered("Pleo stored the status already")
    for number in (2, 100, 149):
        outcome = result.of(number)
        assert isinstance(outcome, Rejected)
        assert outcome.error_type is ErrorType.JOB_FINISHED
    assert http.methods == "PUT PUT GET PUT"


def test_an_unconfirmed_item_is_looked_up_although_the_rest_of_its_batch_came_too_late() -> None:
    finished = error(422, "EXPORT_JOB_STATUS_UNPROCESSABLE")
    adapter, http = scene(refuse(1), finished, page({1: "successful"}))
    adapter.limit.lower(2)

    result = adapter.deliver(*items(1, 2, 3))

    assert result.of(1) == Delivered("Pleo stored the status already")
    assert isinstance(result.of(3), Rejected)
    assert http.sent == [[1, 2], [3]]


def test_a_bad_item_among_those_sent_once_more_is_found_by_halving() -> None:
    adapter, http = scene(refuse(1, 2), page({}), error(400), error(422), accept)

    result = adapter.deliver(*items(1, 2))

    assert isinstance(result.of(1), Rejected)
    assert result.of(2) == Delivered("accepted")
    assert http.sent == [[1, 2], [1, 2], [1], [2]]


@pytest.mark.parametrize("status", [ItemStatus.PENDING, ItemStatus.IN_PROGRESS])
@pytest.mark.parametrize("held", ["failed", "successful", "abandoned"])
def test_a_non_terminal_status_is_not_sent_again_over_a_terminal_one_that_pleo_holds(
    status: ItemStatus, held: str
) -> None:
    adapter, http = scene(page({}), refuse(1), page({1: held}))

    result = adapter.deliver(*items(1, status=status))

    assert result.of(1) == Superseded("Pleo stores a result of the entry that counts more")
    assert http.methods == "GET PUT GET"


@pytest.mark.parametrize(
    ("status", "held"),
    [
        (ItemStatus.IN_PROGRESS, "pending"),
        (ItemStatus.PENDING, "in_progress"),
        (ItemStatus.SUCCESSFUL, "failed"),
        (ItemStatus.FAILED, "in_progress"),
    ],
)
def test_any_other_status_that_pleo_holds_is_overwritten(status: ItemStatus, held: str) -> None:
    first = [] if status.is_terminal else [page({1: held})]
    adapter, http = scene(*first, refuse(1), page({1: held}), accept)

    assert adapter.deliver(*items(1, status=status)).of(1) == Delivered("accepted")
    assert http.methods.endswith("PUT GET PUT")
