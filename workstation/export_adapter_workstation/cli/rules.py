"""`export-adapter rules`: the rules that decide what failures become."""

from pathlib import Path

import click

from export_adapter.classify.rulebook.library import GENERAL, Library
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.rules.rule_tables import mapping_pages, rules_table, systems_table


@click.command(short_help="Show the rules of an accounting system as a table.")
@click.argument("system", required=False)
@click.option(
    "--markdown",
    "folder",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write all rules as Markdown pages to a folder, such as docs/mapping.",
)
def rules(*, system: str | None, folder: Path | None) -> None:
    """Show the rules of an accounting system as a table; without SYSTEM, the systems that there are.

    SYSTEM is a system's name in any spelling, or `general` for the rules that hold for every system.
    """
    library = Library()
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for name, page in mapping_pages(library).items():
            (folder / name).write_text(page, encoding="utf-8")
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
