"""One dead letter, with everything that helps to decide what to do with it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from export_adapter.classify.item_update import Classifies, Explained, explain
from export_adapter.model import ApiVersion, ExportResult, Failure, InvalidMessage, InvalidResult, Message
from export_adapter.text import shown
from export_adapter_workstation.dead_letters.body_lines import body_lines
from export_adapter_workstation.dead_letters.letter import DeadLetter, Described
from export_adapter_workstation.dead_letters.plan import why_hopeless
from export_adapter_workstation.dead_letters.tables import age_words

_LINES_OF_A_BODY: Final = 25
_LINES_OF_NO_MESSAGE: Final = 40


def letter_view(
    letter: Described, classifier: Classifies, now: datetime, most_items: int, version: ApiVersion
) -> RenderableType:
    """Return why a letter is here, where it came from, and its items, `most_items` of them at most.

    What an item becomes is what Pleo would be told today, by the rules of `classifier`, in API `version`.
    """
    contents = letter.contents
    inside = _no_message(contents, letter) if isinstance(contents, InvalidMessage) else ()
    items = _items(contents, classifier, most_items, version) if isinstance(contents, Message) else ()
    return Group(_head(letter, now), Text(), *inside, *items)


def _head(letter: Described, now: datetime) -> Table:
    parked = letter.letter
    sent_at = f"{parked.sent_at:%Y-%m-%d %H:%M:%S} UTC, {age_words(now - parked.sent_at)} ago"
    status = f"HTTP {parked.text('pleoStatus')}" if parked.text("pleoStatus") else ""
    group = parked.message_group_id
    facts = {
        "message": parked.message_id,
        "error type": letter.error_type,
        "why": parked.why,
        "Pleo answered": "" if parked.moved_by_sqs else status,
        # SQS keeps the first sender's time, and notes no other.
        "sent" if parked.moved_by_sqs else "parked": sent_at,
        "parked before as": _before(parked, status),
        "system": letter.system or "",
        "company": letter.company_id or "",
        "export job": letter.job_id or "",
        "message group": group if group != letter.company_id and group else "",
        "came from": f"message {parked.text('sourceMessageId')}" if parked.text("sourceMessageId") else "",
        "replayed": _replays(letter),
        "replay": _advice(letter),
    }
    grid = _grid()
    for name, value in facts.items():
        if value:
            grid.add_row(name, Text(shown(value, 1000)))
    return grid


def _before(parked: DeadLetter, status: str) -> str:
    """Return what the function noted before a replay, of a letter that SQS itself moved after it."""
    if not parked.moved_by_sqs:
        return ""
    told = (parked.text("errorType"), parked.text("errorMessage"), status)
    return ": ".join(each for each in told if each)


def _replays(letter: Described) -> str:
    if not letter.letter.replay_count:
        return ""
    before = f", the last time as {letter.letter.replay_id}" if letter.letter.replay_id else ""
    return f"{letter.letter.replay_count} times before{before}"


def _advice(letter: Described) -> str:
    hopeless = why_hopeless(letter)
    return f"cannot succeed: {hopeless}" if hopeless else "may succeed, once the cause is mended"


def _no_message(contents: InvalidMessage, letter: Described) -> Iterator[RenderableType]:
    yield Text(f"It is no message: {shown(contents.reason)}", style="bold")
    yield _indented(body_lines(letter.letter.body, _LINES_OF_NO_MESSAGE))


def _items(
    message: Message, classifier: Classifies, most: int, version: ApiVersion
) -> Iterator[RenderableType]:
    results = message.results
    yield Text(f"{len(results)} accounting {'entry' if len(results) == 1 else 'entries'}", style="bold")
    for result in results[:most]:
        yield Text()
        if isinstance(result, InvalidResult):
            yield Text.assemble("  ", ("breaks the contract: ", "red"), shown(result.reason))
            yield _indented(body_lines(result.original, _LINES_OF_A_BODY))
        else:
            yield from _item(result, message.system, classifier, version)
    if len(results) > most:
        yield Text(f"  and {len(results) - most} more (--items shows more)", style="dim")


def _item(
    result: ExportResult, system: str, classifier: Classifies, version: ApiVersion
) -> Iterator[RenderableType]:
    yield Text.assemble("  ", (shown(result.accounting_entry_id), "cyan"), f"  {result.status}")
    grid = _grid()
    if result.external_id:
        grid.add_row("in the system", Text(shown(result.external_id)))
    if result.status.carries_failure_reason:
        for name, value in _told(explain(result, system, classifier, version), version):
            grid.add_row(name, Text(value))
    for name, value in _said(result.failure or Failure()):
        grid.add_row(name, Text(value))
    if grid.row_count:
        yield Padding(grid, (0, 0, 0, 4))
    if result.failure and result.failure.body not in (None, ""):
        yield Text("    the accounting system answered", style="dim")
        yield _indented(body_lines(result.failure.body, _LINES_OF_A_BODY), 6)


def _told(explained: Explained, version: ApiVersion) -> Iterator[tuple[str, str]]:
    """Yield what Pleo would be told today: as `explain` says, unless the exporter said it itself."""
    found = explained.classification
    told = explained.update.failure_reason_type
    if told:
        name = "with API v3" if version is not ApiVersion.V3 else "before API v3"
        other = told
        if found and told in {found.failure_reason_type, found.v3_failure_reason_type}:
            is_v3 = version is ApiVersion.V3
            other = found.failure_reason_type if is_v3 else found.v3_failure_reason_type
        yield f"today (API {version})", f"{told} ({name}: {other})" if other != told else str(told)
    if explained.update.failure_reason:
        yield "sentence", shown(explained.update.failure_reason, 600)
    yield "by", f"rule {found.rule}" if found else "the exporter itself"


def _said(failure: Failure) -> Iterator[tuple[str, str]]:
    facts = {
        "stage": failure.stage,
        "HTTP status": failure.http_status,
        "code": failure.code,
        "message": failure.message,
        "exception": failure.exception,
    }
    for name, value in facts.items():
        if value is not None:
            yield name, shown(str(value))


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _indented(lines: list[str], columns: int = 4) -> Padding:
    return Padding(Text("\n".join(lines)), (0, 0, 0, columns))
