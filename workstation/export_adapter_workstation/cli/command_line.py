"""`export-adapter`: everything that is run on a workstation."""

import importlib
from typing import Final

import click

_COMMANDS: Final = [
    "demo",
    "up",
    "send",
    "dead-letters",
    "doctor",
    "explain",
    "rules",
    "suggest",
    "pleo",
    "soak",
]
_BY_CTRL_C: Final = 130
"""The exit status that a shell gives a command that Ctrl-C ended."""


class _Commands(click.Group):
    """Loads only the command that is run: loading all of them takes a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- as click calls it
        return _COMMANDS

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 -- as click calls it
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        module = importlib.import_module(f"export_adapter_workstation.cli.{'demo' if name == 'up' else name}")
        command: click.Command = getattr(module, name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(_BY_CTRL_C)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Bring the results of accounting exports back to Pleo: try it, explain failures, run a stack."""
