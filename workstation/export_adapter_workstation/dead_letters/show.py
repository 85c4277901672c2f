"""One message with everything that helps to decide what to do with it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from export_adapter.classify.item_update import Classifies, explain
from export_adapter.model import ApiVersion, ExportResult, Failure, InvalidMessage, InvalidResult
from export_adapter.parked_message import (
    ERROR_MESSAGE,
    ERROR_TYPE,
    PLEO_STATUS,
    SOURCE_MESSAGE_ID,
    DeadLetter,
)
from export_adapter.text import shown
from export_adapter_workstation.dead_letters.advice import cannot_succeed, to_do
from export_adapter_workstation.dead_letters.body_lines import body_lines
from export_adapter_workstation.dead_letters.message import Described
from export_adapter_workstation.dead_letters.tables import age_words, counted

_LINES_OF_A_BODY: Final = 25
_LINES_OF_AN_INVALID_MESSAGE: Final = 40


def whole_message_view(
    message: Described, classifier: Classifies, now: datetime, most_entries: int, version: ApiVersion
) -> RenderableType:
    """Return why a message is here, where it came from, what to do, and its first `most_entries` entries.

    What an entry becomes is what Pleo would be told today, by the rules of `classifier`, in API `version`.
    """
    contents = message.contents
    parts: list[RenderableType] = [_grid(_facts(message, now)), Text()]
    if isinstance(contents, InvalidMessage):
        parts.append(Text(f"Its body is not a valid message: {shown(contents.reason)}", style="bold"))
        parts.append(_indented(body_lines(message.dead_letter.body, _LINES_OF_AN_INVALID_MESSAGE)))
        return Group(*parts)
    results = contents.results
    parts.append(Text(counted(len(results), "accounting entry", "accounting entries"), style="bold"))
    for result in results[:most_entries]:
        parts.append(Text())
        if isinstance(result, InvalidResult):
            parts.append(Text.assemble("  ", ("breaks the contract: ", "red"), shown(result.reason)))
            parts.append(_indented(body_lines(result.original, _LINES_OF_A_BODY)))
        else:
            parts += _entry(result, contents.system, classifier, version)
    if len(results) > most_entries:
        parts.append(Text(f"  and {len(results) - most_entries} more (--entries shows more)", style="dim"))
    return Group(*parts)


def _facts(message: Described, now: datetime) -> dict[str, str | None]:
    dead_letter, facts = message.dead_letter, message.facts
    status = f"HTTP {dead_letter.text(PLEO_STATUS)}" if dead_letter.text(PLEO_STATUS) else None
    group, source = dead_letter.message_group_id, dead_letter.text(SOURCE_MESSAGE_ID)
    reason = cannot_succeed(message)
    return {
        "message": facts.message_id,
        "error type": facts.error_type,
        "why": facts.why,
        "Pleo answered": None if dead_letter.moved_by_sqs else status,
        # SQS keeps the time of the first sending, and notes no other.
        "sent" if dead_letter.moved_by_sqs else "parked": (
            f"{facts.sent_at:%Y-%m-%d %H:%M:%S} UTC, {age_words(now - facts.sent_at)} ago"
        ),
        "parked before as": _before(dead_letter, status),
        "system": facts.system,
        "company": facts.company_id,
        "export job": facts.job_id,
        "message group": None if group == facts.company_id else group,
        "came from": f"message {source}" if source else None,
        "replayed": counted(facts.replay_count, "time") if facts.replay_count else None,
        "replay": f"cannot succeed: {reason}" if reason else "may succeed, once the cause is fixed",
        "what to do": to_do(facts),
    }


def _before(dead_letter: DeadLetter, status: str | None) -> str | None:
    """Return what the function noted before a replay, of a message that SQS itself moved after it."""
    noted = (dead_letter.text(ERROR_TYPE), dead_letter.text(ERROR_MESSAGE), status)
    return ": ".join(each for each in noted if each) if dead_letter.moved_by_sqs else None


def _entry(
    result: ExportResult, system: str, classifier: Classifies, version: ApiVersion
) -> Iterator[RenderableType]:
    yield Text.assemble("  ", (shown(result.accounting_entry_id), "cyan"), f"  {result.status}")
    failure = result.failure or Failure()
    rows: dict[str, str | None] = {"booked as" if result.external_id else "": result.external_id}
    if result.status.carries_failure_reason:
        explained = explain(result, system, classifier, version)
        found, update = explained.classification, explained.update
        rows |= {
            f"today (API {version})": update.failure_reason_type,
            "sentence": update.failure_reason,
            "by": f"rule {found.rule}" if found else "the exporter itself",
        }
    rows |= {
        "stage": failure.stage,
        "HTTP status": None if failure.http_status is None else str(failure.http_status),
        "code": failure.code,
        "message": failure.message,
        "exception": failure.exception,
    }
    yield Padding(_grid(rows), (0, 0, 0, 4))
    if failure.body not in (None, ""):
        yield Text("    the accounting system answered", style="dim")
        yield _indented(body_lines(failure.body, _LINES_OF_A_BODY), 6)


def _grid(rows: dict[str, str | None]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows.items():
        if value:
            grid.add_row(name, Text(shown(value, 1000)))
    return grid


def _indented(lines: list[str], columns: int = 4) -> Padding:
    return Padding(Text("\n".join(lines)), (0, 0, 0, columns))
