"""`export-adapter rules`: the rules that decide which type and sentence a failure gets."""

from pathlib import Path

import click

from export_adapter.classify.rulebook.library import GENERAL, Library
from export_adapter_workstation.cli.stack_options import examples
from export_adapter_workstation.cli.terminal import terminal
from export_adapter_workstation.rules.rule_tables import mapping_pages, rules_table, systems_table


@click.command(
    short_help="Show the rules of an accounting system.",
    epilog=examples("export-adapter rules", "export-adapter rules netsuite"),
)
@click.argument("system", required=False)
@click.option(
    "--markdown",
    "folder",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write all rules as Markdown pages to a folder, such as docs/mapping.",
)
def rules(*, system: str | None, folder: Path | None) -> None:
    """Show the rules of an accounting system; without SYSTEM, list the systems.

    SYSTEM is a system's name in any spelling, or `general` for the rules that hold for every system.
    """
    library = Library()
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        for name, page in mapping_pages(library).items():
            (folder / name).write_text(page, encoding="utf-8")
    elif system is None:
        terminal().print(systems_table(library))
        click.echo("`export-adapter rules SYSTEM` shows the rules of one system.")
    else:
        # `general` is not a system; every other name may be written with or without - and _.
        names = (library.system_of(system), library.system_of(system.replace("-", "").replace("_", "")))
        files = [library.general] if system == GENERAL.removesuffix(".toml") else map(library.file_of, names)
        file = next(filter(None, files), None)
        if file is None:
            raise click.ClickException(
                f"{system} has no rules of its own: the general ones decide. "
                f"These systems have rules: {', '.join(library.systems)}."
            )
        terminal().print(rules_table(file))
