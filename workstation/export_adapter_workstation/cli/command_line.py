"""`export-adapter`: everything that is run on a workstation."""

import importlib
from typing import Final

import click

_COMMANDS: Final = {
    "demo": "demo",
    "up": "demo",
    "send": "send",
    "dead-letters": "dead_letters",
    "doctor": "doctor",
    "explain": "explain",
    "rules": "rules",
    "suggest": "suggest",
    "pleo": "pleo",
    "soak": "soak",
}
"""The commands, and the module of each in the package `cli`."""

_BY_CTRL_C: Final = 130
"""What a shell makes of a command that Ctrl-C ended."""


class _Commands(click.Group):
    """Loads only the command that is run: all of them take a second, in which one may press Ctrl-C."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- as click calls it
        return list(_COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 -- as click calls it
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"export_adapter_workstation.cli.{_COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(_BY_CTRL_C)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Carry accounting results back into Pleo: try it out, explain failures, look after a deployed stack."""
