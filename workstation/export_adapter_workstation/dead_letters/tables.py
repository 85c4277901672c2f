"""Dead letters as tables and bars for a terminal. Whatever comes from outside is masked and printable."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from export_adapter.text import shown
from export_adapter_workstation.dead_letters.counting import JOB_EXPIRES, Count, Line, Summary
from export_adapter_workstation.dead_letters.letter import Described
from export_adapter_workstation.dead_letters.plan import Plan
from export_adapter_workstation.dead_letters.replay import Report

_BAR_WIDTH: Final = 24
_NARROWEST_BAR: Final = 6
_NAME_WIDTH: Final = 36
_NARROW_NAME_WIDTH: Final = 22
_NUMBERS_WIDTH: Final = 25
_EIGHTHS: Final = 8
_LINE_FITS: Final = 110
"""From so many columns on, a letter and why it is here fit on one line."""

_JOB_FITS: Final = 80
_LONGEST_NAME: Final = 60
_ID: Final = 8
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


def summary_view(summary: Summary, now: datetime, width: int) -> RenderableType:
    """Return the totals, and a table with bars for each count, on a terminal of `width` columns."""
    if not summary.messages or summary.oldest is None:
        return Text("The dead-letter queue is empty: nothing was parked.", style="green")
    head = Text.assemble(
        (counted(summary.messages, "message"), "bold"),
        f" with {counted(summary.items, 'accounting entry', 'accounting entries')},"
        f" the oldest {age_words(now - summary.oldest)} old.",
    )
    parts: list[RenderableType] = [head]
    if summary.past_the_hour:
        parts.append(
            Text(
                f"{summary.past_the_hour:,} are older than an hour: their export jobs may have expired.",
                style="yellow",
            )
        )
    return Group(*parts, *(_bars(count, width) for count in summary.counts))


def _bars(count: Count, width: int) -> Table:
    lines = [*count.lines, *([count.others] if count.others else [])]
    most = max((line.messages for line in lines), default=1)
    name_width = max(_NARROW_NAME_WIDTH, min(_NAME_WIDTH, width - _NUMBERS_WIDTH - _BAR_WIDTH // 2))
    bar_width = max(_NARROWEST_BAR, min(_BAR_WIDTH, width - name_width - _NUMBERS_WIDTH))
    table = Table(box=None, padding=(0, 2, 0, 0))
    # As wide in every count, so that the bars of all stand below each other.
    most_width = None if bar_width == _BAR_WIDTH else name_width
    table.add_column(
        f"\n{count.title}", header_style="bold", overflow="fold", min_width=name_width, max_width=most_width
    )
    for name in ("messages", "entries"):
        table.add_column(f"\n{name}", justify="right", header_style="dim", no_wrap=True)
    table.add_column(width=bar_width)
    for line in lines:
        bar = _bar(line.messages, most, bar_width)
        table.add_row(_name(line), f"{line.messages:,}", f"{line.items:,}", bar)
    return table


def _name(line: Line) -> Text:
    return Text(shown(line.name, _LONGEST_NAME))


def _bar(value: int, most: int, width: int) -> Bar:
    """Return a bar; of what is rare a sliver, the eighth of a column, is seen all the same."""
    return Bar(most, 0, max(value, most / (width * _EIGHTHS)), width=width, color="cyan")


def list_view(letters: Sequence[Described], now: datetime, most: int, width: int) -> RenderableType:
    """Return each letter, the oldest first, `most` at most; a narrow terminal shows, too, why it is here."""
    some = sorted(letters, key=lambda one: one.letter.sent_at)[:most]
    if width >= _LINE_FITS:
        view: RenderableType = _on_one_line(some, now)
    else:
        view = Group(*(_on_two_lines(each, now, width) for each in some))
    if len(letters) <= most:
        return view
    more = Text(f"and {len(letters) - most:,} more (--most shows more; filters show fewer)", style="dim")
    return Group(view, more)


def _on_one_line(letters: Iterable[Described], now: datetime) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    table.add_column("id", no_wrap=True, min_width=_ID)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("error type", no_wrap=True)
    table.add_column("system", no_wrap=True, max_width=18)
    table.add_column("job", no_wrap=True, min_width=_ID)
    table.add_column("entries", justify="right", no_wrap=True)
    table.add_column("replays", justify="right", no_wrap=True)
    table.add_column("why", ratio=1, no_wrap=True)
    for each in letters:
        letter = each.letter
        table.add_row(
            Text(shown(letter.message_id, 40)[:_ID], style="cyan"),
            age_words(now - letter.sent_at),
            Text(shown(each.error_type, 30)),
            Text(shown(each.system or "", 30)),
            Text(shown(each.job_id or "", 40)[:_ID]),
            str(each.results) if each.results is not None else "?",
            str(letter.replay_count or ""),
            Text(shown(letter.why)),
        )
    return table


def _on_two_lines(described: Described, now: datetime, width: int) -> RenderableType:
    letter = described.letter
    facts = [
        f"{age_words(now - letter.sent_at):>3}",
        shown(described.error_type, 30),
        shown(described.system or "", 12),
        counted(described.results, "entry", "entries") if described.results is not None else "",
        f"job {shown(described.job_id, 40)[:_ID]}" if described.job_id and width >= _JOB_FITS else "",
        f"replays {letter.replay_count}" if letter.replay_count else "",
    ]
    first = Text.assemble(
        (shown(letter.message_id, 40)[:_ID], "cyan"), "  ", "  ".join(each for each in facts if each)
    )
    # Two lines of it at most: `show` has the rest.
    why = Text(shown(letter.why, 2 * (width - 4)))
    return Group(first, Padding(why, (0, 0, 0, 2))) if letter.why else first


def plan_view(plan: Plan, now: datetime, *, applied: bool) -> RenderableType:
    """Return what a replay will do, in numbers."""
    table = _plan_table()
    sends = "Sends back" if applied else "Would send back"
    _plan_rows(table, Text(sends, style="green"), [one.letter for one in plan.send])
    for reason, letters in _by_reason((one.reason, one.letter) for one in plan.remove):
        _plan_rows(table, Text(f"{'Removes' if applied else 'Would remove'}: {reason}"), letters)
    for reason, letters in _by_reason((one.reason, one.letter) for one in plan.refuse):
        _plan_rows(table, Text(f"Leaves: {reason}", style="yellow"), letters)
    for reason, letters in _by_reason((one.reason, one.letter) for one in plan.leave):
        _plan_rows(table, Text(f"In doubt: {reason}", style="red"), letters)
    late = sum(now - one.letter.letter.sent_at > JOB_EXPIRES for one in plan.send)
    if not late:
        return table
    return Group(
        table,
        Text(
            f"{counted(late, 'message')} waited for over an hour. Where the export job has expired, "
            "Pleo refuses them and they come back as job_finished.",
            style="yellow",
        ),
    )


def _plan_table() -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("what", overflow="fold")
    table.add_column("error type", no_wrap=True)
    table.add_column("messages", justify="right", no_wrap=True)
    table.add_column("entries", justify="right", no_wrap=True)
    return table


def _plan_rows(table: Table, what: Text, letters: Iterable[Described]) -> None:
    messages: Counter[str] = Counter()
    items: Counter[str] = Counter()
    for letter in letters:
        messages[letter.error_type] += 1
        items[letter.error_type] += letter.results or 0
    for place, (error_type, count) in enumerate(messages.most_common()):
        first = what if place == 0 else Text()
        table.add_row(first, Text(shown(error_type, 40)), f"{count:,}", f"{items[error_type]:,}")


def _by_reason(pairs: Iterable[tuple[str, Described]]) -> list[tuple[str, list[Described]]]:
    found: dict[str, list[Described]] = {}
    for reason, letter in pairs:
        found.setdefault(reason, []).append(letter)
    return sorted(found.items(), key=lambda pair: -len(pair[1]))


def discard_plan_view(letters: Iterable[Described], *, applied: bool) -> RenderableType:
    """Return what a discard will remove, in numbers."""
    found = list(letters)
    if not found:
        return Text("There is nothing to remove.")
    table = _plan_table()
    _plan_rows(table, Text("Removes" if applied else "Would remove", style="red"), found)
    return table


def replay_report(report: Report, plan: Plan) -> RenderableType:
    """Return what a replay did, and what to do about the rest."""
    lines = [
        Text(f"Sent back {report.sent:,} of {len(plan.send):,}; removed {report.removed:,}.", style="bold")
    ]
    for code, count in report.refused.most_common():
        lines.append(
            _trouble(f"The main queue refused {counted(count, 'message')} ({shown(code)}): they stay.")
        )
    if report.let_go:
        lines.append(_trouble(f"{counted(report.let_go, 'message')} went back before their turn: too slow."))
    if report.not_removed:
        lines.append(
            _trouble(f"{counted(report.not_removed, 'message')} were sent, but could not be removed yet.")
        )
    if report.unanswered:
        lines.append(_trouble(f"{shown(report.unanswered)}."))
    if report.unclear:
        lines.append(
            _trouble(f"Of {counted(report.unclear, 'message')} nobody knows yet whether they were sent.")
        )
    if plan.leave:
        lines.append(
            _trouble(
                f"{counted(len(plan.leave), 'message')} in doubt stay where they are. Run this again once "
                "the main queue is empty, or decide yourself: --in-doubt send, or --in-doubt remove."
            )
        )
    if not report.complete:
        lines.append(_trouble("Run the same command again: it goes on from here, and sends nothing twice."))
    return Group(*lines)


def _trouble(text: str) -> Text:
    return Text(text, style="yellow")
