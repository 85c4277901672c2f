"""Whatever exporters, Pleo, SQS and the clock do, in any order, no piece is lost or doubled."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from export_adapter.model import ApiVersion, FailureReasonType, Json
from tests.fakes.adapter import SETTLE_SECONDS
from tests.fakes.messages import entry, in_cloudevent, in_eventbridge, in_sns, job
from tests.property.expectations import BAFFLING, Piece, QueuedMessage, tag_of
from tests.property.faults import (
    ANSWERS,
    COMPANIES,
    COMPANY_OF,
    ENTRIES,
    PASSING_ANSWERS,
    TROUBLES,
    Target,
    mend,
    targets,
)
from tests.property.history import History, KilledError

UNKNOWN_ENTRY, UNKNOWN_JOB = entry(99), job(99)
WRAPPERS: tuple[Callable[[Json], Json], ...] = (
    lambda content: content,
    in_eventbridge,
    in_sns,
    in_cloudevent,
)

good_results: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {
        "accountingEntryId": st.sampled_from([*ENTRIES, *ENTRIES, UNKNOWN_ENTRY]),
        "status": st.sampled_from(["pending", "in_progress", "failed", "failed", "successful", "abandoned"]),
    },
    optional={
        "exportedAt": st.sampled_from(["2026-03-01T10:00:00Z", "2026-03-01T13:00:00.5+01:00", None]),
        "externalId": st.sampled_from(["INV-1", "INV-2"]),
        "failure": st.sampled_from([{"code": each.value} for each in FailureReasonType] + [BAFFLING]),
    },
)
explained_results = good_results.map(
    lambda one: {**one, "failureReasonType": "validation_failure", "failureReason": "Because."}
)
bad_results: st.SearchStrategy[Json] = st.sampled_from([{"status": "bad"}, "text"])


@dataclass(frozen=True)
class Sending:
    """A message to be sent."""

    job: str
    results: list[Json]
    wrap: Callable[[Json], Json]
    is_from_a_stranger: bool


sendings = st.builds(
    Sending,
    st.sampled_from([*COMPANY_OF, *COMPANY_OF, UNKNOWN_JOB]),
    st.lists(good_results | good_results | explained_results | bad_results, min_size=1, max_size=4),
    st.sampled_from(WRAPPERS),
    st.sampled_from([False] * 7 + [True]),
)


class Histories(RuleBasedStateMachine):
    """One history after the other."""

    @initialize(version=st.sampled_from([ApiVersion.V1, ApiVersion.V3]))
    def begin(self, version: ApiVersion) -> None:
        self.history = History(version)

    @rule(sendings=st.lists(sendings, min_size=1, max_size=4))
    def exporters_send(self, sendings: list[Sending]) -> None:
        for sending in sendings:
            company = COMPANY_OF.get(sending.job)
            if sending.is_from_a_stranger:
                company = COMPANIES[(COMPANIES.index(company) + 1) % len(COMPANIES)]
            tagged = [self._tagged(one) for one in sending.results]
            content: dict[str, Json] = {"exportJobId": sending.job, "system": "xero", "results": list(tagged)}
            if company:
                content["companyId"] = company
            pieces = tuple(Piece(tag_of(one), sending.job, company, one) for one in tagged)
            self.history.put(json.dumps(sending.wrap(content)), pieces)

    def _tagged(self, result: Json) -> Json:
        number = self.history.number()
        return {**result, "tag": number} if isinstance(result, dict) else f"bad {number}"

    @rule(text=st.sampled_from(["no JSON", "[", '{"results": []}', "\u00e5"]))
    def an_exporter_sends_what_is_no_message(self, text: str) -> None:
        body = text + " " * self.history.number()
        self.history.put(body, (Piece(body),))

    @precondition(lambda self: self.history.acknowledged)
    @rule(which=st.integers(min_value=0), is_new=st.booleans())
    def what_was_acknowledged_comes_again(self, which: int, *, is_new: bool) -> None:
        again = self.history.acknowledged[which % len(self.history.acknowledged)]
        if is_new:
            self.history.put(again.body, again.pieces)
        elif again.message_id not in {message.message_id for message in self.history.queue}:
            self.history.put(again.body, again.pieces, again.message_id)

    @precondition(lambda self: self.history.adapter.dead_letters.messages or self.history.moved_by_sqs)
    @rule(which=st.integers(min_value=0))
    def somebody_moves_a_dead_letter_back(self, which: int) -> None:
        self.history.move_back(which)

    @rule(troubles=st.lists(st.tuples(st.sampled_from(sorted(TROUBLES)), targets), min_size=1, max_size=3))
    def something_breaks(self, troubles: list[tuple[str, Target]]) -> None:
        for trouble, target in troubles:
            TROUBLES[trouble](self.history.adapter, target)

    @rule()
    def everything_is_mended(self) -> None:
        mend(self.history.adapter)

    @rule()
    def a_new_environment_takes_over(self) -> None:
        self.history.new_environment()

    @precondition(lambda self: self.history.queue)
    @rule(answers=st.lists(st.none() | st.sampled_from(sorted(ANSWERS)), max_size=5))
    def the_function_takes_all(self, answers: list[str | None]) -> None:
        self.history.script(answers)
        problems = self.history.invoke(list(self.history.queue), 60.0, answers)
        assert set(problems) <= {"ServiceUnavailable"}

    @precondition(lambda self: self.history.queue)
    @rule(
        data=st.data(),
        seconds=st.sampled_from([0.0, 7.5, 15.5, 17.0, 24.0, 60.0]),
        answers=st.lists(st.none() | st.sampled_from(sorted(ANSWERS)), max_size=5),
        refused=st.lists(st.booleans(), max_size=6),
        unconfirmed=st.lists(st.booleans(), max_size=6),
        slowness=st.sampled_from([0.0, 0.5, 7.0]),
    )
    def the_function_takes_some_while_sqs_has_trouble_and_time_is_short(
        self,
        data: st.DataObject,
        seconds: float,
        answers: list[str | None],
        refused: list[bool],
        unconfirmed: list[bool],
        slowness: float,
    ) -> None:
        clock = self.history.adapter.clock
        self.history.script(answers, refused, unconfirmed, lambda: clock.sleep(slowness))
        problems = self.history.invoke(self._some(data), seconds, answers)
        if not slowness and seconds > SETTLE_SECONDS:
            assert not {"no_time_to_park", "no_time_to_change_visibility"} & set(problems)

    @precondition(lambda self: self.history.queue)
    @rule(
        data=st.data(),
        answers=st.lists(st.none() | st.sampled_from(sorted(PASSING_ANSWERS)), max_size=3),
        calls=st.integers(0, 6),
    )
    def the_function_is_killed(self, data: st.DataObject, answers: list[str | None], calls: int) -> None:
        remaining = iter(range(calls))

        def next_call() -> None:
            if next(remaining, None) is None:
                raise KilledError

        pleo = self.history.adapter.pleo
        self.history.script(answers, on_request=next_call)
        pleo.on_request = next_call
        try:
            self.history.invoke(self._some(data), 60.0, answers)
        except KilledError:
            self.history.new_environment()
        finally:
            pleo.on_request = lambda: None

    def _some(self, data: st.DataObject) -> list[QueuedMessage]:
        """Messages from the queue, in any order."""
        queue = self.history.queue
        order = data.draw(st.permutations(range(len(queue))), label="order")
        many = data.draw(st.integers(1, len(queue)), label="messages")
        return [queue[place] for place in order[:many]]

    @invariant()
    def every_piece_is_delivered_parked_or_on_the_queue_and_no_rule_was_broken(self) -> None:
        self.history.check()

    def teardown(self) -> None:
        """Once all is mended the queue drains, and what was parked for a passing reason is delivered."""
        if not hasattr(self, "history"):
            return
        mend(self.history.adapter)
        self.history.drain()
        dead_letters = self.history.adapter.dead_letters.messages
        while dead_letters or self.history.moved_by_sqs:
            self.history.move_back(0)
        self.history.drain()
        for dead_letter in dead_letters:
            for piece in self.history.pieces_in(dead_letter.body):
                assert self._is_hopeless(piece, dead_letter.attributes["errorType"])

    def _is_hopeless(self, piece: Piece, kind: str) -> bool:
        """Whether a piece can never be delivered, and is parked for just that reason."""
        rivals = (one for one in self.history.pieces.values() if one.fields and one.key == piece.key)
        shares_its_fate = bool(piece.fields) and not all(one.is_sendable for one in rivals)
        return _is_hopeless(piece, kind) or (kind == "retries_exhausted" and shares_its_fate)


def _is_hopeless(piece: Piece, kind: str) -> bool:
    """Whether a piece can never be delivered for a reason of its own."""
    return {
        "invalid_message": piece.content is None,
        "invalid_result": piece.content is not None and not piece.fields,
        "item_rejected": bool(piece.fields) and piece.entry == UNKNOWN_ENTRY,
        "job_not_found": piece.job not in COMPANY_OF,
        # Pleo answers 403 to a company that does not own the job, as it does while a secret is out of date.
        "retries_exhausted": not piece.is_sendable or piece.company != COMPANY_OF.get(piece.job),
    }.get(kind, False)


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=3 * settings().max_examples, stateful_step_count=40, report_multiple_bugs=False
)
