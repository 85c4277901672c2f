"""`export-adapter rules` as a person runs it."""

import re

import pytest
from click.testing import CliRunner

from export_adapter_workstation.cli.rules import rules

WORD = re.compile(r"[\w-]{4,}")


@pytest.mark.parametrize(
    "name", ["xero", "XERO", "x-ero", "X_ero", "visma-net", "vismanet", "business-central"]
)
def test_a_system_may_be_spelt_as_one_likes(name: str) -> None:
    shown = CliRunner().invoke(rules, [name])
    assert shown.exit_code == 0
    assert "failure reason type" in shown.output


def test_a_system_without_rules_is_told_which_there_are() -> None:
    shown = CliRunner().invoke(rules, ["abacus"])
    assert shown.exit_code == 1
    assert "abacus" in shown.output
    assert "xero" in shown.output


@pytest.mark.parametrize("columns", ["80", "100", "140"])
@pytest.mark.parametrize("system", ["xero", "procountor", "general"])
def test_no_word_is_broken_in_the_middle(system: str, columns: str) -> None:
    narrow, wide = (
        CliRunner(env={"COLUMNS": each}).invoke(rules, [system]).output for each in (columns, "900")
    )
    assert max(len(line) for line in narrow.splitlines()) == int(columns)
    assert set(WORD.findall(wide)) <= set(WORD.findall(narrow))


def test_the_systems_and_the_rules_of_one_are_tables() -> None:
    assert "quickbooks_online" in CliRunner().invoke(rules).output
    shown = CliRunner().invoke(rules, ["QBO"])
    assert "duplicate-name" in shown.output
    assert "every system" in CliRunner().invoke(rules, []).output
    assert "status-429" in CliRunner().invoke(rules, ["general"]).output
