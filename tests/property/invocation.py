"""One invocation in a history: what happened in it, and whether each piece ended where it may."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from export_adapter.parked_message import ParkedMessage
from tests.fakes.adapter import MAX_RECEIVE_COUNT, FakeAdapter
from tests.fakes.credentials import company_of
from tests.fakes.messages import NOON_MS
from tests.fakes.pleo import Request, Update
from tests.property.expectations import (
    TERMINAL,
    Key,
    Piece,
    QueuedMessage,
    Worth,
    expected_update,
    tag_of,
    worth,
    worth_of,
)

LAST_SENT_MS = NOON_MS + 2
"""When the last messages of a history are sent; see History."""

MENTIONS_NOTHING = "200 that mentions nothing"
"""A scripted answer that puts every item unconfirmed."""


@dataclass
class Invocation:
    """What can be seen of an invocation from outside. `answers` are the names of the scripted ones; those
    that settle the fate of a whole request begin with the error type that items are then parked with.
    """

    adapter: FakeAdapter
    event: Sequence[QueuedMessage]
    terminal_before: frozenset[Key]
    answers: frozenset[str]
    has_time: bool = True
    puts: list[Request] = field(default_factory=list[Request])
    accepted: dict[str, list[Update]] = field(default_factory=dict[str, list[Update]])
    dead_letters: list[ParkedMessage] = field(default_factory=list[ParkedMessage])

    def __post_init__(self) -> None:
        pleo = self.adapter.pleo
        self._requests_before = len(pleo.requests)
        self._accepted_before = {job: len(held.accepted) for job, held in pleo.jobs.items()}
        self._parked_before = len(self.adapter.dead_letters.messages)
        self.held_before: dict[Key, Update] = {
            (name, job.company, entry): held
            for name, job in pleo.jobs.items()
            for entry, held in job.held.items()
        }
        self._causes = {each.split()[0] for each in self.answers}
        self._unconfirmed = {
            *pleo.unmentioned,
            *pleo.stuck,
            *(entry for entry, one in pleo.refusals.items() if one.times != 0 and one.status == 200),
        }
        best = self._best()
        self.winners = {key: piece for key, (piece, _) in best.items()}
        self.worths = {key: worth_of(piece, message.sent_at) for key, (piece, message) in best.items()}
        self.looked_up = {
            key
            for key, (piece, message) in best.items()
            if message.receive_count > 1 or piece.status not in TERMINAL
        }

    def _best(self) -> dict[Key, tuple[Piece, QueuedMessage]]:
        """Which result is to be sent of each entry, and its message."""
        rivals: dict[Key, list[tuple[tuple[Piece, QueuedMessage], tuple[Worth, int, int, int]]]] = {}
        for position, message in enumerate(sorted(self.event, key=lambda one: -one.receive_count)):
            for place, piece in enumerate(message.pieces):
                if piece.fields:
                    order = worth_of(piece, message.sent_at), message.sent_at, position, place
                    rivals.setdefault(piece.key, []).append(((piece, message), order))
        return {key: max(each, key=lambda one: one[1])[0] for key, each in rivals.items()}

    def end(self) -> None:
        """Take down what happened."""
        pleo = self.adapter.pleo
        self.puts = [one for one in pleo.requests[self._requests_before :] if one.method == "PUT"]
        self.accepted = {job: held.accepted[self._accepted_before[job] :] for job, held in pleo.jobs.items()}
        self.dead_letters = self.adapter.dead_letters.messages[self._parked_before :]
        self._check_requests()

    def _check_requests(self) -> None:
        """A PUT tells Pleo nothing but the best result of each entry, with its own company's credentials.

        What came back, or is not final, overwrites nothing that counts more, unless Pleo could not be asked.
        """
        for put in self.puts:
            for update in put.updates:
                key = (put.job, company_of(put.authorization), update["accountingEntryId"])
                assert update == expected_update(self.winners[key], self.adapter.version)
                assert update["status"] in TERMINAL or key not in self.terminal_before, "overwritten"
                held = self.held_before.get(key, {}) if self._can_be_known(key) else {}
                assert not _counts_more(held, update, self.worths[key]), "what counts more was overwritten"

    def _can_be_known(self, key: Key) -> bool:
        """Whether a look-up tells what Pleo holds: nothing struck it, and there was time for it."""
        return key in self.looked_up and not self.answers and self.has_time and self.adapter.pleo.seconds < 1

    def terminal_puts(self) -> frozenset[Key]:
        """The entries for which a terminal status was sent."""
        return frozenset(
            (put.job, company_of(put.authorization), update["accountingEntryId"])
            for put in self.puts
            for update in put.updates
            if update["status"] in TERMINAL
        )

    def parked(self, message: QueuedMessage) -> dict[str, str]:
        """The pieces of a message that are parked, just as they were, and the error type of each."""
        found: dict[str, str] = {}
        by_tag = {piece.tag: piece for piece in message.pieces}
        for dead_letter in self.dead_letters:
            if dead_letter.attributes["sourceMessageId"] != message.message_id:
                continue
            kind = dead_letter.attributes["errorType"]
            assert dead_letter.attributes["errorMessage"]
            if dead_letter.body == message.body:
                assert not found
                found = {piece.tag: kind for piece in message.pieces}
                continue
            body = json.loads(dead_letter.body)
            for element in body["results"]:
                piece = by_tag[tag_of(element)]
                assert (body["exportJobId"], body.get("companyId")) == (piece.job, piece.company)
                assert element == piece.content
                assert piece.tag not in found
                found[piece.tag] = kind
        return found

    def may_park(self, piece: Piece, kind: str, message: QueuedMessage) -> bool:
        """Whether a piece may be parked for that reason."""
        is_last = message.receive_count >= MAX_RECEIVE_COUNT
        if is_last and kind == "retries_exhausted":
            return True
        if not piece.fields:
            return kind == ("invalid_message" if piece.content is None else "invalid_result")
        pleo = self.adapter.pleo
        job = pleo.jobs.get(piece.job)
        allowed = {
            "item_rejected": MENTIONS_NOTHING in self.answers
            or (job is not None and (piece.entry not in job.held or piece.entry in self._unconfirmed)),
            "request_rejected": piece.entry in pleo.poison or kind in self._causes,
            "job_not_found": job is None or kind in self._causes,
            "job_finished": (job is not None and job.is_finished) or kind in self._causes,
            "no_credentials": is_last and piece.company in self.adapter.store.without,
        }
        return allowed.get(kind, False)

    def is_delivered(self, piece: Piece) -> bool:
        """Whether Pleo stores the result that counts, or rightly something that counts more."""
        if not piece.fields or not self.winners[piece.key].is_sendable:
            return False
        winner = self.winners[piece.key]
        if expected_update(winner, self.adapter.version) in self.accepted.get(piece.job, []):
            return True
        if winner.status not in TERMINAL and winner.key in self.terminal_before:
            return True
        job = self.adapter.pleo.jobs.get(piece.job)
        held = job.held.get(piece.entry, {}) if job else {}
        if self._may_be_unconfirmed(piece) and held.get("status") == winner.status:
            return True
        update = expected_update(winner, self.adapter.version)
        if winner.status in TERMINAL and self._took_what_counts_more(winner):
            return True
        is_asked_for = self._may_be_unconfirmed(piece) or winner.key in self.looked_up
        return is_asked_for and _counts_more(held, update, self.worths[winner.key])

    def _took_what_counts_more(self, piece: Piece) -> bool:
        """Whether this environment had Pleo take a final status that counts more.

        Where that has no date, it was sent by the last of the moments at which anything is sent here.
        """
        job = self.adapter.pleo.jobs.get(piece.job)
        return piece.key in self.terminal_before and any(
            one["accountingEntryId"] == piece.entry
            and worth(one["status"], one.get("exportedAt"), LAST_SENT_MS / 1000) > self.worths[piece.key]
            for one in (job.accepted if job else ())
        )

    def _may_be_unconfirmed(self, piece: Piece) -> bool:
        return piece.entry in self._unconfirmed or MENTIONS_NOTHING in self.answers


def _counts_more(stored: Update, update: Update, worth_of_update: Worth) -> bool:
    """Whether what Pleo stores must not be overwritten: docs/delivery.md, told once more."""
    status, exported_at = stored.get("status", ""), stored.get("exportedAt")
    if status not in TERMINAL:
        return False
    if status == "abandoned":
        return update["status"] not in TERMINAL
    if status == update["status"] and exported_at is None:
        return False
    return worth(status, exported_at, inf if status == "successful" else -inf) > worth_of_update
