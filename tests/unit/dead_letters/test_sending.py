import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pytest

from export_adapter.model import Json
from export_adapter_workstation.dead_letters.outgoing import Outgoing
from export_adapter_workstation.dead_letters.queues import (
    Counts,
    NoAnswerError,
    SeenCopies,
    SendAnswer,
)
from export_adapter_workstation.dead_letters.sending import Letter, Problem, SendReport, checked, send_all
from tests.fakes.messages import company, in_cloudevent, in_eventbridge, in_sns, message, result


@dataclass
class Queue:
    """Takes messages until it is told to refuse or to fall silent."""

    refuses: Collection[str] = ()
    silent_from: int = 100
    requests: list[Sequence[Outgoing]] = field(default_factory=list[Sequence[Outgoing]])

    def send(self, messages: Sequence[Outgoing]) -> SendAnswer:
        if len(self.requests) >= self.silent_from:
            raise NoAnswerError("SQS did not answer")
        self.requests.append(messages)
        refused = {place: "Busy" for place, one in enumerate(messages) if one.body in self.refuses}
        return SendAnswer(frozenset(range(len(messages))) - refused.keys(), refused)

    def copies(self, replay_ids: Collection[str]) -> SeenCopies:
        raise AssertionError(replay_ids)

    def counts(self) -> Counts:
        raise AssertionError


def text(content: Json) -> str:
    return json.dumps(content)


def problems(body: str) -> list[str]:
    found = checked("file", body)
    assert not isinstance(found, Letter)
    return [problem.reason for problem in found]


@pytest.mark.parametrize("wrap", [lambda content: content, in_eventbridge, in_sns, in_cloudevent])
def test_a_good_message_is_sent_as_it_is_with_its_company_as_its_group(wrap: object) -> None:
    assert callable(wrap)
    body = text(wrap(message(result(1), companyId=company().upper())))
    found = checked("file", body)
    assert found == Letter("file", Outgoing(body, message_group_id=company()))


def test_a_message_without_a_company_has_no_group() -> None:
    found = checked("file", text(message(result(1))))
    assert isinstance(found, Letter)
    assert found.outgoing.message_group_id is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "is empty"),
        ("no JSON", "body is not JSON: Expecting value at line 1 column 1"),
        (text({"exportJobId": "x", "system": "xero"}), "must have results"),
        (text(message()), "results: must not be empty"),
        ('"\x00"', "holds the character U+0000, which SQS does not take: escape it"),
        ("x" * 1_048_577, "has 1048577 bytes; SQS takes 1048576. Split its results over several messages"),
    ],
)
def test_what_cannot_be_delivered_says_why(body: str, reason: str) -> None:
    assert reason in problems(body)[0]


def test_each_broken_rule_is_named_once_with_its_first_place() -> None:
    good, bad, worse = result(1), result(2, "done"), result(3, "failed", exportedAt="yesterday")
    found = problems(text(message(good, bad, bad, worse)))
    assert len(found) == 2
    assert found[0].startswith("results[1].status: must be one of")
    assert found[1].startswith("results[3].exportedAt")


def test_what_breaks_the_contract_is_sent_where_a_person_wants_to_see_it_parked() -> None:
    found = checked("file", "no JSON", against_contract=False)
    assert found == Letter("file", Outgoing("no JSON"))


def test_messages_are_sent_in_requests_that_fit_and_refusals_are_told_by_file() -> None:
    letters = [Letter(f"file-{number}", Outgoing(str(number))) for number in range(12)]
    queue, report = Queue(refuses={"3"}), SendReport()
    send_all(letters, queue, report)
    assert [len(request) for request in queue.requests] == [10, 2]
    assert report == SendReport(11, [Problem("file-3", "the queue refused it: Busy")])


def test_where_there_is_no_answer_it_stops_and_says_which_messages_are_uncertain() -> None:
    letters = [Letter(f"file-{number}", Outgoing("x")) for number in range(12)]
    queue, report = Queue(silent_from=1), SendReport()
    send_all(letters, queue, report)
    assert report.sent == 10
    assert [problem.name for problem in report.problems] == ["file-10", "file-11"]
    assert "may or may not be on the queue" in report.problems[0].reason
