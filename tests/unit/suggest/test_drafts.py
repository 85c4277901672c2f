"""Drafted rules load, and decide about the failures that they were drafted from."""

import re
import tomllib
from pathlib import Path

import pytest

from export_adapter.classify.classifier import Classifier
from export_adapter.classify.rulebook.library import RuleDocument
from export_adapter_workstation.rules.draft import Draft, rule_document
from export_adapter_workstation.rules.drafts import drafts_of
from export_adapter_workstation.rules.groups import Group, groups_of
from export_adapter_workstation.rules.seen import Seen, UnusableLine, seen_in_lines
from tests.rules.written_failures import failures_in, written_failures
from tests.unit.suggest.lines import failure_line, log_line, strange

CLASSIFIER = Classifier.built_in()


def grouped(*lines: str) -> list[Group]:
    seen = [one for one in seen_in_lines(lines, "a.jsonl") if not isinstance(one, UnusableLine)]
    return groups_of(seen, CLASSIFIER)


def drafted(*lines: str) -> list[Draft]:
    drafts, left_out = drafts_of(grouped(*lines), CLASSIFIER)
    assert left_out == []
    return [draft for some in drafts.values() for draft in some]


def deciding(drafts: list[Draft], line: str) -> str:
    """Return the rule that decides about a line's failure once the drafts are loaded."""
    classifier = Classifier.built_in([RuleDocument("drafts.toml", rule_document(drafts))])
    assert classifier.refused == []
    (seen,) = seen_in_lines([line], "a.jsonl")
    assert isinstance(seen, Seen)
    assert seen.failure
    return classifier.classify(seen.system, seen.failure).rule.rpartition("/")[2]


def test_failures_that_differ_in_numbers_alone_are_of_one_kind_and_the_commonest_comes_first() -> None:
    lines = [failure_line("xero", f"Snorkel {number} is bent") for number in (1, 22, 333)]
    groups = grouped(failure_line("xero", "Flux is out of phase"), *lines)
    assert [group.count for group in groups] == [3, 1]


def test_systems_are_counted_apart_whatever_their_spelling() -> None:
    lines = [failure_line(system, "Snorkel is bent") for system in ("Xero", "xero", "fortnox")]
    assert [(group.system, group.count) for group in grouped(*lines)] == [("xero", 2), ("fortnox", 1)]


def test_failures_that_a_rule_fits_are_passed_over() -> None:
    assert grouped(failure_line("xero", "The period is closed")) == []


def test_what_the_log_told_counts_with_the_failure_itself() -> None:
    line = failure_line("xero", "Snorkel 1 is bent")
    (alone,) = grouped(line)
    (both,) = grouped(line, log_line("xero", alone.fingerprint))
    assert both.count == 2
    assert len(both.examples) == 1


def test_a_code_is_drafted_alone() -> None:
    line = failure_line("xero", strange("Snorkel is bent", "SNORKEL_BENT"))
    (draft,) = drafted(line)
    assert (draft.id, draft.code, draft.pattern) == ("snorkel-bent", "SNORKEL_BENT", None)
    assert deciding([draft], line) == "snorkel-bent"


def test_a_code_of_several_kinds_is_drafted_with_their_words() -> None:
    lines = [
        failure_line("xero", strange(text, "ODD_ONE")) for text in ("Snorkel is bent", "Flux is out of phase")
    ]
    drafts = drafted(*lines)
    assert {draft.pattern for draft in drafts} == {"Snorkel is bent", "Flux is out of phase"}
    assert len({deciding(drafts, line) for line in lines}) == 2


def test_words_are_drafted_where_there_is_no_code() -> None:
    lines = [failure_line("xero", f"Snorkel {number} is bent") for number in (1, 22)]
    (draft,) = drafted(*lines)
    assert draft.pattern == "Snorkel.{0,30}is bent"
    assert {deciding([draft], line) for line in lines} == {draft.id}


def test_one_code_with_several_statuses_gives_one_draft() -> None:
    lines = [failure_line("xero", {"error": {"code": "SNORKEL_BENT"}}, status) for status in (400, 418, 422)]
    (draft,) = drafted(*lines)
    assert draft.count == 3
    assert {deciding([draft], line) for line in lines} == {draft.id}


def test_drafts_of_one_wording_have_ids_of_their_own() -> None:
    lines = [failure_line("xero", f"Snorkel {words} is bent") for words in ("left", "right")]
    ids = [draft.id for draft in drafted(*lines)]
    assert len(set(ids)) == len(ids)


def test_a_failure_that_says_too_little_is_named_and_not_drafted() -> None:
    drafts, (left_out,) = drafts_of(grouped(failure_line("xero", "blorp")), CLASSIFIER)
    assert drafts == {}
    assert "says too little" in left_out.reason


def test_a_fingerprint_of_the_log_is_drafted_and_says_so() -> None:
    (draft,) = drafted(log_line("billy", "422 | the snorkel of # is bent"))
    assert draft.from_log
    assert deciding([draft], failure_line("billy", "The snorkel of 12 is bent", 422)) == draft.id
    assert "function's log alone" in rule_document([draft])


def test_a_draft_for_a_system_without_a_name_is_for_all() -> None:
    (draft,) = drafted(log_line("other", "422 | the snorkel of # is bent"))
    assert "system" not in tomllib.loads(rule_document([draft]))


@pytest.mark.parametrize("status", [400, 418, 500])
def test_no_situation_is_drafted_from_a_status_alone(status: int) -> None:
    (draft,) = drafted(failure_line("xero", strange("Snorkel of the account is bent", "SNORK"), status))
    assert any(name.startswith("account") for name in draft.situations)
    assert tomllib.loads(rule_document([draft]))["rule"][0]["situation"] == "unknown"


def test_a_system_without_rules_is_drafted_with_its_name() -> None:
    (draft,) = drafted(failure_line("Acme Books", "Snorkel is bent"))
    document = tomllib.loads(rule_document([draft]))
    assert (document["system"], document["name"]) == ("acme_books", "Acme Books")
    (known,) = drafted(failure_line("XERO", "Snorkel is bent"))
    assert "name" not in tomllib.loads(rule_document([known]))


def test_no_secret_comes_into_a_draft() -> None:
    body = strange("Snorkel is bent, token=abcdefghijkl1 for ann@example.com", "sk_live_abcdefghijkl1")
    (draft,) = drafted(failure_line("xero", body))
    document = rule_document([draft])
    assert "abcdefghijkl" not in document
    assert "ann@" not in document


@pytest.mark.parametrize(
    "text",
    [
        "Snorkel \"it's\" 'bent' {account} $message (.*)+ [x] \\d",
        "Snorkel is bent '''\n[[rule]]\nid = \"x\"",
        "Snorkel is bent \x1b[31m\x7f\u2028 over there",
        "Snorkel is " + "very " * 500 + "bent",
    ],
    ids=["signs", "TOML", "control characters", "length"],
)
def test_hostile_texts_give_documents_that_load_and_decide(text: str) -> None:
    line = failure_line("xero", strange(text))
    drafts = drafted(line)
    assert len(tomllib.loads(rule_document(drafts))["rule"]) == 1
    assert deciding(drafts, line) == drafts[0].id


def test_the_failure_under_a_draft_can_be_put_into_the_tests(tmp_path: Path) -> None:
    lines = [
        failure_line("xero", "Snorkel 1 of 'me' is bent"),
        failure_line("xero", strange("Flux", "FLUX_OUT")),
    ]
    drafts = drafted(*lines)
    document = rule_document(drafts)
    path = tmp_path / "xero.toml"
    path.write_text("\n".join(re.findall(r"^# ((?:\[\[failure\]\]|\w+ = ).*)$", document, re.MULTILINE)))
    classifier = Classifier.built_in([RuleDocument("xero.toml", document)])
    written = failures_in(path)
    assert len(written) == 2
    for one in written:
        assert classifier.classify("xero", one.failure).rule == f"own/{one.rule}"


def test_drafts_for_real_wordings_of_every_system_load_and_decide() -> None:
    """Every hundredth failure that was written for a rule."""
    groups = [
        Group(one.system, None, one.id, 1, [(one.failure, CLASSIFIER.explain(one.system, one.failure))])
        for one in written_failures()[::100]
    ]
    drafts, left_out = drafts_of(groups, CLASSIFIER)
    assert sum(map(len, drafts.values())) > len(left_out)
    for system, some in drafts.items():
        classifier = Classifier.built_in([RuleDocument("a.toml", rule_document(some))])
        assert classifier.refused == []
        ours = {f"own/a/{draft.id}" for draft in some}
        for draft in some:
            assert classifier.classify(system, draft.failure).rule in ours
