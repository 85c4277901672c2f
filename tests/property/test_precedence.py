"""However the results of an entry are cut into invocations: Pleo ends with the status that counts."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from math import inf

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from export_adapter.model import Json
from export_adapter.precedence import choose, items_of
from export_adapter.read.reader import read, record_of
from tests.fakes.adapter import FakeAdapter
from tests.fakes.messages import NOON_MS, entry, job, message, raw_record, result

STATUSES = ("pending", "in_progress", "abandoned", "failed", "successful")
"""From the one that counts least, at equal times, to the one that counts most."""

FINAL = frozenset({"abandoned", "failed", "successful"})
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    """A message with one result. `exported_at` and `sent_at` are in seconds from noon, None where missing."""

    status: str
    exported_at: float | None = None
    sent_at: float | None = 0.0
    was_parked: bool = False

    @property
    def date(self) -> float | None:
        """The second of the export, where the message was sent no more than five minutes before it."""
        is_plausible = self.exported_at is not None and (
            self.sent_at is None or self.exported_at <= self.sent_at + 300
        )
        return self.exported_at // 1 if is_plausible and self.exported_at is not None else None

    @property
    def worth(self) -> tuple[bool, float, int]:
        """The order of results, told once more."""
        nobody_knows = inf if self.status == "successful" else -inf
        sent_at = self.sent_at if self.sent_at is not None and not self.was_parked else nobody_knows
        time = self.date if self.date is not None else sent_at
        return self.status in FINAL, time, STATUSES.index(self.status)

    def record(self, name: str, receive_count: int) -> dict[str, Json]:
        moment = None if self.exported_at is None else NOON + timedelta(seconds=self.exported_at)
        content = message(result(1, self.status, exportedAt=moment.isoformat() if moment else None))
        sent_at = 0 if self.sent_at is None else NOON_MS + round(self.sent_at * 1000)
        record = raw_record(content, name, receive_count, sent_at)
        if self.was_parked:
            record["messageAttributes"] = {"replayCount": {"dataType": "Number", "stringValue": "1"}}
        return record


@dataclass(frozen=True)
class Invocation:
    """What one invocation gets, in this order. In a new environment nothing is remembered."""

    messages: tuple[Sent, ...]
    in_a_new_environment: bool = False
    received_before: bool = False


def elsewhere(*messages: Sent) -> Invocation:
    """An invocation of another environment, in which messages come back."""
    return Invocation(messages, in_a_new_environment=True, received_before=True)


messages = st.builds(
    Sent,
    status=st.sampled_from((*STATUSES, "failed", "successful", "successful")),
    exported_at=st.none() | st.sampled_from([-60.0, -0.9, -0.1, 0.0, 0.5, 300.0, 301.0, 90_000.0]),
    sent_at=st.sampled_from([-30.0, 0.0, 0.0, 0.001, 60.0, None]),
    was_parked=st.sampled_from([False, False, False, True]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Invocation]:
    """Some messages, in any order, cut anywhere; some of them come again.

    A final status that comes for the first time is sent without a look-up: so nothing that follows another
    environment comes for the first time here.
    """
    sent = draw(st.lists(messages, min_size=1, max_size=5))
    order = [sent[at] for at in draw(st.lists(st.sampled_from(range(len(sent))), max_size=3))]
    order = draw(st.permutations([*sent, *order]))
    are_many = draw(st.booleans())
    invocations: list[Invocation] = []
    while order:
        many = draw(st.integers(1, len(order)))
        is_new = bool(invocations) and are_many and draw(st.sampled_from([True, True, False]))
        was_new = any(one.in_a_new_environment for one in invocations)
        received_before = is_new or was_new or draw(st.sampled_from([False, False, True]))
        invocations.append(Invocation(tuple(order[:many]), is_new, received_before))
        order = order[many:]
    return invocations


@settings(max_examples=3 * settings().max_examples)
@given(histories())
@example([Invocation((Sent("successful", 0.0),)), elsewhere(Sent("failed", -60.0))])
@example([Invocation((Sent("failed", 0.0),)), elsewhere(Sent("abandoned", None, -30.0))])
@example([Invocation((Sent("successful"),)), elsewhere(Sent("failed", 0.0, 60.0))])
@example([Invocation((Sent("abandoned"),)), elsewhere(Sent("pending"))])
@example([Invocation((Sent("failed", 0.0, 0.0),)), Invocation((Sent("successful", None, 60.0),))])
@example([Invocation((Sent("failed", 0.0, 0.0), Sent("successful", None, 60.0)))])
@example([Invocation((Sent("successful"), Sent("failed")))])
@example([Invocation((Sent("failed", 90_000.0),)), Invocation((Sent("successful", 30.0, 60.0),))])
@example([Invocation((Sent("failed", 90_000.0), Sent("successful", 30.0, 60.0)))])
@example(
    [
        Invocation((Sent("failed", 0.9),)),
        elsewhere(Sent("successful", 0.1)),
    ]
)
@example([Invocation((Sent("failed", 0.9), Sent("successful", 0.1)))])
@example([Invocation((Sent("failed"),)), Invocation((Sent("abandoned"),))])
@example([Invocation((Sent("failed", 90_000.0, None),)), elsewhere(Sent("abandoned", None, -30.0))])
def test_however_results_are_cut_into_invocations_pleo_ends_with_the_status_of_the_best(
    history: list[Invocation],
) -> None:
    adapter = FakeAdapter()
    at_pleo = adapter.pleo.hold(job(), entry(1))
    time_is_unknown = False
    for number, invocation in enumerate(history):
        if invocation.in_a_new_environment:
            adapter.restart()
        time_is_unknown |= _time_is_unknown(at_pleo.held[entry(1)]) and _asks(invocation)
        received = 2 if invocation.received_before else 1
        records = [
            one.record(f"m-{number}-{place}", received) for place, one in enumerate(invocation.messages)
        ]
        assert adapter.run(*records).settlement.batch_item_failures == []

    best = max((one for invocation in history for one in invocation.messages), key=lambda one: one.worth)
    status = at_pleo.held[entry(1)]["status"]
    event(f"a look-up met an unknown time: {time_is_unknown}")
    if best.status not in FINAL:
        assert status not in FINAL
    elif not time_is_unknown or best.status == "successful":
        assert status == best.status
    else:
        assert status in FINAL


def _time_is_unknown(stored: dict[str, str]) -> bool:
    """Whether Pleo cannot tell how new what it stores is.

    It stores no sending time, so nothing tells the time of a result without a date; and it sets `abandoned`
    itself, on whatever date the item had. A date in the future is not believed; Pleo stores one only where a
    message has no sending time to measure it against.
    """
    date = stored.get("exportedAt")
    is_believed = date is not None and datetime.fromisoformat(date) < NOON + timedelta(hours=1)
    return stored["status"] in FINAL and (not is_believed or stored["status"] == "abandoned")


def _asks(invocation: Invocation) -> bool:
    """Whether a look-up compares a final status with what Pleo stores."""
    return any(
        one.status in FINAL and (invocation.received_before or one.was_parked) for one in invocation.messages
    )


@given(st.lists(messages, max_size=8), st.data())
def test_every_result_stands_in_one_choice_and_every_entry_of_a_job_is_one_choice(
    sent: list[Sent], data: st.DataObject
) -> None:
    read_records = [read(record_of(one.record(f"m-{at}", 1))) for at, one in enumerate(sent)]
    items = list(chain.from_iterable(items_of(read_records)))
    choices = choose(items)
    assert len(choices) == min(1, len(sent))
    chosen_or_superseded = list(chain.from_iterable((one, *one.superseded) for one in choices))
    assert len(chosen_or_superseded) == len(items)
    assert set(chosen_or_superseded) == set(items)
    shuffled = choose(chain.from_iterable(items_of(data.draw(st.permutations(read_records)))))
    assert [one.result.status for one in shuffled] == [one.result.status for one in choices]
