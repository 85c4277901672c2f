import re
from pathlib import Path

from export_adapter_workstation.project import ROOT

DOCUMENT = ROOT / "docs" / "delivery.md"


def names_of_tests() -> set[str]:
    """Return the names of all test functions of the project."""
    files: list[Path] = sorted((ROOT / "tests").rglob("test_*.py"))
    return {
        name
        for file in files
        for name in re.findall(r"^def (test_\w+)\(", file.read_text("utf-8"), re.MULTILINE)
    }


def test_every_test_that_the_document_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT.read_text("utf-8")))

    assert len(named) > 30
    assert named <= names_of_tests()


def test_every_row_of_the_table_names_its_test() -> None:
    table = DOCUMENT.read_text("utf-8").split("## The table")[1].split("\n\n")[1]
    rows = table.strip().splitlines()[2:]

    assert len(rows) >= 20
    assert [row for row in rows if "`test_" not in row.split("|")[3]] == []
