import json
from dataclasses import dataclass, field

import pytest

from export_adapter.item import Item
from export_adapter.model import (
    Delivered,
    ErrorType,
    InvalidMessage,
    Message,
    Outcome,
    Record,
    Rejected,
    Undelivered,
)
from export_adapter.parked_message import ParkedMessage
from export_adapter.read.reader import read
from export_adapter.settle.decision import Park, ReturnToQueue
from export_adapter.settle.queues import LONGEST_CALL
from export_adapter.settle.settlement import Parked, Settlement, SettlementReport
from tests.fakes.clock import FakeClock
from tests.fakes.items import finished
from tests.fakes.messages import entry, message, record, result
from tests.fakes.queues import MIB, FakeDeadLetterQueue, FakeVisibilityTimeouts

DELIVERED = Delivered("accepted")
REJECTED = Rejected(ErrorType.ITEM_REJECTED, "Pleo refused the item", 200)
OTHERWISE_REJECTED = Rejected(ErrorType.REQUEST_REJECTED, "Pleo answered 400", 400)
WAITING = Undelivered("timeout", "Pleo did not answer in time")
LAST = 5


@dataclass
class Desk:
    """A settlement over fake queues, and the records it is given with what became of their results."""

    dead_letters: FakeDeadLetterQueue = field(default_factory=FakeDeadLetterQueue)
    visibility: FakeVisibilityTimeouts = field(default_factory=FakeVisibilityTimeouts)
    clock: FakeClock = field(default_factory=FakeClock)
    seconds: float = 60.0
    records: list[Message | InvalidMessage] = field(default_factory=list[Message | InvalidMessage])
    items: list[list[Item]] = field(default_factory=list[list[Item]])

    def take(self, *outcomes: Outcome, name: str = "", receive_count: int = 1) -> str:
        """Take a record with one result for each outcome, the first with the number of the record."""
        position = len(self.records)
        results = (result(100 * position + place) for place in range(len(outcomes)))
        return self.take_record(record(message(*results), name or f"m-{position}", receive_count), *outcomes)

    def take_record(self, taken: Record, *outcomes: Outcome) -> str:
        found = read(taken)
        self.records.append(found)
        self.items.append(finished(found, *outcomes) if isinstance(found, Message) else [])
        return taken.message_id

    def settle(self) -> SettlementReport:
        settlement = Settlement(self.dead_letters, self.visibility, LAST, lambda: 0.0)
        report = settlement.settle(self.records, self.items, self.clock.deadline(self.seconds))
        assert self.dead_letters.illegal == []
        assert self.visibility.illegal == []
        return report


@pytest.fixture
def desk() -> Desk:
    return Desk()


def entries(parked: ParkedMessage) -> list[str]:
    return [one["accountingEntryId"] for one in json.loads(parked.body)["results"]]


def test_nothing_at_all_settles_to_nothing(desk: Desk) -> None:
    report = desk.settle()
    assert report.batch_item_failures == []
    assert (desk.dead_letters.requests, desk.visibility.requests) == ([], 0)


def test_delivered_records_are_acknowledged_without_a_call_to_sqs(desk: Desk) -> None:
    desk.take(DELIVERED, DELIVERED)
    desk.take(DELIVERED)
    assert desk.settle().batch_item_failures == []
    assert (desk.dead_letters.requests, desk.visibility.requests) == ([], 0)


def test_a_record_is_acknowledged_once_what_failed_of_it_is_parked(desk: Desk) -> None:
    desk.take(DELIVERED, REJECTED)
    assert desk.settle().batch_item_failures == []
    assert [entries(parked) for parked in desk.dead_letters.messages] == [[entry(1)]]


def test_what_may_still_succeed_goes_back_and_nothing_of_it_is_parked(desk: Desk) -> None:
    returned = desk.take(DELIVERED, REJECTED, WAITING)
    desk.take(DELIVERED)
    assert desk.settle().batch_item_failures == [returned]
    assert desk.dead_letters.requests == []


def test_what_goes_back_gets_a_visibility_timeout_of_its_own(desk: Desk) -> None:
    desk.take(WAITING, name="first", receive_count=1)
    desk.take(WAITING, name="fourth", receive_count=4)
    desk.take(Undelivered("rate_limited", "429", 429, 77.0), name="asked")
    desk.take(DELIVERED, name="done")
    desk.settle()
    assert desk.visibility.seconds == {
        "handle of first": 30,
        "handle of fourth": 210,
        "handle of asked": 77,
    }


def test_on_its_last_receive_what_is_left_is_parked_and_the_record_acknowledged(desk: Desk) -> None:
    desk.take(DELIVERED, WAITING, receive_count=LAST)
    assert desk.settle().batch_item_failures == []
    (parked,) = desk.dead_letters.messages
    assert parked.attributes["errorType"] == "retries_exhausted"
    assert "Pleo did not answer in time" in parked.attributes["errorMessage"]


def test_what_is_no_message_is_parked_and_its_neighbours_are_settled(desk: Desk) -> None:
    desk.take_record(record("no JSON", "bad"))
    returned = desk.take(WAITING)
    assert desk.settle().batch_item_failures == [returned]
    assert [parked.body for parked in desk.dead_letters.messages] == ["no JSON"]


def test_a_record_whose_parking_sqs_did_not_confirm_goes_back_and_the_others_do_not(desk: Desk) -> None:
    desk.take(REJECTED, name="lost")
    desk.take(REJECTED, name="safe")
    desk.dead_letters.refuses = lambda parked: parked.attributes["sourceMessageId"] == "lost"
    report = desk.settle()
    assert report.batch_item_failures == ["lost"]
    assert report.problems == ("InternalError",)
    assert "handle of lost" in desk.visibility.seconds
    assert [parked.attributes["sourceMessageId"] for parked in desk.dead_letters.messages] == ["safe"]


def test_a_record_is_not_acknowledged_while_one_of_its_parcels_is_not_confirmed(desk: Desk) -> None:
    returned = desk.take(REJECTED, OTHERWISE_REJECTED)
    desk.dead_letters.refuses = lambda parked: parked.attributes["errorType"] == "request_rejected"
    report = desk.settle()
    assert report.batch_item_failures == [returned]
    decision = report.settled[0].decision
    assert isinstance(decision, ReturnToQueue)
    assert decision.cause == "not_parked"


def test_a_dead_letter_queue_that_is_down_sends_everything_back_and_loses_nothing(desk: Desk) -> None:
    names = [desk.take(REJECTED) for _ in range(25)]
    delivered = desk.take(DELIVERED)
    desk.dead_letters.is_down = True
    assert desk.settle().batch_item_failures == names
    assert delivered not in names


@pytest.mark.parametrize("receive_count", [1, LAST])
def test_what_sqs_kept_but_did_not_confirm_goes_back_as_well(desk: Desk, receive_count: int) -> None:
    returned = desk.take(REJECTED, receive_count=receive_count)
    desk.dead_letters.keeps_but_does_not_confirm = lambda _: True
    assert desk.settle().batch_item_failures == [returned]


def test_a_failed_visibility_timeout_changes_nothing_about_what_goes_back(desk: Desk) -> None:
    returned = [desk.take(WAITING), desk.take(WAITING)]
    desk.visibility.refuses = lambda handle: handle.endswith("m-0")
    report = desk.settle()
    assert report.batch_item_failures == returned
    assert report.problems == ("InternalError",)
    assert list(desk.visibility.seconds) == ["handle of m-1"]


def test_parked_messages_are_sent_ten_at_a_time(desk: Desk) -> None:
    for _ in range(25):
        desk.take(REJECTED)
    assert desk.settle().batch_item_failures == []
    assert [len(request) for request in desk.dead_letters.requests] == [10, 10, 5]


def test_parked_messages_share_a_request_only_up_to_what_sqs_takes_in_one(desk: Desk) -> None:
    for number in range(5):
        body = message(result(number, failure={"body": "x" * (MIB * 2 // 5)}))
        desk.take_record(record(body, f"m-{number}"), REJECTED)
    assert desk.settle().batch_item_failures == []
    assert [len(request) for request in desk.dead_letters.requests] == [2, 2, 1]


def test_the_right_record_goes_back_where_its_parcels_lie_in_two_requests(desk: Desk) -> None:
    for _ in range(9):
        desk.take(REJECTED)
    returned = desk.take(REJECTED, OTHERWISE_REJECTED)
    desk.dead_letters.refuses = lambda parked: parked.attributes["errorType"] == "request_rejected"
    assert desk.settle().batch_item_failures == [returned]


def test_visibility_timeouts_are_changed_ten_at_a_time(desk: Desk) -> None:
    for _ in range(25):
        desk.take(WAITING)
    desk.settle()
    assert desk.visibility.requests == 3
    assert len(desk.visibility.seconds) == 25


def test_no_call_is_begun_that_could_outlast_the_deadline(desk: Desk) -> None:
    desk.seconds = LONGEST_CALL + 10.0
    desk.dead_letters.on_request = lambda: desk.clock.sleep(6.0)
    names = [desk.take(REJECTED) for _ in range(30)]
    report = desk.settle()
    assert report.batch_item_failures == names[20:]
    assert len(desk.dead_letters.requests) == 2
    assert report.problems == ("no_time_to_park", "no_time_to_change_visibility")


def test_a_call_is_begun_while_the_longest_one_still_fits(desk: Desk) -> None:
    desk.seconds = LONGEST_CALL + 0.5
    desk.take(REJECTED)
    returned = desk.take(WAITING)
    assert desk.settle().batch_item_failures == [returned]
    assert len(desk.dead_letters.messages) == 1
    assert f"handle of {returned}" in desk.visibility.seconds


@pytest.mark.parametrize("seconds", [LONGEST_CALL, 0.0, -5.0])
@pytest.mark.parametrize("receive_count", [1, LAST])
def test_without_time_for_a_single_call_everything_that_is_not_delivered_goes_back(
    desk: Desk, seconds: float, receive_count: int
) -> None:
    desk.seconds = seconds
    desk.take(DELIVERED)
    rejected = desk.take(REJECTED, receive_count=receive_count)
    waiting = desk.take(WAITING, receive_count=receive_count)
    desk.take_record(record("no JSON", "bad", receive_count))
    assert desk.settle().batch_item_failures == [rejected, waiting, "bad"]
    assert (desk.dead_letters.requests, desk.visibility.requests) == ([], 0)


def test_a_result_that_fits_in_no_message_with_its_reason_is_left_to_sqs(desk: Desk) -> None:
    frame = len(json.dumps(message(result(0, failure={"body": ""})), separators=(",", ":")))
    body = message(result(0, failure={"body": "x" * (MIB - frame)}))
    desk.take_record(record(json.dumps(body, separators=(",", ":")), "full", LAST), REJECTED)
    desk.take(REJECTED)
    report = desk.settle()
    assert report.batch_item_failures == ["full"]
    assert report.problems == ("parked_message_too_large",)
    assert len(desk.dead_letters.messages) == 1


def test_the_ids_that_go_back_are_named_once_each_in_the_order_of_the_event(desk: Desk) -> None:
    for name in ("b", "a", "b"):
        desk.take(WAITING, name=name)
    assert desk.settle().batch_item_failures == ["b", "a"]


def test_every_record_is_reported_in_the_order_of_the_event(desk: Desk) -> None:
    desk.take(DELIVERED)
    desk.take(REJECTED)
    desk.take(WAITING)
    report = desk.settle()
    assert [one.read.record.message_id for one in report.settled] == ["m-0", "m-1", "m-2"]
    assert [len(one.parked) for one in report.settled] == [0, 1, 0]


def test_a_park_that_failed_is_reported_as_given_back_with_nothing_parked(desk: Desk) -> None:
    desk.take(REJECTED)
    desk.dead_letters.is_down = True
    (settled,) = desk.settle().settled
    assert isinstance(settled.decision, ReturnToQueue)
    assert settled.parked == ()


def test_what_was_parked_is_reported_with_the_decision_behind_it_and_without_its_body(desk: Desk) -> None:
    desk.take(REJECTED)
    (settled,) = desk.settle().settled
    assert isinstance(settled.decision, Park)
    assert [parcel.why for parcel in settled.decision.parcels] == [REJECTED]
    (parked,) = settled.parked
    assert parked == Parked(desk.dead_letters.messages[0].attributes, (entry(0),))


def test_what_is_too_large_to_be_parked_goes_back_and_says_how_large_it_is(desk: Desk) -> None:
    body = json.dumps(message(result(0, failure={"body": ""})))
    filled = body.replace('"body": ""', f'"body": "{"x" * (MIB - len(body))}"')
    desk.take_record(record(filled), REJECTED)
    (settled,) = desk.settle().settled
    assert isinstance(settled.decision, ReturnToQueue)
    assert settled.decision.cause == "parked_message_too_large"
    assert settled.decision.reason.startswith("with its reason the message has 10")
    assert settled.decision.reason.endswith(" bytes, more than SQS takes")


def test_what_the_dead_letter_queue_did_not_confirm_goes_back_and_says_so(desk: Desk) -> None:
    desk.take(REJECTED)
    desk.dead_letters.is_down = True
    (settled,) = desk.settle().settled
    assert settled.decision == ReturnToQueue(
        "not_parked", "the dead-letter queue did not confirm what was to be parked"
    )


def test_nothing_waits_longer_than_the_deployment_says(desk: Desk) -> None:
    desk.take(Undelivered("rate_limited", "Pleo answered 429", 429, retry_after=3600.0))
    settlement = Settlement(desk.dead_letters, desk.visibility, LAST, lambda: 1.0, longest_pause=7)
    settlement.settle(desk.records, desk.items, desk.clock.deadline(60))
    assert list(desk.visibility.seconds.values()) == [7]
