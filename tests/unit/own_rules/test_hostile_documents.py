"""Whatever a customer's own document holds, it is refused within a second, and everything else goes on."""

import time

import pytest

from export_adapter.classify.classifier import CurrentClassifier
from export_adapter.classify.rulebook import attack
from export_adapter.classify.rulebook.library import MOST_DOCUMENTS, OwnRules, RuleDocument
from export_adapter.model import Failure

SECONDS = 1.0
GOOD = RuleDocument(
    "good.toml",
    '[[rule]]\nid = "moon"\nmessage = "moon is full"\nsituation = "duplicate"\nsource = "Our astrologer"\n',
)
MOON = Failure(message="The moon is full")


def with_message(pattern: str) -> str:
    return f"[[rule]]\nid = 'a'\nsource = 'Our own notes'\nsituation = 'duplicate'\nmessage = '{pattern}'\n"


OF_ITS_OWN = "`[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]`"
MAPS = f"{'map(&' * 5}@{f',{OF_ITS_OWN})' * 5}"
FILTERS = f"{f'{OF_ITS_OWN}[?' * 5}@{']' * 5}"

HOSTILE = {
    "a path nested 800 deep": f'[[cause]]\nat = "{"(" * 800}a{")" * 800}"',
    "a path in brackets 800 deep": f'[[cause]]\nat = "@"\ncode = "{"[" * 800}a{"]" * 800}"',
    "a path that doubles its list 24 times": f'[[cause]]\nat = "{"|".join(["[@,@][]"] * 24)}"',
    "a path that maps lists of its own over each other": f'[[cause]]\nat = "{MAPS}"',
    "a path that filters lists of its own by each other": f'[[cause]]\nat = "{FILTERS}"',
    "a path that joins an answer with itself": "[[cause]]\nat = 'join(to_string(@), keys(@))'",
    "a path that joins nothing": "[[cause]]\nat = 'join()'",
    "a path that doubles backslashes": f"[[cause]]\nat = '{'to_string([' * 30}@{'])' * 30}'",
    "a key of 50,000 parts": f"{'a.' * 50_000}a = 1",
    "a key of 30,000 parts": f"{'a.' * 30_000}a = 1",
    "keys of 900 parts": "\n".join(f"{'a.' * 900}k{number} = 1" for number in range(30)),
    "a table of 30,000 parts": f"[{'a.' * 30_000}a]",
    "arrays nested 50,000 deep": f"a = {'[' * 50_000}",
    "arrays nested 1,900 deep": f"a = {'[' * 1_900}",
    "a number of 5,000 digits": "a = " + "9" * 1_900 + "\nb = [\n" + "1,\n" * 3_000 + "]",
    "much text": "x" * 50_000_000,
    "wide gaps": with_message("abc.{0,200}.{0,200}.{0,200}.{0,200}xyz"),
    "60 optional characters": with_message(f"abc{'a?' * 60}"),
    "40 alternatives that begin alike": with_message(f"abcx{'(?:ab|a)' * 40}"),
    "groups nested 190 deep": with_message("(" * 190 + "abc.{0,200}.{0,200}" + ")" * 190),
    "1,000 patterns of 60 characters": with_message(
        "',\n'".join(f"word {number} [a-z ]{{1,30}}[a-z]{{1,9}} other than that" for number in range(1_000))
    ).replace("message = ", "message = [")
    + "]",
    "repeated groups in repeated groups": with_message(f"{'(?:' * 35}abc{'{200})' * 35}"),
    "patterns that take long to compile": with_message(
        "',\n'".join(f"{'[\u0100-\U0010fff0]?' * 50}a?" for _ in range(190))
    ).replace("message = ", "message = [")
    + "]",
    "a slow split": "[[cause]]\nfind = 'a'\nsplit = ' {0,190} {0,4}x'",
    "3,000 rules that are wrong": "[[rule]]\nid = 'a'\n" * 3_000,
    "1,000 causes": "[[cause]]\nfind = 'a'\n" * 1_000,
    "a null": "a = \0",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_document_is_left_out_and_the_others_count(text: str) -> None:
    classifier = CurrentClassifier(lambda: (RuleDocument("bad.toml", text), GOOD))
    start = time.thread_time()

    refused = classifier.refresh()

    assert time.thread_time() - start < SECONDS
    assert refused.problems
    assert len(refused.problems) < 30
    assert all(problem.startswith("bad.toml") for problem in refused.problems)
    assert classifier.classify("xero", MOON).rule == "own/good/moon"
    assert classifier.classify("xero", Failure(http_status=429)).rule == "general/status-429"


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("abc.{0,200}.{0,200}.{0,200}.{0,200}xyz", "multiply to 1,632,240,801, more than 1,000"),
        ("abc.{0,60}def.{0,60}ghi", "multiply to 3,721, more than 1,000"),
        (f"abc{'a?' * 12}", "multiply to 4,096, more than 1,000"),
        (f"abc{'(?:ab|a)' * 20}", "alternatives that begin alike"),
        (r"[\w ]{1,190}[\w ]{1,5}must be given", "is slow on long messages"),
    ],
)
def test_a_pattern_that_could_be_slow_is_refused(pattern: str, problem: str) -> None:
    (refused,) = (
        CurrentClassifier(lambda: (RuleDocument("ours.toml", with_message(pattern)),)).refresh().problems
    )

    assert refused.startswith("ours.toml, rule a, field message: ")
    assert problem in refused


def test_documents_beyond_the_limit_are_refused_by_name() -> None:
    documents = [RuleDocument(f"{number:02}.toml", "") for number in range(MOST_DOCUMENTS + 1)]

    (refused,) = CurrentClassifier(lambda: documents).refresh().problems

    assert refused.startswith(f"{MOST_DOCUMENTS}.toml: is one of more than")


def test_a_document_is_checked_again_only_when_it_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    attacks_on = attack.attacks_on

    def counting(pattern: str, flags: int = 0) -> list[attack.Attack]:
        checked.append(pattern)
        return attacks_on(pattern, flags)

    monkeypatch.setattr(attack, "attacks_on", counting)
    documents = [GOOD]
    classifier = CurrentClassifier(lambda: tuple(documents))
    classifier.refresh()
    classifier.refresh()
    documents.append(RuleDocument("more.toml", with_message("sun is full")))
    classifier.refresh()

    assert checked == ["moon is full", "sun is full"]


def test_reading_documents_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> OwnRules:
        raise MemoryError

    classifier = CurrentClassifier(lambda: (GOOD,))
    monkeypatch.setattr(OwnRules, "read", broken)

    assert classifier.refresh().problems == ("own rules: cannot be used (MemoryError)",)
    assert classifier.classify("xero", Failure(http_status=429)).rule == "general/status-429"
