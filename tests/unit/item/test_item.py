import pytest

from export_adapter.item import Item
from export_adapter.model import Delivered, ErrorType, JobKey, Outcome, Rejected, Superseded, Undelivered
from tests.fakes.items import item as item_of
from tests.fakes.messages import entry, job

ACCEPTED = Delivered("accepted")
REFUSED = Rejected(ErrorType.ITEM_REJECTED, "Pleo refused the item", 200)
LATE = Undelivered("out_of_time", "the invocation ended before the answer came")


def item(*superseded: Item) -> Item:
    return item_of(JobKey(job()), entry(), superseded=superseded)


def test_the_outcome_that_is_set_first_stays() -> None:
    one = item()
    one.finish(REFUSED)
    one.finish(ACCEPTED)
    assert one.outcome == REFUSED


def test_an_outcome_that_is_not_known_yet_cannot_be_taken_for_one() -> None:
    one = item()
    assert not one.has_outcome
    with pytest.raises(LookupError):
        _ = one.outcome


def test_what_is_superseded_by_a_delivered_result_is_settled_as_superseded() -> None:
    others = [item(), item()]
    item(*others).finish(ACCEPTED)
    assert [type(one.outcome) for one in others] == [Superseded, Superseded]


@pytest.mark.parametrize("outcome", [REFUSED, LATE, Superseded("Pleo stores what counts more")])
def test_what_is_superseded_shares_every_other_outcome(outcome: Outcome) -> None:
    other = item()
    item(other).finish(outcome)
    assert other.outcome == outcome


def test_two_results_that_are_alike_are_two_items() -> None:
    assert len({item(), item()}) == 2
