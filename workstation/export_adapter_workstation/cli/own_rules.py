"""The option `--own-rules`: a folder with rules of one's own."""

from pathlib import Path

import click

from export_adapter.classify.rulebook.library import RuleDocument


def documents_in(folder: Path | None) -> list[RuleDocument]:
    """Return the rule files of a folder; none where no folder is named."""
    if folder is None:
        return []
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise click.ClickException(f"There are no rules in {folder}: it holds no file *.toml.")
    return [RuleDocument(path.name, path.read_text(encoding="utf-8")) for path in paths]
