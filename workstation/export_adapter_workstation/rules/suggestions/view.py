"""What `export-adapter suggest` shows of the groups."""

from collections.abc import Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from export_adapter.text import shorten
from export_adapter_workstation.rules.suggestions.groups import Group

_LONGEST_EXAMPLE: Final = 160


def groups_table(groups: Sequence[Group], title: str) -> Table:
    """Return the groups with how often each was seen, and an example without secrets."""
    table = Table(title=title, title_justify="left")
    table.add_column("seen", justify="right", no_wrap=True)
    table.add_column("system", style="cyan", overflow="fold")
    table.add_column("code", overflow="fold", max_width=24)
    table.add_column("status", no_wrap=True)
    table.add_column("for example", ratio=1)
    for group in groups:
        table.add_row(
            str(group.count),
            Text(group.system),
            Text(group.code),
            group.status,
            Text(shorten(group.example, _LONGEST_EXAMPLE)),
        )
    return table
