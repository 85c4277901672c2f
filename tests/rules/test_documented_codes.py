"""Documented codes become the type that their list gives them, where the list stands beside the checkout."""

import tomllib
from pathlib import Path

import pytest

from export_adapter.classify.classifier import Classifier
from tests.rules.documented_codes import MATERIAL, documented_codes

CLASSIFIER = Classifier.built_in()
ARGUED = {
    (row["system"], row["code"]): row["type"]
    for row in tomllib.loads((Path(__file__).parent / "argued_codes.toml").read_text(encoding="utf-8"))[
        "argued"
    ]
}
pytestmark = pytest.mark.skipif(
    not MATERIAL.exists(), reason="the list of codes does not stand beside this checkout"
)


def test_documented_codes_get_their_type_or_one_that_is_argued_for() -> None:
    """At least 98 %; codes whose type was given by their name alone may differ."""
    wrong = []
    codes = [code for code in documented_codes() if not code.by_name_only]
    for code in codes:
        found = CLASSIFIER.classify(code.system, code.failure).failure_reason_type
        if found not in {code.type, ARGUED.get((code.system, code.code))}:
            wrong.append(f"{code.system} {code.code}: {found}, not {code.type}")
    assert len(wrong) <= 0.02 * len(codes), wrong


def test_what_is_argued_for_is_what_happens() -> None:
    by_code = {(code.system, code.code): code for code in documented_codes()}
    for key, reason_type in ARGUED.items():
        found = CLASSIFIER.classify(key[0], by_code[key].failure).failure_reason_type
        assert found == reason_type
        assert found != by_code[key].type
