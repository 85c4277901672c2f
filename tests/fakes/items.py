"""Items as the deliver step gets them, each of a message of its own."""

from datetime import datetime

from export_adapter.item import Item
from export_adapter.model import ExportResult, ItemStatus, ItemUpdate, JobKey, Message, Outcome
from tests.fakes.messages import record


def item(
    job: JobKey,
    entry_id: str,
    status: ItemStatus = ItemStatus.SUCCESSFUL,
    exported_at: datetime | None = None,
    *,
    sent_at: int = 0,
    came_back: bool = False,
    superseded: tuple[Item, ...] = (),
) -> Item:
    """A classified item; one that came back was received once before."""
    received = record("", receive_count=2 if came_back else 1, sent_at=sent_at)
    result = ExportResult(entry_id, status, "{}", exported_at)
    made = Item(job, Message(received, job, "xero", {}, (result,)), result, superseded)
    made.update = ItemUpdate(entry_id, status, exported_at)
    return made


def again(item: Item) -> Item:
    """The same item when its message comes again: nothing is known of it."""
    made = Item(item.job, item.message, item.result, item.superseded)
    made.update = item.update
    return made


def finished(message: Message, *outcomes: Outcome) -> list[Item]:
    """The items of a message, with what became of each; those without an outcome are not finished."""
    results = (one for one in message.results if isinstance(one, ExportResult))
    made = [Item(message.job, message, result) for result in results]
    for one, outcome in zip(made, outcomes, strict=False):
        one.finish(outcome)
    return made
