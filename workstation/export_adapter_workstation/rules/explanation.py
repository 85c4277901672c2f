"""What `export-adapter explain` shows a person of one failure."""

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from export_adapter.classify.classifier import Explanation
from export_adapter.classify.rulebook.rule import Tier
from export_adapter.text import shown

_MOST_RUNNERS_UP: Final = 8
_MOST_CAUSES: Final = 12
_LONGEST: Final = 160
_TIERS: Final = {
    Tier.OWN: "a rule of your own",
    Tier.SPECIFIC: "the system's own code or message",
    Tier.FAMILY: "a family of the system",
    Tier.GENERAL: "words or codes that mean the same everywhere",
    Tier.CATCH_ALL: "the system said only that something is wrong",
    Tier.STATUS: "the HTTP status or the stage alone",
    Tier.LAST_RESORT: "nothing was recognised",
}


def explanation_view(explanation: Explanation) -> Group:
    """Return the type, the sentence, the rule and its source, what was read, and the runners-up."""
    return Group(
        _decision(explanation),
        Text(),
        _heading("What the reader found"),
        _reading(explanation),
        *_runners_up(explanation),
    )


def _decision(explanation: Explanation) -> RenderableType:
    found = explanation.classification
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    table.add_row(
        "type", Text(found.failure_reason_type, style="bold red" if not found.mapped else "bold green")
    )
    if found.v3_failure_reason_type != found.failure_reason_type:
        table.add_row("with API v3", Text(found.v3_failure_reason_type, style="green"))
    table.add_row("sentence", Text(found.failure_reason))
    table.add_row("try again", Text("can help" if found.retryable else "does not help"))
    decided = f"  ({_TIERS[explanation.tier]})" if explanation.tier is not None else ""
    table.add_row("rule", Text.assemble((found.rule, "cyan"), (decided, "dim")))
    table.add_row("source", Text(found.source))
    if found.fingerprint:
        table.add_row("fingerprint", Text(found.fingerprint, style="yellow"))
    return table


def _reading(explanation: Explanation) -> RenderableType:
    report = explanation.report
    facts = {
        "system": explanation.system_name
        if explanation.system_name != explanation.system
        else explanation.system,
        "read as": report.format,
        "status": str(report.status) if report.status else "none",
        "stage": str(report.stage or "not given"),
        "exception": report.exception or "",
        "found by": report.shape,
    }
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for name, value in facts.items():
        if value:
            grid.add_row(name, Text(shown(value)))
    causes = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("code", "field", "message"):
        causes.add_column(name, overflow="fold")
    for cause in report.causes[:_MOST_CAUSES]:
        causes.add_row(
            Text(shown(cause.shown_code or "")),
            Text(shown(cause.field or "")),
            Text(shown(cause.text, _LONGEST)),
        )
    more = len(report.causes) - _MOST_CAUSES
    return Padding(
        Group(grid, causes, *([Text(f"and {more} more", style="dim")] if more > 0 else [])), (0, 0, 0, 2)
    )


def _runners_up(explanation: Explanation) -> Iterator[RenderableType]:
    if not explanation.runners_up:
        return
    yield Text()
    yield _heading("Runners-up")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("rule", "type", "because of"):
        table.add_column(name, overflow="fold")
    for one in explanation.runners_up[:_MOST_RUNNERS_UP]:
        table.add_row(
            Text(one.rule, style="cyan"), Text(one.failure_reason_type), Text(shown(one.said_of, _LONGEST))
        )
    yield Padding(table, (0, 0, 0, 2))
    more = len(explanation.runners_up) - _MOST_RUNNERS_UP
    if more > 0:
        yield Text(f"  and {more} more", style="dim")


def _heading(text: str) -> Text:
    return Text(text, style="bold")
