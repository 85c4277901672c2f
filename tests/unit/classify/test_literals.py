"""The texts that a pattern needs stand in everything that it matches."""

import pytest

from export_adapter.classify.rulebook.library import Library
from export_adapter.classify.rulebook.literals import needs_of, top_level_names
from export_adapter.classify.rulebook.patterns import MessageText, Vocabulary, message_pattern

NO_WORDS = Vocabulary({})
WORDS = Vocabulary({"thing": ("account", "konto(?:t|en)?"), "lost": ("not found", "saknas")})


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        ("period closed", (("period closed",),)),
        (r"limit of \d{1,9} (?:requests|calls)", (("limit of ",), ("requests", "calls"))),
        ("colou?r of (?:period|month) closed", ((" closed",), ("r of ",), ("colo",))),
        (r"^unauthori[sz]ed\b", (("unauthori",),)),
        ("(?:a|b)(?:cde|fgh)x{0,3}", (("cde", "fgh"),)),
        ("abc{2,3}def", (("abc",), ("def",))),
        ("abcd{0,3}", (("abc",),)),
        ("foo|bar baz", (("foo", "bar baz"),)),
        ("foo|b", ()),
        ("(?=never)abc.{0,3}(?<!no)def", (("abc",), ("def",))),
        ("(?-i:ABC_[A-Z]{1,3})d", (("abc_",),)),
        (r"a\.b\(c", (("a.b(c",),)),
        ("(?:closed)?", ()),
        ("{thing}.{0,60}{lost}", (("account", "konto"), ("not found", "saknas"))),
    ],
)
def test_what_a_pattern_needs(pattern: str, needs: tuple[tuple[str, ...], ...]) -> None:
    assert {frozenset(need) for need in needs_of(pattern, WORDS.needs)} == {frozenset(need) for need in needs}


def test_names_inside_groups_are_not_taken_apart() -> None:
    assert [name for name, _, _ in top_level_names("{thing} (?:{lost}|gone) {lost}")] == ["thing", "lost"]
    assert top_level_names("{thing}|{lost}") == []


@pytest.mark.parametrize(
    ("pattern", "text", "captured"),
    [
        ("{thing}.{0,9}{lost}", "The Account 7 not found", {}),
        ("{thing}.{0,2}{lost}", "The account 7 not found", None),
        ("{lost}.{0,9}{thing}", "The account 7 not found", None),
        (r"{thing} (?P<account>\d{1,4}) {lost}", "Kontot 4711 saknas här", {"account": "4711"}),
        (r"(?P<value>[a-z]{1,9}) {thing} {lost}", "our account not found", {"value": "our"}),
        (r"{thing} {lost}:? (?P<value>\d{1,4})", "account not found: 12", {"value": "12"}),
        ("{thing}.{0,9}{thing}.{0,9}{lost}", "account or konto not found", {}),
        ("(?:{thing}|card) {lost}", "card saknas", {}),
        ("{thing}", "accountant", {}),
        ("{thing}", "kontokort", None),
    ],
)
def test_a_pattern_with_words_of_the_vocabulary_is_searched(
    pattern: str, text: str, captured: dict[str, str] | None
) -> None:
    assert message_pattern(pattern, WORDS).search(MessageText(text, text.lower())) == captured


def test_a_pattern_is_not_tried_where_its_words_are_missing() -> None:
    pattern = message_pattern("closed period", NO_WORDS)
    assert pattern.search(MessageText("an open period", "an open period")) is None


def test_every_name_of_the_vocabulary_needs_a_text() -> None:
    """A name without one would make patterns be tried on every message."""
    vocabulary = Library().background.vocabulary
    without = {name for name in vocabulary.names if not vocabulary.needs(name)}
    assert without <= {"lacking"}, "its words are too short to be looked for: 'no', 'ei'"
