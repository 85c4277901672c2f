"""What messages have in common becomes a pattern that fits them all."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export_adapter.classify.rulebook.library import Library
from export_adapter.classify.rulebook.pattern_check import problem_with_message
from export_adapter_workstation.rules.suggestions.wording import common_pattern

VOCABULARY = Library().background.vocabulary


@pytest.mark.parametrize(
    ("messages", "pattern"),
    [
        (["The snorkel is bent"], "The snorkel is bent"),
        (["Snorkel 4711 is bent", "Snorkel 12 is bent"], "Snorkel.{0,30}is bent"),
        (["Snorkel 'A b' is bent", "Snorkel 'C' is bent"], "Snorkel.{0,30}is bent"),
        (["Snorkel red is bent today", "Snorkel blue is bent today"], "Snorkel.{0,30}is bent today"),
        (["Can't find the snorkel (in use)"], r"Can't find the snorkel \(in use"),
        (["Kan inte hitta snorkeln för året"], "Kan inte hitta snorkeln för året"),
    ],
)
def test_what_differs_becomes_a_gap(messages: list[str], pattern: str) -> None:
    assert common_pattern(messages) == pattern


@pytest.mark.parametrize("message", ["", "4711", "blorp", "'only a quoted value'", "no: 1", "…"])
def test_a_message_that_says_too_little_gives_no_pattern(message: str) -> None:
    assert common_pattern([message]) is None


def test_messages_without_words_in_common_give_no_pattern() -> None:
    assert common_pattern(["The snorkel is bent", "Kein Anschluss vorhanden"]) is None


@pytest.mark.parametrize(
    "secret", ["token=abcdefghijkl", "password: hunter-hunter", "Bearer abcdefghijkl", "ann@example.com"]
)
def test_no_secret_comes_into_a_pattern(secret: str) -> None:
    pattern = common_pattern([f"The snorkel is bent, {secret} was refused"])
    assert pattern
    for part in re.findall(r"\w+", secret)[1:]:
        assert part not in pattern


@given(st.lists(st.text(max_size=200), min_size=1, max_size=3))
def test_any_pattern_is_one_that_rule_files_may_have_and_fits_its_messages(messages: list[str]) -> None:
    pattern = common_pattern(messages)
    if pattern is not None:
        assert problem_with_message(pattern, VOCABULARY, is_own=False) is None
        assert all(re.search(pattern, message, re.IGNORECASE) for message in messages)
