"""More came in than there is time for: what is urgent goes first, and the rest comes back."""

import json
from dataclasses import dataclass, field, replace
from time import process_time

from export_adapter.classify.classifier import Classification, Classifier
from export_adapter.deadline import ENDLESS, Deadline
from export_adapter.model import Failure, Json
from tests.fakes.adapter import MAX_RECEIVE_COUNT, FakeAdapter
from tests.fakes.classifier import FakeClassifier
from tests.fakes.clock import FakeClock
from tests.fakes.messages import NOON_MS, entry, in_sns, job, message, raw_record, result
from tests.fakes.pleo import Fault, error
from tests.unit.flow.running import held, parked, run


@dataclass
class SlowClassifier:
    """Takes its time over each failure."""

    clock: FakeClock
    seconds: float
    classifier: FakeClassifier = field(default_factory=FakeClassifier)

    def deadline_for_message(self) -> Deadline:
        return ENDLESS

    def classify(self, system: str, failure: Failure, until: Deadline = ENDLESS) -> Classification:
        self.clock.sleep(self.seconds)
        return self.classifier.classify(system, failure, until)


def slowly(adapter: FakeAdapter, seconds: float) -> FakeAdapter:
    adapter.flow = replace(adapter.flow, classifier=SlowClassifier(adapter.clock, seconds))
    return adapter


def failures(*numbers: int) -> list[Json]:
    return [result(number, "failed", failure={"code": "validation_failure"}) for number in numbers]


def test_more_failures_than_there_is_time_to_understand_are_delivered_as_far_as_half_of_it_goes(
    adapter: FakeAdapter,
) -> None:
    slowly(adapter, 0.5)
    begun = adapter.clock.now
    records = [raw_record(message(*failures(*range(10 * at, 10 * at + 10))), f"m-{at}") for at in range(20)]

    returned = run(adapter, *records, seconds=60.0)

    assert adapter.clock.now - begun < 25
    assert returned == [f"m-{at}" for at in range(4, 20)]  # the fifth message was cut in two
    assert sum(len(put.updates) for put in adapter.pleo.puts) == 46  # two at once, then half of 44 s
    assert parked(adapter) == []


def test_what_needs_no_classification_does_not_wait_for_what_does(adapter: FakeAdapter) -> None:
    slowly(adapter, 30.0)
    explained = result(3, "failed", failureReasonType="validation_failure", failureReason="Because.")
    slow = [raw_record(message(*failures(1, 2)), "slow", 3), raw_record(message(result(4)), "done", 2)]
    others = [raw_record(message(explained), "explained"), raw_record(message(result(5, "pending")), "open")]

    assert run(adapter, *slow, *others) == ["slow"]

    assert {held(adapter, number)["status"] for number in (3, 4)} == {"failed", "successful"}
    assert [len(put.updates) for put in adapter.pleo.puts] == [4]  # the first failure was begun in time
    assert held(adapter, 2)["status"] == "pending"


def test_what_takes_longer_is_delivered_in_a_second_round(adapter: FakeAdapter) -> None:
    slowly(adapter, 1.0)

    assert run(adapter, raw_record(message(*failures(1, 2, 3), result(4)))) == []

    assert [sorted(each["accountingEntryId"] for each in put.updates) for put in adapter.pleo.puts] == [
        [entry(1), entry(4)],
        [entry(2), entry(3)],
    ]


def test_what_is_classified_within_a_second_takes_one_round(adapter: FakeAdapter) -> None:
    slowly(adapter, 0.3)

    assert run(adapter, raw_record(message(*failures(1, 2, 3), result(4)))) == []

    assert [len(put.updates) for put in adapter.pleo.puts] == [4]


def test_a_first_round_that_pleo_holds_up_leaves_time_for_the_second(adapter: FakeAdapter) -> None:
    slowly(adapter, 2.0)
    adapter.pleo.hold(job(2), entry(1))
    adapter.pleo.faults.extend([Fault(error(503, "UNAVAILABLE"))] * 6)
    stuck = raw_record(message(result(1)), "stuck", 2)
    slow = raw_record(message(*failures(1, 2, 3), exportJobId=job(2)), "slow")

    run(adapter, stuck, slow)

    assert adapter.pleo.jobs[job(2)].held[entry(1)]["status"] == "failed"


def test_an_entry_is_in_one_round_only_with_the_result_that_counts(adapter: FakeAdapter) -> None:
    slowly(adapter, 2.0)
    newer = raw_record(message(*failures(2, 1)), "newer", sent_at=NOON_MS + 1)

    assert run(adapter, newer, raw_record(message(result(1)), "older")) == []

    assert held(adapter)["status"] == "failed"
    assert [len(put.updates) for put in adapter.pleo.puts] == [1, 1]


def test_what_comes_back_for_want_of_time_is_delivered_in_the_end(adapter: FakeAdapter) -> None:
    slowly(adapter, 0.5)
    records = [raw_record(message(*failures(*range(10 * at, 10 * at + 10))), f"m-{at}") for at in range(20)]

    for receive_count in range(1, 6):
        returned = run(adapter, *records, seconds=60.0)
        records = [
            raw_record(message(*failures(*range(10 * at, 10 * at + 10))), f"m-{at}", receive_count + 1)
            for at in range(20)
            if f"m-{at}" in returned
        ]

    assert records == []
    assert parked(adapter) == []
    assert {held(adapter, number)["status"] for number in range(200)} == {"failed"}


def test_a_record_that_was_not_read_up_to_its_last_receive_is_parked_as_it_is(adapter: FakeAdapter) -> None:
    body = in_sns(message(result(1)))

    assert run(adapter, raw_record(body, "m-1", MAX_RECEIVE_COUNT - 1), seconds=15.0) == ["m-1"]
    assert run(adapter, raw_record(body, "m-1", MAX_RECEIVE_COUNT), seconds=15.0) == []

    (dead_letter,) = adapter.dead_letters.messages
    assert json.loads(dead_letter.body) == body
    assert dead_letter.attributes["errorType"] == "retries_exhausted"
    assert dead_letter.attributes["errorMessage"] == (
        "given up after 5 receives: the invocation had no time left to read the item"
    )


def test_a_record_on_its_last_receive_does_not_wait_for_those_that_may_come_again(
    adapter: FakeAdapter,
) -> None:
    adapter.pleo.seconds = 0.45
    for number in range(2, 402):
        adapter.pleo.hold(job(number), entry(1))
    records = [
        raw_record(message(result(1), exportJobId=job(number)), f"m-{number}", 5 if number == 401 else 1)
        for number in range(2, 402)
    ]

    returned = run(adapter, *records)

    assert len(returned) > 250
    assert adapter.dead_letters.messages == []
    assert adapter.pleo.jobs[job(401)].held[entry(1)]["status"] == "successful"


def test_a_record_that_is_too_old_to_go_back_does_not_wait_either(adapter: FakeAdapter) -> None:
    adapter.pleo.seconds = 0.45
    for number in range(2, 402):
        adapter.pleo.hold(job(number), entry(1))
    adapter.clock.sleep(31 * 60)
    old = raw_record(message(result(1), exportJobId=job(401)), "old", 2)
    fresh = [
        raw_record(
            message(result(1), exportJobId=job(number)),
            f"m-{number}",
            4,
            sent_at=round(adapter.wall() * 1000),
        )
        for number in range(2, 401)
    ]

    assert len(run(adapter, *fresh, old)) > 100
    assert adapter.dead_letters.messages == []
    assert adapter.pleo.jobs[job(401)].held[entry(1)]["status"] == "successful"


def test_a_record_that_was_throttled_away_is_parked_half_an_hour_after_its_first_receive(
    adapter: FakeAdapter,
) -> None:
    adapter.pleo.faults.extend([Fault(error(503, "UNAVAILABLE", retry_after="3600"))] * 2)
    first = raw_record(message(result(1)), "m-1")
    assert run(adapter, first) == ["m-1"]
    adapter.clock.sleep(31 * 60)

    assert run(adapter, raw_record(message(result(1)), "m-1", 2)) == []

    assert [error_type for error_type, _ in parked(adapter)] == ["retries_exhausted"]
    assert adapter.dead_letters.messages[0].attributes["errorMessage"].startswith("given up after 2 receives")


@dataclass
class BriefClassifier(FakeClassifier):
    """Has no time for any text of a message."""

    def deadline_for_message(self) -> Deadline:
        return Deadline(lambda: 0.0, 0.0)


def test_a_reason_that_there_is_no_time_to_read_keeps_neither_its_type_nor_its_neighbours_back(
    adapter: FakeAdapter,
) -> None:
    adapter.flow = replace(adapter.flow, classifier=BriefClassifier())
    reasons = [
        result(number, "failed", failureReasonType="validation_failure", failureReason="Because of it.")
        for number in (1, 2)
    ]

    assert run(adapter, raw_record(message(*reasons, result(3)))) == []

    assert held(adapter)["failureReasonType"] == "validation_failure"
    assert "holds too much text" in held(adapter)["failureReason"]
    assert held(adapter, 3)["status"] == "successful"


def test_reasons_of_megabytes_take_no_longer_than_other_texts() -> None:
    """Masking takes time for each character, so it counts against the time of the message."""
    adapter = FakeAdapter()
    adapter.flow = replace(adapter.flow, classifier=Classifier.built_in())
    adapter.pleo.hold(job(), *(entry(number) for number in range(250)))
    hostile = ('token "' * 600)[:3_990]
    reasons = [
        result(number, "failed", failureReasonType="validation_failure", failureReason=hostile)
        for number in range(250)
    ]
    begun = process_time()

    assert run(adapter, raw_record(message(*reasons))) == []

    assert process_time() - begun < 1.0
