"""A dead-letter queue and a main queue, in which a run can be killed at every single step."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count
from typing import Any, cast

from botocore.exceptions import ReadTimeoutError

from export_adapter.model import Json
from export_adapter.parked_message import DeadLetter
from export_adapter_workstation.dead_letters.message import Described, Facts, described
from export_adapter_workstation.dead_letters.queue import SqsQueue
from export_adapter_workstation.dead_letters.replay import Pace, Report, Selected, replay
from export_adapter_workstation.dead_letters.scan import Scan
from tests.fakes.messages import entry, message

START = 1_772_366_400.0
DEAD, MAIN = "https://sqs/dead", "https://sqs/main"

type Call = dict[str, Any]


class Killed(BaseException):
    """The process is gone: no handler may catch this, and nothing of it runs any more."""


class Moment(StrEnum):
    """When a run dies, as seen from one of its steps."""

    BEFORE = "before it took effect"
    AFTER = "after it took effect"


@dataclass
class Steps:
    """Counts every call that leaves the process, and kills it at one of them, by its number or its name."""

    kill_at: int | str | None = None
    moment: Moment = Moment.BEFORE
    taken: int = 0
    is_dead: bool = False

    def take[T](self, name: str, effect: Callable[[], T]) -> T:
        if self.is_dead:
            raise Killed
        here = self.kill_at in {self.taken, name}
        self.taken += 1
        if here and self.moment is Moment.BEFORE:
            self.is_dead = True
            raise Killed
        outcome = effect()
        if here:
            self.is_dead = True
            raise Killed
        return outcome


@dataclass
class Stored:
    """A message on a queue, with what SQS knows of it."""

    sent: Call
    sent_at: float
    hidden_until: float = 0.0
    receipt_handle: str = ""

    @property
    def entries(self) -> list[str]:
        results = json.loads(self.sent["MessageBody"]).get("results", ())
        return [each["accountingEntryId"] for each in results]

    def attribute(self, name: str) -> str | None:
        found: str | None = self.sent.get("MessageAttributes", {}).get(name, {}).get("StringValue")
        return found


@dataclass
class World:
    """An SQS client for the two queues. Time moves only when somebody waits."""

    refuses: Callable[[Call], bool] = lambda _entry: False
    loses_answer_to: Callable[[int], bool] = lambda _request: False
    refuses_to_delete: bool = False
    parks_again_at_once: bool = False
    redrives_to: str | None = None
    steps: Steps = field(default_factory=Steps)
    now: float = START
    dead: dict[str, Stored] = field(default_factory=dict[str, Stored])
    main: dict[str, Stored] = field(default_factory=dict[str, Stored])
    requests: list[int] = field(default_factory=list[int])
    delivered: Counter[str] = field(default_factory=Counter[str])
    ids: "count[int]" = field(default_factory=lambda: count(1))

    def park(self, *entries: str, status: str = "successful", **attributes: str) -> str:
        """Put a message about some entries on the dead-letter queue; return its id."""
        results: list[Json] = [{"accountingEntryId": each, "status": status} for each in entries]
        return self.park_body(json.dumps(message(*results)), **{"errorType": "item_rejected", **attributes})

    def park_body(self, body: str, **attributes: str) -> str:
        message_id = f"message-{next(self.ids)}"
        values = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        sent = {"MessageBody": body, "MessageAttributes": values, "MessageGroupId": "company-1"}
        self.dead[message_id] = Stored(sent, self.now)
        return message_id

    def park_each(self, entries: Iterable[str], **attributes: str) -> None:
        for each in entries:
            self.park(each, **attributes)

    def sleep(self, seconds: float) -> None:
        if self.steps.is_dead:
            raise Killed
        self.now += max(0.0, seconds)

    def consume(self) -> None:
        """Let the function deliver everything on the main queue."""
        for stored in self.main.values():
            self.delivered.update(stored.entries)
        self.main.clear()

    def receive_in_another_process(self, seconds: float = 3600, *message_ids: str) -> None:
        for each in message_ids or self.dead:
            self.dead[each].hidden_until = self.now + seconds

    @property
    def visible(self) -> int:
        return sum(stored.hidden_until <= self.now for stored in self.dead.values())

    def entries_parked(self) -> Counter[str]:
        return Counter(each for stored in self.dead.values() for each in stored.entries)

    def entries_waiting(self) -> Counter[str]:
        return Counter(each for stored in self.main.values() for each in stored.entries)

    def queue(self, url: str) -> SqsQueue:
        return SqsQueue(cast("Any", self), url)

    # What follows is the part of boto3's client that the tool uses.

    def receive_message(self, **asked: Any) -> Call:  # noqa: ANN401 -- as boto3 has it
        return self.steps.take("receive", lambda: self._receive(asked))

    def _receive(self, asked: Call) -> Call:
        assert asked["QueueUrl"] == DEAD
        assert asked["VisibilityTimeout"] <= 43_200
        found = [pair for pair in self.dead.items() if pair[1].hidden_until <= self.now][:10]
        for message_id, stored in found:
            stored.hidden_until = self.now + asked["VisibilityTimeout"]
            stored.receipt_handle = f"handle-{next(self.ids)} of {message_id}"
        if not found:
            self.now += asked["WaitTimeSeconds"]
        return {"Messages": [_handed_out(message_id, stored) for message_id, stored in found]}

    def change_message_visibility_batch(self, **asked: Any) -> Call:  # noqa: ANN401 -- as boto3 has it
        return self.steps.take("make visible", lambda: self._make_visible(asked))

    def _make_visible(self, asked: Call) -> Call:
        assert 1 <= len(asked["Entries"]) <= 10
        for one in asked["Entries"]:
            assert one["VisibilityTimeout"] == 0
            for stored in self.dead.values():
                if stored.receipt_handle == one["ReceiptHandle"]:
                    stored.hidden_until = 0.0
        return {}

    def delete_message_batch(self, **asked: Any) -> Call:  # noqa: ANN401 -- as boto3 has it
        return self.steps.take("delete", lambda: self._delete(asked))

    def _delete(self, asked: Call) -> Call:
        assert asked["QueueUrl"] == DEAD
        assert 1 <= len(asked["Entries"]) <= 10
        if self.refuses_to_delete:
            return {"Failed": [{"Id": one["Id"], "Code": "InternalError"} for one in asked["Entries"]]}
        for one in asked["Entries"]:
            for message_id, stored in list(self.dead.items()):
                if stored.receipt_handle == one["ReceiptHandle"]:
                    del self.dead[message_id]
        return {"Successful": [{"Id": one["Id"]} for one in asked["Entries"]]}

    def get_queue_attributes(self, **asked: Any) -> Call:  # noqa: ANN401 -- as boto3 has it
        return self.steps.take("counts", lambda: self._counts(asked))

    def _counts(self, asked: Call) -> Call:
        assert asked["QueueUrl"] == DEAD
        attributes = {
            "ApproximateNumberOfMessages": str(self.visible),
            "ApproximateNumberOfMessagesNotVisible": str(len(self.dead) - self.visible),
            "ApproximateNumberOfMessagesDelayed": "0",
        }
        if self.redrives_to:
            attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": self.redrives_to})
        return {"Attributes": attributes}

    def send_message_batch(self, **asked: Any) -> Call:  # noqa: ANN401 -- as boto3 has it
        return self.steps.take("send", lambda: self._send(asked))

    def _send(self, asked: Call) -> Call:
        assert asked["QueueUrl"] == MAIN
        entries = asked["Entries"]
        assert 1 <= len(entries) <= 10
        assert sum(len(one["MessageBody"].encode()) for one in entries) <= 1_048_576
        assert all(len(one.get("MessageAttributes", {})) <= 10 for one in entries)
        self.requests.append(len(entries))
        refused = [one for one in entries if self.refuses(one)]
        taken = [one for one in entries if one not in refused]
        assert len(self.requests) < 50, "it sends the same messages again and again"
        ids = {one["Id"]: f"copy-{next(self.ids)}" for one in taken}
        for one in taken:
            copy = Stored(one, self.now)
            if self.parks_again_at_once:
                source, count = ids[one["Id"]], copy.attribute("replayCount") or ""
                self.park(*copy.entries, sourceMessageId=source, replayCount=count)
            else:
                self.main[ids[one["Id"]]] = copy
        if self.loses_answer_to(len(self.requests)):
            raise ReadTimeoutError(endpoint_url=MAIN)
        return {
            "Successful": [{"Id": one["Id"], "MessageId": ids[one["Id"]]} for one in taken],
            "Failed": [{"Id": one["Id"], "Code": "InternalError"} for one in refused],
        }


def _handed_out(message_id: str, stored: Stored) -> Call:
    return {
        "MessageId": message_id,
        "ReceiptHandle": stored.receipt_handle,
        "Body": stored.sent["MessageBody"],
        "Attributes": {
            "SentTimestamp": str(int(stored.sent_at * 1000)),
            "MessageGroupId": stored.sent["MessageGroupId"],
            "AWSTraceHeader": "Root=1-5759e988-bd862e3fe1be46a994272793",
        },
        "MessageAttributes": stored.sent["MessageAttributes"],
    }


def everything(dead_letters: Iterable[DeadLetter]) -> list[Described]:
    """Select all messages."""
    return [described(dead_letter, str.lower) for dead_letter in dead_letters]


def those(condition: Callable[[Facts], bool]) -> Selected:
    """Select the messages that meet a condition."""
    return lambda dead_letters: [one for one in everything(dead_letters) if condition(one.facts)]


def replay_once(
    world: World,
    selected: Selected = everything,
    *,
    force: bool = False,
    rate: float = 1_000.0,
    stopped: Callable[[], bool] = lambda: False,
) -> Report:
    """Run `replay --apply` once, to its end or to its death."""
    report, pace = Report(), Pace(rate, lambda: world.now, world.sleep)
    with Scan(world.queue(DEAD), rate) as scan:
        replay(scan, selected, world.queue(MAIN), report, pace, force=force, stopped=stopped)
    return report


def killed(world: World, run: Callable[[], object], kill_at: int | str, moment: Moment) -> bool:
    """Run until that step; return whether it died before its end."""
    world.steps = Steps(kill_at, moment)
    try:
        run()
    except Killed:
        return True
    finally:
        world.steps = Steps()
    return False


def dead_letter(body: str, message_id: str = "m-1", **given: Any) -> DeadLetter:  # noqa: ANN401 -- DeadLetter's
    """A message of the dead-letter queue."""
    defaults: dict[str, Any] = {"sent_at": datetime.fromtimestamp(START, UTC), "attributes": {}}
    return DeadLetter(message_id, body, **(defaults | given))


def entries(number: int) -> list[str]:
    return [entry(each) for each in range(1, number + 1)]
