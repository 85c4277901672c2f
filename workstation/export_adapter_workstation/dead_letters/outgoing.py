"""Messages on their way to a queue, in requests that SQS takes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from export_adapter.parked_message import MAX_BYTES, MAX_ENTRIES
from export_adapter_workstation.dead_letters.letter import Attribute, DeadLetter

MOST_ATTRIBUTES: Final = 10
"""What SQS takes on one message."""

_OURS: Final = ("errorMessage", "pleoStatus", "sourceMessageId", "exportJobId", "system", "errorType")
"""What the function wrote itself, in the order in which it makes room: parked again, it is written anew."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent."""

    body: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict[str, Attribute])
    message_group_id: str | None = None

    @property
    def size(self) -> int:
        """Bytes that count towards SQS's limit: the body, and each attribute's name, type and value."""
        texts = [self.body, *self.attributes]
        for attribute in self.attributes.values():
            texts += [attribute.data_type, attribute.text or ""]
        binaries = sum(len(attribute.binary or b"") for attribute in self.attributes.values())
        return sum(len(text.encode()) for text in texts) + binaries


@dataclass(frozen=True, slots=True)
class DoesNotFit:
    """Why a message cannot be sent."""

    reason: str


def copy_of(letter: DeadLetter) -> Outgoing | DoesNotFit:
    """Return what goes back to the main queue for a dead letter.

    The body, the group and the attributes are kept; `replayCount` is one more, and `replayId` is the
    letter's own id. Where they leave no room for these two, attributes of the function's own make way.
    """
    attributes = {
        **letter.attributes,
        "replayCount": Attribute("Number", str(letter.replay_count + 1)),
        "replayId": Attribute("String", letter.message_id),
    }
    copy = Outgoing(letter.body, attributes, letter.message_group_id)
    for name in _OURS:
        if len(copy.attributes) <= MOST_ATTRIBUTES and copy.size <= MAX_BYTES:
            break
        kept = {known: value for known, value in copy.attributes.items() if known != name}
        copy = replace(copy, attributes=kept)
    if len(copy.attributes) > MOST_ATTRIBUTES:
        return DoesNotFit(
            f"it has {len(letter.attributes)} attributes, which leaves no room for replayCount and replayId"
        )
    if copy.size > MAX_BYTES:
        return DoesNotFit(f"with its attributes it has {copy.size} bytes; SQS takes {MAX_BYTES}")
    return copy


def in_requests[T](items: Iterable[T], outgoing: Callable[[T], Outgoing]) -> Iterator[tuple[T, ...]]:
    """Group what is to be sent so that each group fits in one SendMessageBatch.

    Nothing in `items` may be larger than SQS takes by itself.
    """
    group: list[T] = []
    size = 0
    for item in items:
        more = outgoing(item).size
        if group and (len(group) == MAX_ENTRIES or size + more > MAX_BYTES):
            yield tuple(group)
            group, size = [], 0
        group.append(item)
        size += more
    if group:
        yield tuple(group)
