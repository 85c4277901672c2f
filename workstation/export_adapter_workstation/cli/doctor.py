"""`export-adapter doctor`: check a deployed stack from outside."""

import sys
from datetime import UTC, datetime
from typing import Final

import click
from rich.text import Text

from export_adapter_workstation.cli.looking import greeted
from export_adapter_workstation.cli.stack_options import examples, on_a_stack
from export_adapter_workstation.stack.access import Stack
from export_adapter_workstation.stack.examination import examine
from export_adapter_workstation.stack.finding import Finding, FindingState, exit_status

_MARKS: Final = {
    FindingState.OK: ("ok   ", "green"),
    FindingState.NOTE: ("note ", "yellow"),
    FindingState.WRONG: ("WRONG", "bold red"),
    FindingState.NOT_KNOWN: ("?    ", "dim"),
}
_STYLES: Final = {0: "bold green", 1: "bold red"}
_WIDTH: Final = 24


@click.command(
    short_help="Check a deployed stack; say what is wrong and how to fix it.",
    epilog=examples(
        "export-adapter doctor", "export-adapter doctor --stack-name export-adapter-production --profile ops"
    ),
)
@on_a_stack
def doctor(stack: Stack, /) -> None:
    """Check a deployed stack from outside; say what is wrong and which command fixes it. Changes nothing.

    Checks the settings of the queues, the function's version and layers, its event source, the alarms, the
    form of the secret (its value is never shown) and this machine's clock. Also lets the function test
    itself, which sends one harmless request to Pleo.

    The exit status is 1 if something is wrong. It is 3 if nothing is, but the function or a queue could not
    be checked.
    """
    console = greeted(stack)
    found: list[Finding] = []
    for finding in examine(stack, datetime.now(UTC)):
        found.append(finding)
        mark, style = _MARKS[finding.state]
        said = Text.assemble((mark, style), f"  {finding.what:<{_WIDTH}}", finding.said)
        console.print(said, soft_wrap=True)
        if finding.fix:
            console.print(Text.assemble("       fix: ", (finding.fix, "cyan")), soft_wrap=True)
        if finding.hint:
            console.print(Text(f"            ({finding.hint})"), soft_wrap=True)
    status, sentence = exit_status(found)
    console.print(f"\n{sentence}", style=_STYLES.get(status, "bold yellow"), highlight=False)
    sys.exit(status)
