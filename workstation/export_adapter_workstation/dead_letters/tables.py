"""Dead letters as tables and bars for a terminal. Whatever comes from outside is masked and printable."""

from datetime import datetime, timedelta
from typing import Final

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from export_adapter.text import shown
from export_adapter_workstation.dead_letters.advice import Urgency
from export_adapter_workstation.dead_letters.counting import Count, Summary
from export_adapter_workstation.dead_letters.message import Facts
from export_adapter_workstation.dead_letters.replay import DONE, Report

COLOURS: Final = {Urgency.NOW: "red", Urgency.TODAY: "yellow", Urgency.LATER: "cyan"}
_NAME_WIDTH: Final = 40
"""The longest failure reason type."""

_NUMBERS_WIDTH: Final = 22
_BAR_WIDTH: Final = 24
_SHORTEST_BAR: Final = 10
_EIGHTHS: Final = 8
_LONGEST_NAME: Final = 60
_SHORT_ID: Final = 8
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_STILL_HOURS: Final = 2 * _DAY


def age_words(age: timedelta) -> str:
    """Return an age in two or three characters and a unit: 40s, 12m, 5h, 3d."""
    seconds = max(0, int(age.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m"
    return f"{seconds // _HOUR}h" if seconds < _STILL_HOURS else f"{seconds // _DAY}d"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: 1 message, 2 messages."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def total_words(summary: Summary, now: datetime) -> str:
    """Return the totals in a sentence; what may have expired in a second one."""
    if summary.oldest is None:
        return "The dead-letter queue is empty: nothing was parked."
    entries = counted(summary.entries, "accounting entry", "accounting entries")
    total = (
        f"{entries} in {counted(summary.messages, 'message')}, "
        f"the oldest {age_words(now - summary.oldest)} old."
    )
    if not summary.past_the_hour:
        return total
    late = counted(summary.past_the_hour, "message is", "messages are")
    return f"{total} {late} older than an hour: the export jobs may have expired."


def summary_view(summary: Summary, now: datetime, width: int) -> RenderableType:
    """Return the totals, and a table for each count, on a terminal of `width` columns."""
    if not summary.messages:
        return Text(total_words(summary, now), style="green")
    name_width = min(_NAME_WIDTH, width - _NUMBERS_WIDTH)
    room = min(_BAR_WIDTH, width - name_width - _NUMBERS_WIDTH - 2)
    bar_width = room if room >= _SHORTEST_BAR else 0
    numbers = Text("Bars: accounting entries, on one scale.", style="dim") if bar_width else Text()
    head = Text(total_words(summary, now), style="bold")
    return Group(
        head, numbers, *(_bars(one, summary.most_entries, name_width, bar_width) for one in summary.counts)
    )


def _bars(count: Count, most: int, name_width: int, bar_width: int) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(f"\n{count.title}", header_style="bold", width=name_width, overflow="fold")
    for name in ("entries", "messages"):
        table.add_column(f"\n{name}", justify="right", header_style="dim", no_wrap=True, min_width=8)
    if bar_width:
        table.add_column(width=bar_width)
    advised: list[RenderableType] = []
    for line in count.lines:
        colour = COLOURS[line.advice.urgency] if line.advice else "blue"
        label = Text(shown(line.name, _LONGEST_NAME), style=colour if line.advice else "")
        numbers = (f"{line.entries:,}", f"{line.messages:,}")
        table.add_row(label, *numbers, *([_bar(line.entries, most, bar_width, colour)] if bar_width else []))
        if line.advice:
            words = Text.assemble((f"{shown(line.name, _LONGEST_NAME)}: ", colour), line.advice.to_do)
            advised.append(Padding(words, (0, 0, 0, 2)))
    return Group(table, *advised)


def _bar(value: int, most: int, width: int, colour: str) -> Bar | Text:
    """Return a bar; for a small number at least the eighth of a column, so that it can be seen."""
    return Bar(most, 0, max(value, most / (width * _EIGHTHS)), width=width, color=colour) if value else Text()


def message_view(facts: Facts, now: datetime) -> RenderableType:
    """Return a message in a line, and below it why it is here."""
    parts = [
        f"{age_words(now - facts.sent_at):>3}",
        shown(facts.error_type, 30),
        shown(facts.system or "", 20),
        counted(facts.entries, "entry", "entries") if facts.entries is not None else "",
        f"job {shown(facts.job_id, 40)[:_SHORT_ID]}" if facts.job_id else "",
        f"replayed {counted(facts.replay_count, 'time')}" if facts.replay_count else "",
    ]
    short_id = (shown(facts.message_id, 40)[:_SHORT_ID], "cyan")
    first = Text.assemble(short_id, "  ", "  ".join(part for part in parts if part))
    return (
        Group(first, Padding(Text(shown(facts.why, 200), style="dim"), (0, 0, 0, 2))) if facts.why else first
    )


def report_view(report: Report, what: str) -> RenderableType:
    """Return what was, or would be, done by error type, and what is left, with the reason.

    `what` names the action, such as "Would send".
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("what")
    table.add_column("error type", no_wrap=True)
    table.add_column("entries", justify="right", no_wrap=True)
    table.add_column("messages", justify="right", no_wrap=True)
    before = None
    for (reason, error_type), number in sorted(
        report.messages.items(), key=lambda pair: (pair[0][0] != DONE, pair[0][0], -pair[1])
    ):
        name = Text(what, "green") if reason == DONE else Text(f"Leaves: {reason}", "yellow")
        first = Text() if reason == before else name
        entries = report.entries[reason, error_type]
        table.add_row(first, Text(shown(error_type, 40)), f"{entries:,}", f"{number:,}")
        before = reason
    return table if report.messages else Text("No message is selected.")
