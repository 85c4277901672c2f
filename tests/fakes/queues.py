"""Queues that keep SQS's rules and fail as SQS does: in part, as a whole, or only in what they answer."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from export_adapter.parked_message import ParkedMessage
from export_adapter.settle.queues import Sent

MIB = 1024 * 1024
_LEGAL_TEXT = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_LEGAL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")


def illegal(message: ParkedMessage) -> str | None:
    """Say which rule of SendMessageBatch a message breaks, counted as SQS counts and not as the adapter."""
    if not _LEGAL_TEXT.fullmatch(message.body):
        return "a body must not be empty, and holds a character that SQS refuses"
    if len(message.attributes) > 10:
        return "more than 10 attributes"
    for name, value in message.attributes.items():
        if not _LEGAL_NAME.fullmatch(name) or not _LEGAL_TEXT.fullmatch(value):
            return f"attribute {name} is empty or holds a character that SQS refuses"
        if message.outgoing.attributes[name].data_type == "Number" and not value.isdecimal():
            return f"attribute {name} is no number"
    return f"{billed_size(message)} bytes" if billed_size(message) > MIB else None


def billed_size(message: ParkedMessage) -> int:
    """Count body and attributes, with their names and types, in bytes."""
    attributes = sum(
        len(name.encode()) + len("Number") + len(value.encode()) for name, value in message.attributes.items()
    )
    return len(message.body.encode()) + attributes


def nothing(_: object) -> bool:
    return False


@dataclass
class FakeDeadLetterQueue:
    """Keeps what it confirms. `illegal` holds what SQS would have refused; a test wants it empty."""

    refuses: Callable[[ParkedMessage], bool] = nothing
    keeps_but_does_not_confirm: Callable[[ParkedMessage], bool] = nothing
    is_down: bool = False
    on_request: Callable[[], None] = lambda: None
    messages: list[ParkedMessage] = field(default_factory=list[ParkedMessage])
    requests: list[tuple[ParkedMessage, ...]] = field(default_factory=list[tuple[ParkedMessage, ...]])
    illegal: list[str] = field(default_factory=list[str])

    def send(self, messages: Sequence[ParkedMessage]) -> Sent:
        self.on_request()
        self.requests.append(tuple(messages))
        self.illegal.extend(problem for problem in map(illegal, messages) if problem)
        if not 1 <= len(messages) <= 10 or sum(map(billed_size, messages)) > MIB:
            self.illegal.append(f"a request of {len(messages)} messages")
        if self.is_down:
            return Sent(frozenset(), ("ServiceUnavailable",))
        confirmed: set[int] = set()
        for place, message in enumerate(messages):
            if self.refuses(message):
                continue
            self.messages.append(message)
            if not self.keeps_but_does_not_confirm(message):
                confirmed.add(place)
        problems = ("InternalError",) * (len(messages) - len(confirmed))
        return Sent(frozenset(confirmed), problems)


@dataclass
class FakeVisibilityTimeouts:
    """Keeps the timeouts by receipt handle."""

    refuses: Callable[[str], bool] = nothing
    on_request: Callable[[], None] = lambda: None
    seconds: dict[str, int] = field(default_factory=dict[str, int])
    requests: int = 0
    illegal: list[str] = field(default_factory=list[str])

    def change(self, timeouts: Mapping[str, int]) -> tuple[str, ...]:
        self.on_request()
        self.requests += 1
        if not 1 <= len(timeouts) <= 10:
            self.illegal.append(f"a request of {len(timeouts)} timeouts")
        self.illegal.extend(f"{each} seconds" for each in timeouts.values() if not 0 <= each <= 43_200)
        refused = [handle for handle in timeouts if self.refuses(handle)]
        self.seconds |= {handle: each for handle, each in timeouts.items() if handle not in refused}
        return ("InternalError",) * len(refused)
