"""The pages of docs/mapping/ say what the rules say."""

import re
from pathlib import Path

from export_adapter.classify.rulebook.library import Library
from export_adapter_workstation.rules.rule_tables import mapping_pages

FOLDER = Path(__file__).parents[2] / "docs" / "mapping"


def test_the_pages_are_what_the_rules_are() -> None:
    pages = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}

    assert pages == mapping_pages(Library()), (
        "the rules have changed: run `.venv/bin/export-adapter rules --markdown docs/mapping`"
    )


def test_every_link_between_the_pages_leads_somewhere() -> None:
    pages = mapping_pages(Library())
    for page in pages.values():
        for name, anchor in re.findall(r"\]\(([\w-]+\.md)(?:#(\w+))?\)", page):
            assert not anchor or f"## `{anchor}`\n" in pages[name]
            assert name in pages
