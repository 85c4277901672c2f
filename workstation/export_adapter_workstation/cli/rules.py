"""`export-adapter rules`: the rules that decide what failures become."""

import click

from export_adapter.classify.rulebook.library import GENERAL, Library
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.rules.rule_tables import mapping_document, rules_table, systems_table


@click.command(short_help="Show the rules of an accounting system as a table.")
@click.argument("system", required=False)
@click.option("--markdown", is_flag=True, help="All rules as the document docs/mapping.md.")
def rules(*, system: str | None, markdown: bool) -> None:
    """Show the rules of an accounting system as a table; without SYSTEM, the systems that there are.

    SYSTEM is a system's name in any spelling, or `general` for the rules that hold for every system.
    """
    library = Library()
    if markdown:
        click.echo(mapping_document(library), nl=False)
        return
    if system is None:
        terminal().print(systems_table(library))
        click.echo("`export-adapter rules SYSTEM` shows the rules of one.")
        return
    name = _named(system, library)
    file = library.general if name == GENERAL.removesuffix(".toml") else library.file_of(name)
    if file is None:
        known = ", ".join(library.systems)
        raise click.ClickException(
            f"No rules of its own for {system}: the general ones decide. There are: {known}."
        )
    terminal().print(rules_table(file))


def _named(system: str, library: Library) -> str:
    """Return the system that is meant; - and _ make no difference, also where the name has none."""
    name = library.system_of(system)
    squeezed = name.replace("_", "")
    known = (each for each in library.systems if each.replace("_", "") == squeezed)
    return next(known, library.system_of(squeezed)) if library.file_of(name) is None else name
