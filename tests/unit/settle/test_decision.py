import pytest

from export_adapter.model import (
    NO_TIME,
    Delivered,
    ErrorType,
    InvalidMessage,
    Json,
    Message,
    Outcome,
    Rejected,
    Undelivered,
    UnreadMessage,
)
from export_adapter.read.reader import read
from export_adapter.settle.decision import (
    MOST_REASONS,
    Acknowledge,
    Decision,
    Parcel,
    Park,
    ParkWhole,
    Result,
    ReturnToQueue,
    decide,
)
from tests.fakes.items import finished
from tests.fakes.messages import message, record, result

DELIVERED = Delivered("accepted")
REJECTED = Rejected(ErrorType.ITEM_REJECTED, "Pleo refused the item", 200)
WAITING = Undelivered("timeout", "Pleo did not answer in time")
MOST_RECEIVES = 5


def read_results(*results: Json) -> tuple[Result, ...]:
    found = read(record(message(*results)))
    assert isinstance(found, Message)
    return found.results


def decision(*outcomes: Outcome, results: tuple[Json, ...] = (), receive_count: int = 1) -> Decision:
    """Decide on a record with these results, else one for each outcome, numbered from 0."""
    content = message(*(results or (result(number) for number in range(len(outcomes)))))
    found = read(record(content, receive_count=receive_count))
    assert isinstance(found, Message)
    return decide(found, finished(found, *outcomes), is_last=receive_count >= MOST_RECEIVES)


def test_a_record_whose_items_are_all_delivered_is_acknowledged() -> None:
    assert decision(DELIVERED, Delivered("superseded"), DELIVERED) == Acknowledge()


def test_items_that_were_rejected_are_parked_and_the_delivered_ones_are_not() -> None:
    assert decision(DELIVERED, REJECTED, DELIVERED) == Park((Parcel(REJECTED, read_results(result(1))),))


def test_items_that_were_rejected_for_one_reason_share_a_parcel_and_other_reasons_have_their_own() -> None:
    other = Rejected(ErrorType.REQUEST_REJECTED, "Pleo answered 400", 400)
    assert decision(REJECTED, other, REJECTED) == Park(
        (Parcel(REJECTED, read_results(result(0), result(2))), Parcel(other, read_results(result(1))))
    )


def reasons(count: int, error_type: ErrorType = ErrorType.ITEM_REJECTED) -> list[Rejected]:
    return [Rejected(error_type, f"reason {number}", 200 + number) for number in range(count)]


def test_as_many_reasons_as_get_a_parcel_each_do() -> None:
    found = decision(*reasons(MOST_REASONS))

    assert isinstance(found, Park)
    assert [parcel.why for parcel in found.parcels] == reasons(MOST_REASONS)


def test_further_reasons_share_a_parcel_for_each_error_type_that_names_the_first_of_them() -> None:
    further = [*reasons(MOST_REASONS + 2)[MOST_REASONS:], *reasons(30, ErrorType.REQUEST_REJECTED)]

    found = decision(*reasons(MOST_REASONS), *further, reasons(MOST_REASONS + 1)[-1])

    assert isinstance(found, Park)
    items, requests = found.parcels[MOST_REASONS:]
    assert items.why == Rejected(ErrorType.ITEM_REJECTED, "2 reasons: reason 20; reason 21", 220)
    assert items.results == read_results(result(20), result(52), result(21))
    listed = "; ".join(f"reason {number}" for number in range(20))
    assert requests.why == Rejected(ErrorType.REQUEST_REJECTED, f"30 reasons: {listed}", 200)
    assert requests.results == read_results(*(result(number) for number in range(22, 52)))


def test_one_further_reason_keeps_its_words() -> None:
    found = decision(*reasons(MOST_REASONS + 1))

    assert isinstance(found, Park)
    assert found.parcels[-1].why == reasons(MOST_REASONS + 1)[-1]


def test_what_there_was_no_time_to_read_goes_back() -> None:
    unread = UnreadMessage(record("anything"))

    assert decide(unread, (), is_last=False) == ReturnToQueue(NO_TIME.cause, NO_TIME.reason)


def test_what_there_was_no_time_to_read_to_the_last_is_parked_whole() -> None:
    unread = UnreadMessage(record("anything", receive_count=MOST_RECEIVES))

    assert decide(unread, (), is_last=True) == ParkWhole(
        Rejected(ErrorType.RETRIES_EXHAUSTED, f"given up after 5 receives: {NO_TIME.reason}")
    )


@pytest.mark.parametrize("receive_count", range(1, MOST_RECEIVES))
def test_one_item_that_may_still_succeed_takes_the_whole_record_back_and_nothing_is_parked(
    receive_count: int,
) -> None:
    assert decision(DELIVERED, REJECTED, WAITING, receive_count=receive_count) == ReturnToQueue(
        "timeout", "Pleo did not answer in time"
    )


def test_a_record_goes_back_for_as_long_as_pleo_asked_at_most() -> None:
    waits = (Undelivered("rate_limited", "429", 429, wait) for wait in (None, 30.0, 5.0))
    found = decision(*waits)
    assert isinstance(found, ReturnToQueue)
    assert found.retry_after == 30.0


@pytest.mark.parametrize("receive_count", [MOST_RECEIVES, MOST_RECEIVES + 1, 1000])
def test_on_its_last_receive_what_is_left_is_parked_with_the_last_cause(receive_count: int) -> None:
    exhausted = Rejected(
        ErrorType.RETRIES_EXHAUSTED,
        f"given up after {receive_count} receives: Pleo answered 503",
        503,
    )
    outcome = Undelivered("pleo_unavailable", "Pleo answered 503", 503, 60.0)
    assert decision(DELIVERED, outcome, REJECTED, receive_count=receive_count) == Park(
        (Parcel(exhausted, read_results(result(1))), Parcel(REJECTED, read_results(result(2))))
    )


def test_what_had_no_credentials_to_the_last_is_parked_as_just_that() -> None:
    outcome = Undelivered("no_credentials", "there is no secret for the company")
    found = decision(outcome, receive_count=MOST_RECEIVES)
    assert isinstance(found, Park)
    assert found.parcels[0].why.error_type is ErrorType.NO_CREDENTIALS
    assert "there is no secret for the company" in found.parcels[0].why.reason


@pytest.mark.parametrize("cause", ["credentials_refused", "credentials_unavailable", "forbidden", "bug"])
def test_every_other_cause_is_parked_as_exhausted_retries(cause: str) -> None:
    found = decision(Undelivered(cause, "why"), receive_count=MOST_RECEIVES)
    assert isinstance(found, Park)
    assert found.parcels[0].why.error_type is ErrorType.RETRIES_EXHAUSTED


def test_a_bad_result_is_parked_alone_as_it_was_written() -> None:
    bad = result(1, "done", extra=[1])
    found = decision(DELIVERED, results=(result(0), bad))
    assert isinstance(found, Park)
    ((parcel),) = found.parcels
    assert (parcel.why.error_type, parcel.results) == (ErrorType.INVALID_RESULT, read_results(bad))
    assert parcel.why.reason.startswith("results[].status: ")


def test_a_bad_result_waits_with_its_record_while_a_neighbour_may_still_succeed() -> None:
    assert isinstance(decision(WAITING, results=(result(0), None)), ReturnToQueue)


def test_a_thousand_results_that_break_one_rule_are_one_parcel() -> None:
    found = decision(results=tuple(result(number, "done") for number in range(1000)))
    assert isinstance(found, Park)
    assert len(found.parcels) == 1
    assert len(found.parcels[0].results) == 1000


@pytest.mark.parametrize("is_last", [True, False])
def test_what_is_no_message_is_parked_whole(*, is_last: bool) -> None:
    unreadable = InvalidMessage(record("no JSON"), "body is not JSON")
    assert decide(unreadable, (), is_last=is_last) == ParkWhole(
        Rejected(ErrorType.INVALID_MESSAGE, "body is not JSON")
    )


def test_a_result_without_an_outcome_is_an_error_and_never_acknowledged() -> None:
    with pytest.raises(LookupError):
        decision(results=(result(0),))
