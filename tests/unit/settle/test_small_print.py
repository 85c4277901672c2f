"""Small print of settling: limits met exactly, lists that SQS leaves out, and the words that people read."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_sqs import SQSClient

from export_adapter.model import ErrorType, InvalidMessage, Message, Record, Rejected, ResultRef, Undelivered
from export_adapter.read.reader import read
from export_adapter.settle.dead_letter import MAX_BYTES, DoesNotFit, ParkedMessage, parked_messages
from export_adapter.settle.decision import GiveBack, Parcel, Park, ParkWhole
from export_adapter.settle.queues import Sent, SqsDeadLetterQueue, SqsVisibilityTimeouts, in_requests
from export_adapter.settle.settlement import Settlement
from tests.fakes.clock import FakeClock
from tests.fakes.messages import message, record, result
from tests.fakes.queues import FakeDeadLetterQueue, FakeVisibilityTimeouts

REJECTED = Rejected(ErrorType.ITEM_REJECTED, "Pleo refused the item", 200)
ANY = ParkedMessage("{}", {})


def sqs_that(**calls: object) -> SQSClient:
    """An SQS client whose calls give what is named, or raise it."""

    def call(outcome: object) -> Callable[..., object]:
        def made(**_: object) -> object:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return made

    return cast("SQSClient", SimpleNamespace(**{name: call(outcome) for name, outcome in calls.items()}))


def test_an_answer_without_a_list_of_failures_confirms_what_it_names() -> None:
    client = sqs_that(send_message_batch={"Successful": [{"Id": "0"}]})

    assert SqsDeadLetterQueue(client, "any").send([ANY, ANY]) == Sent(frozenset({0}))


def test_an_answer_without_a_list_of_successes_says_why_nothing_was_taken() -> None:
    client = sqs_that(send_message_batch={"Failed": [{"Id": "0", "Code": "InternalError"}]})

    assert SqsDeadLetterQueue(client, "any").send([ANY]) == Sent(frozenset(), ("InternalError",))


def test_changing_visibility_timeouts_went_well_where_no_failures_are_listed() -> None:
    client = sqs_that(change_message_visibility_batch={})

    assert SqsVisibilityTimeouts(client, "any").change({"handle": 30}) == ()


@pytest.mark.parametrize("response", [{}, {"Error": {}}, {"Error": {"Message": "no code"}}])
def test_an_aws_error_without_a_code_is_called_by_its_kind(response: dict[str, Any]) -> None:
    client = sqs_that(send_message_batch=ClientError(cast("Any", response), "SendMessageBatch"))

    assert SqsDeadLetterQueue(client, "any").send([ANY]) == Sent(frozenset(), ("ClientError",))


def of_size(size: int) -> ParkedMessage:
    made = ParkedMessage("x" * size, {})
    assert made.size == size
    return made


def test_every_request_may_be_filled_to_the_last_byte() -> None:
    halves = [of_size(MAX_BYTES // 2) for _ in range(4)]

    assert [len(request) for request in in_requests(halves)] == [2, 2]


def read_message(content: dict[str, Any], group: str | None = None) -> Message:
    taken = record(content)
    with_group = Record(taken.message_id, taken.receipt_handle, taken.body, message_group_id=group)
    found = read(with_group)
    assert isinstance(found, Message)
    return found


def padded_to(size: int, *, results: int) -> tuple[Message, Park]:
    """A message of so many results that is just so large once it is parked with its reason."""
    source = read_message(message(*(result(number) for number in range(results)), padding=""))
    park = Park((Parcel(REJECTED, tuple(dict(one.original) for one in source.results)),))  # type: ignore[arg-type]  # all are good results
    (parked,) = cast("tuple[ParkedMessage, ...]", parked_messages(source, park))
    envelope = {**source.envelope, "padding": "x" * (size - parked.size)}
    return Message(source.record, source.job, source.system, envelope, source.results), park


def test_a_parked_message_may_be_as_large_as_sqs_takes_and_is_not_split_for_nothing() -> None:
    source, park = padded_to(MAX_BYTES, results=2)

    made = parked_messages(source, park)

    assert isinstance(made, tuple)
    assert [one.size for one in made] == [MAX_BYTES]


def test_two_results_that_are_one_byte_too_large_together_are_parked_apart() -> None:
    source, park = padded_to(MAX_BYTES + 1, results=2)

    made = parked_messages(source, park)

    assert isinstance(made, tuple)
    assert [one.body.count("accountingEntryId") for one in made] == [1, 1]


def test_many_results_are_split_in_the_middle() -> None:
    source, park = padded_to(MAX_BYTES + 1, results=6)

    made = parked_messages(source, park)

    assert isinstance(made, tuple)
    assert [one.body.count("accountingEntryId") for one in made] == [3, 3]


def test_one_result_that_is_one_byte_too_large_does_not_fit() -> None:
    source, park = padded_to(MAX_BYTES + 1, results=1)

    assert parked_messages(source, park) == DoesNotFit(MAX_BYTES + 1)


def test_a_parked_body_is_as_compact_as_json_can_be_and_in_its_own_letters() -> None:
    source = read_message(message(result(1, externalId="Grüße, 会計"), note={"a": [1, 2]}))
    (parked,) = cast(
        "tuple[ParkedMessage, ...]",
        parked_messages(source, Park((Parcel(REJECTED, ({"externalId": "Grüße, 会計"},)),))),
    )

    assert '"note":{"a":[1,2]}' in parked.body
    assert '"externalId":"Grüße, 会計"' in parked.body


def test_a_message_that_is_parked_whole_stays_in_its_group() -> None:
    unreadable = InvalidMessage(Record("id", "handle", "no JSON", message_group_id="company-1"), "why")

    (parked,) = cast(
        "tuple[ParkedMessage, ...]",
        parked_messages(unreadable, ParkWhole(Rejected(ErrorType.INVALID_MESSAGE, "why"))),
    )

    assert parked.message_group_id == "company-1"


def settlement(
    queue: FakeDeadLetterQueue, visibility: FakeVisibilityTimeouts, longest_pause: float = 420.0
) -> Settlement:
    return Settlement(queue, visibility, 5, lambda: 1.0, longest_pause)


def test_what_is_too_large_to_be_parked_goes_back_and_says_how_large_it_is() -> None:
    source, _ = padded_to(MAX_BYTES + 1, results=1)
    desk = settlement(FakeDeadLetterQueue(), FakeVisibilityTimeouts())

    report = desk.settle([source], {ResultRef(0, 0): REJECTED}, FakeClock().deadline(60))

    (settled,) = report.settled
    assert settled.decision == GiveBack(
        "parked_message_too_large",
        f"with its reason the message has {MAX_BYTES + 1} bytes, more than SQS takes",
    )


def test_what_was_parked_is_reported_with_the_decision_behind_it() -> None:
    source = read_message(message(result(1)))
    desk = settlement(FakeDeadLetterQueue(), FakeVisibilityTimeouts())

    report = desk.settle([source], {ResultRef(0, 0): REJECTED}, FakeClock().deadline(60))

    (settled,) = report.settled
    assert isinstance(settled.decision, Park)
    assert [parcel.why for parcel in settled.decision.parcels] == [REJECTED]


def test_what_the_dead_letter_queue_did_not_confirm_goes_back_and_says_so() -> None:
    source = read_message(message(result(1)))
    desk = settlement(FakeDeadLetterQueue(is_down=True), FakeVisibilityTimeouts())

    report = desk.settle([source], {ResultRef(0, 0): REJECTED}, FakeClock().deadline(60))

    (settled,) = report.settled
    assert settled.decision == GiveBack(
        "not_parked", "the dead-letter queue did not confirm what was to be parked"
    )


def test_nothing_rests_longer_than_the_deployment_says() -> None:
    source = read_message(message(result(1)))
    visibility = FakeVisibilityTimeouts()
    desk = settlement(FakeDeadLetterQueue(), visibility, longest_pause=7)
    waiting = Undelivered("rate_limited", "Pleo answered 429", 429, retry_after=3600.0)

    desk.settle([source], {ResultRef(0, 0): waiting}, FakeClock().deadline(60))

    assert list(visibility.seconds.values()) == [7]
