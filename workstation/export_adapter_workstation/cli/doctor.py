"""`export-adapter doctor`: examine a deployed stack from outside."""

import sys
from datetime import UTC, datetime
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from export_adapter_workstation.cli.looking import greeted
from export_adapter_workstation.cli.stack_options import examples, on_a_stack
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.doctor.closing import closing
from export_adapter_workstation.stack.doctor.examination import examine
from export_adapter_workstation.stack.doctor.finding import Finding, State

_MARKS: Final = {
    State.WELL: ("ok   ", "green"),
    State.NOTE: ("note ", "yellow"),
    State.WRONG: ("WRONG", "bold red"),
    State.NOT_KNOWN: ("?    ", "dim"),
}
_WIDTH: Final = 24


@click.command(
    short_help="Examine a deployed stack; say what is wrong and what mends it.",
    epilog=examples(
        "export-adapter doctor", "export-adapter doctor --stack-name export-adapter-production --profile ops"
    ),
)
@on_a_stack
def doctor(stack: Stack, /) -> None:
    """Examine a deployed stack from outside, and say what is wrong and the command that mends it.

    Looks at the queues' settings, the function's version and layers, its event source, the alarms, the
    secret's shape (its value is never shown), this machine's clock, and lets the function test itself:
    one harmless request to Pleo. Changes nothing. The exit status is 1 where something is wrong, and 3 where
    nothing is, but a queue or the function could not be looked at.
    """
    console = greeted(stack)
    found: list[Finding] = []
    for finding in examine(stack, datetime.now(UTC)):
        _print(finding, console)
        found.append(finding)
    end = closing(found)
    console.print()
    console.print(end.sentence, style=end.style, highlight=False)
    sys.exit(end.exit_status)


def _print(finding: Finding, console: Console) -> None:
    mark, style = _MARKS[finding.state]
    console.print(Text.assemble((mark, style), f"  {finding.what:<{_WIDTH}}", finding.said), soft_wrap=True)
    if finding.mend:
        console.print(Text.assemble("       do: ", (finding.mend, "cyan")), soft_wrap=True)
    if finding.hint:
        console.print(Text(f"           ({finding.hint})"), soft_wrap=True)
