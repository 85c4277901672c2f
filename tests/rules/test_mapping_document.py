"""docs/mapping.md says what the rules say."""

from pathlib import Path

from export_adapter.classify.rulebook.library import Library
from export_adapter_workstation.rules.rule_tables import mapping_document

DOCUMENT = Path(__file__).parents[2] / "docs" / "mapping.md"


def test_the_document_is_what_the_rules_are() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == mapping_document(Library()), (
        "the rules have changed: run `export-adapter rules --markdown > docs/mapping.md`"
    )
