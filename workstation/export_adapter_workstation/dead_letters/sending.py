"""Messages of a person's own, checked against the contract and put on the main queue."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from export_adapter.model import InvalidMessage, InvalidResult, Message, Record
from export_adapter.parked_message import MAX_BYTES
from export_adapter.read.reader import read
from export_adapter_workstation.dead_letters.outgoing import Outgoing, in_requests
from export_adapter_workstation.dead_letters.queues import MainQueue, NoAnswerError

_NOT_IN_SQS: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST_PROBLEMS: Final = 5


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be sent, by the name of the file it came from."""

    name: str
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a message was not, or may not have been, sent."""

    name: str
    reason: str


@dataclass(slots=True)
class SendReport:
    """What was sent; counted as it happens."""

    sent: int = 0
    problems: list[Problem] = field(default_factory=list[Problem])


def checked(name: str, body: str, *, against_contract: bool = True) -> Letter | tuple[Problem, ...]:
    """Make a message of a file's text; the company is its message group, so that the queue stays fair.

    Args:
        name: The file's name.
        body: Its text: a message, bare or wrapped.
        against_contract: Whether to refuse what the adapter would park at once.
    """
    contents = read(Record(name, "", body))
    wrong = tuple(_cannot_be_sent(name, body)) or (_breaks(name, contents) if against_contract else ())
    if wrong:
        return wrong
    company = None if isinstance(contents, InvalidMessage) else contents.job.company_id
    return Letter(name, Outgoing(body, message_group_id=company))


def _cannot_be_sent(name: str, body: str) -> Iterable[Problem]:
    size = len(body.encode("utf-8", "surrogatepass"))
    if not body:
        yield Problem(name, "is empty")
    if size > MAX_BYTES:
        yield Problem(
            name, f"has {size} bytes; SQS takes {MAX_BYTES}. Split its results over several messages"
        )
    found = _NOT_IN_SQS.search(body)
    if found:
        yield Problem(name, f"holds the character U+{ord(found[0]):04X}, which SQS does not take: escape it")


def _breaks(name: str, contents: Message | InvalidMessage) -> tuple[Problem, ...]:
    """Name each rule of the contract that is broken once, by its first place."""
    if isinstance(contents, InvalidMessage):
        return (Problem(name, contents.reason),)
    first: dict[str, int] = {}
    for place, result in enumerate(contents.results):
        if isinstance(result, InvalidResult):
            first.setdefault(result.reason, place)
    problems = [
        Problem(name, reason.replace("results[]", f"results[{place}]", 1)) for reason, place in first.items()
    ]
    return tuple(problems[:_MOST_PROBLEMS])


def send_all(
    letters: Sequence[Letter],
    queue: MainQueue,
    report: SendReport,
    done: Callable[[int], None] = lambda _messages: None,
) -> None:
    """Send messages in requests that SQS takes. What was done goes into `report`."""
    for request in in_requests(letters, lambda one: one.outgoing):
        try:
            answer = queue.send([one.outgoing for one in request])
        except NoAnswerError as lost:
            reason = f"{lost}: it may or may not be on the queue"
            report.problems += [Problem(one.name, reason) for one in request]
            return
        report.sent += len(answer.sent)
        report.problems += [
            Problem(one.name, f"the queue refused it: {answer.refused.get(place, 'no answer')}")
            for place, one in enumerate(request)
            if place not in answer.sent
        ]
        done(len(request))
