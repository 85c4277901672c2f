"""docs/decisions.md keeps what it promises of each decision."""

import re
from datetime import date

import pytest

from export_adapter_workstation.project import ROOT

DECISIONS = re.split(
    r"^## ", (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8"), flags=re.MULTILINE
)[1:]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda text: text.partition("\n")[0])
def test_a_decision_says_when_what_was_rejected_and_what_would_reverse_it(decision: str) -> None:
    assert date.fromisoformat(decision.partition(":")[0]) >= date(2026, 11, 23)
    assert "**Rejected" in decision
    assert re.search(r"\*\*Reverse\s+(if|when)\*\*", decision)


def test_the_newest_decision_stands_last() -> None:
    dates = [decision.partition(":")[0] for decision in DECISIONS]

    assert dates == sorted(dates)
