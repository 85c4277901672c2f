"""What `export-adapter explain` shows a person of one failure."""

from collections.abc import Iterable, Sequence
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
    causes = [
        (Text(shown(one.shown_code or "")), Text(shown(one.field or "")), Text(shown(one.text, _LONGEST)))
        for one in explanation.report.causes
    ]
    runners_up = [
        (Text(one.rule, "cyan"), Text(one.failure_reason_type), Text(shown(one.said_of, _LONGEST)))
        for one in explanation.runners_up
    ]
    parts: list[RenderableType] = [
        _grid(_decision(explanation)),
        Text("\nWhat was read of the failure", "bold"),
        Padding(_grid(_reading(explanation)), (0, 0, 0, 2)),
        _table(("code", "field", "message"), causes, _MOST_CAUSES),
    ]
    if runners_up:
        parts.append(Text("\nRunners-up", "bold"))
        parts.append(_table(("rule", "type", "because of"), runners_up, _MOST_RUNNERS_UP))
    return Group(*parts)


def _decision(explanation: Explanation) -> Iterable[tuple[str, Text]]:
    found = explanation.classification
    yield "type", Text(found.failure_reason_type, "bold green" if found.mapped else "bold red")
    if found.v3_failure_reason_type != found.failure_reason_type:
        yield "with API v3", Text(found.v3_failure_reason_type, "green")
    yield "sentence", Text(found.failure_reason)
    yield "try again", Text("can help" if found.retryable else "does not help")
    decided = f"  ({_TIERS[explanation.tier]})" if explanation.tier is not None else ""
    yield "rule", Text.assemble((found.rule, "cyan"), (decided, "dim"))
    yield "source", Text(found.source)
    yield "fingerprint", Text(found.fingerprint or "", "yellow")


def _reading(explanation: Explanation) -> Iterable[tuple[str, Text]]:
    report = explanation.report
    yield "system", Text(shown(explanation.system_name))
    yield "read as", Text(shown(report.format))
    yield "status", Text(str(report.status) if report.status else "none")
    yield "stage", Text(report.stage or "not given")
    yield "exception", Text(shown(report.exception or ""))
    yield "found by", Text(shown(report.shape or ""))


def _grid(rows: Iterable[tuple[str, Text]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for name, value in rows:
        if value:
            grid.add_row(name, value)
    return grid


def _table(names: Sequence[str], rows: Sequence[tuple[Text, ...]], most: int) -> Padding:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows[:most]:
        table.add_row(*row)
    if len(rows) > most:
        table.add_row(Text(f"and {len(rows) - most} more", "dim"))
    return Padding(table, (0, 0, 0, 2))
