"""Every rule is hit by a failure that was written for it, and no rule can do harm."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from export_adapter.classify.classifier import Classifier, Explanation
from export_adapter.classify.rulebook.check import SCHEMA, Check, broken
from export_adapter.classify.rulebook.library import (
    GENERAL,
    SITUATIONS,
    VOCABULARY,
    Library,
    OwnRules,
    fold_system,
)
from export_adapter.classify.rulebook.library import RULES as RULES_FOLDER
from export_adapter.classify.rulebook.pattern_check import PatternCheck
from export_adapter.classify.rulebook.patterns import MessageText
from export_adapter.classify.rulebook.rule import Rule, Tier
from export_adapter.classify.rulebook.rule_file import RuleFile
from export_adapter.classify.sentence import problem_with_sentence
from export_adapter.model import ApiVersion, Failure, FailureReasonType, Stage, legal_types
from tests.rules.written_failures import (
    FOLDER,
    UNLISTED,
    WrittenFailure,
    as_json_value,
    failures_in,
    failures_of,
    written_failures,
)

LONGEST_LINE = 200
"""Characters of a line of a rule file."""

LIBRARY = Library()
CLASSIFIER = Classifier(LIBRARY, OwnRules())


FILES = {GENERAL.removesuffix(".toml"): LIBRARY.general} | {
    system: file for system in LIBRARY.systems if (file := LIBRARY.file_of(system))
}
RULES = {rule.id: rule for file in FILES.values() for rule in file.rules}
FAILURE_FILES = sorted(FOLDER.glob("*.toml"))


def file_name(path: Path) -> str:
    return path.stem


@cache
def explained(written: WrittenFailure) -> Explanation:
    """Classify a failure once, for all tests."""
    return CLASSIFIER.explain(written.system, written.failure)


def system_of(rule: Rule) -> str:
    system = rule.id.partition("/")[0]
    return UNLISTED if system == "general" else system


@pytest.mark.parametrize("document", [GENERAL, *(f"{system}.toml" for system in LIBRARY.systems)])
def test_a_rule_file_is_valid(document: str) -> None:
    kind = Tier.GENERAL if document == GENERAL else Tier.SPECIFIC
    problems = Check(document, kind, LIBRARY.background, PatternCheck()).problems(LIBRARY.table(document))
    assert not problems, "\n".join(str(problem) for problem in problems)


def test_the_vocabulary_is_valid() -> None:
    assert broken("vocabulary", LIBRARY.table(VOCABULARY)) is None


SITUATION_TABLES = {name: one for name, one in LIBRARY.table(SITUATIONS).items() if name != "stages"}


@pytest.mark.parametrize("name", SITUATION_TABLES)
def test_a_situation_is_valid(name: str) -> None:
    situation = SITUATION_TABLES[name]
    assert broken("situation", situation) is None
    assert problem_with_sentence(situation["sentence"]) is None
    assert set(situation.get("stages", {}).values()) <= SITUATION_TABLES.keys()


def test_stages_turn_types_into_situations_that_exist() -> None:
    by_stage = LIBRARY.table(SITUATIONS)["stages"]
    assert by_stage.keys() <= set(Stage)
    for situations in by_stage.values():
        assert situations.keys() <= legal_types(ApiVersion.V1)
        assert set(situations.values()) <= SITUATION_TABLES.keys()


@pytest.mark.parametrize("part", ["rule", "situation"])
def test_the_schema_lists_the_types_that_there_are(part: str) -> None:
    fields = json.loads(SCHEMA.read_text(encoding="utf-8"))["definitions"][part]["properties"]
    assert fields["type"]["enum"] == list(FailureReasonType)
    assert set(fields["v1_type"]["enum"]) == legal_types(ApiVersion.V1)


def test_the_schema_lists_the_stages_that_there_are() -> None:
    definitions = json.loads(SCHEMA.read_text(encoding="utf-8"))["definitions"]
    assert definitions["stage"]["enum"] == [*Stage, "none"]


def test_a_rule_file_names_the_schema_for_editors() -> None:
    for name in (GENERAL, *(f"{system}.toml" for system in LIBRARY.systems)):
        first = (RULES_FOLDER / name).read_text(encoding="utf-8").partition("\n")[0]
        assert first == f"#:schema ./{SCHEMA.name}", name


@pytest.mark.parametrize("path", FAILURE_FILES, ids=file_name)
def test_a_file_of_failures_can_be_read(path: Path) -> None:
    assert failures_in(path)


@pytest.mark.parametrize("path", FAILURE_FILES, ids=file_name)
def test_each_failure_is_decided_by_the_rule_it_was_written_for(path: Path) -> None:
    wrong = {written.id: problem for written in failures_in(path) if (problem := wrong_with(written))}
    assert wrong == {}


def wrong_with(written: WrittenFailure) -> str | None:
    explanation = explained(written)
    found = explanation.classification
    if found.rule != written.rule:
        read = [(cause.code, cause.field, cause.text) for cause in explanation.report.causes]
        return f"decided by {found.rule}, not {written.rule}; read: {read}"
    if written.type and found.failure_reason_type != written.type:
        return f"is {found.failure_reason_type}, not {written.type}"
    missing = [words for words in written.says if words not in found.failure_reason]
    return f"{found.failure_reason!r} does not say {missing}" if missing else None


@pytest.mark.parametrize("path", FAILURE_FILES, ids=file_name)
def test_a_json_body_decides_alike_as_text_and_as_value(path: Path) -> None:
    wrong = {}
    for written in failures_in(path):
        value = as_json_value(written.failure)
        if value is not None:
            found = CLASSIFIER.classify(written.system, replace(written.failure, body=value)).rule
            if found != written.rule:
                wrong[written.id] = found
    assert wrong == {}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_each_rule_has_a_failure_of_its_own(file: RuleFile) -> None:
    without = [rule.id for rule in file.rules if not failures_of(rule.id)]
    assert without == [], "write one for each in tests/rules/failures"


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_each_pattern_is_matched_by_a_failure_of_its_rule(file: RuleFile) -> None:
    """A pattern that no failure matches may be misspelt, or hidden behind the rule's other patterns."""
    unmatched = []
    for rule in file.rules:
        causes = [cause for written in failures_of(rule.id) for cause in explained(written).report.causes]
        texts = {text for cause in causes for text in (cause.text, cause.shown_code or "")}
        messages = [MessageText(text, text.lower()) for text in texts]
        unmatched += [
            f"{rule.id}: {pattern.pattern}"
            for pattern in rule.when.messages or ()
            if not any(pattern.search(message) is not None for message in messages)
        ]
    assert unmatched == []


def asks_for_codes_alone(rule: Rule) -> bool:
    """Whether a failure can be made up for each of its codes; other rules are reached by their failures."""
    when = rule.when
    return bool(when.codes) and not (when.messages or when.field or when.headers or when.exception)


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_every_code_of_a_rule_leads_to_it(file: RuleFile) -> None:
    """Where nothing but the code is known (and the status and stage that the rule asks for), it decides."""
    wrong = {}
    for rule in filter(asks_for_codes_alone, file.rules):
        status = min(rule.when.statuses or {0}) or None
        stage = min((stage for stage in rule.when.stages or () if stage), default=None)
        for code in rule.when.codes or ():
            failure = Failure(code=code, http_status=status, stage=stage)
            found = CLASSIFIER.classify(system_of(rule), failure).rule
            if found != rule.id:
                wrong[f"{rule.id}, code {code}"] = found
    assert wrong == {}


def test_rule_ids_are_unique() -> None:
    assert len(RULES) == sum(len(file.rules) for file in FILES.values())


def test_failures_are_written_for_rules_that_exist() -> None:
    assert {written.rule for written in written_failures()} - RULES.keys() == set()


def test_every_type_is_reached() -> None:
    reached = {explained(written).classification.failure_reason_type for written in written_failures()}
    assert reached == legal_types(ApiVersion.V1)


@pytest.mark.parametrize("path", FAILURE_FILES, ids=file_name)
def test_each_reason_is_one_clean_line(path: Path) -> None:
    reasons = {explained(written).classification.failure_reason for written in failures_in(path)}
    assert [reason for reason in reasons if not is_clean(reason)] == []


def is_clean(reason: str) -> bool:
    return (
        20 < len(reason) <= 500
        and not re.search(r"[\n\r\t{}\[\]]|</?\w|  |https?://| ,|\.\.|,\.", reason)
        and (reason[0].isupper() or not reason[0].isalpha())
        and reason.endswith((".", '"', "…"))
    )


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_a_systems_name_stands_in_its_file(file: RuleFile) -> None:
    assert file.name or file.document == GENERAL
    assert file.system is None, "the file's name says which system it is for"


def test_aliases_lead_to_one_system_each() -> None:
    aliases = [alias for file in FILES.values() for alias in file.aliases]
    assert len(set(aliases)) == len(aliases)
    for file in FILES.values():
        for alias in file.aliases:
            assert LIBRARY.system_of(alias) == file.document.removesuffix(".toml")


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
@pytest.mark.parametrize("between", ["", "-", "_", " ", "."])
def test_a_systems_name_is_the_same_however_its_words_are_put_together(file: RuleFile, between: str) -> None:
    system = file.document.removesuffix(".toml")
    for name in (system, *(alias for alias in file.aliases if "_" in alias)):
        spelt = between.join(word.capitalize() for word in name.split("_"))
        assert LIBRARY.system_of(spelt) == system or file.document == GENERAL


def test_names_run_together_still_lead_to_one_system_each() -> None:
    names = {
        (name.replace("_", "").replace(" ", ""), file.document)
        for file in FILES.values()
        for name in (file.document.removesuffix(".toml"), *(fold_system(alias) for alias in file.aliases))
    }
    assert len({name for name, _ in names}) == len(names)


@pytest.mark.parametrize("name", ["sap r/3 2.0", "an_unlisted_system", "xerox"])
def test_a_name_that_no_system_has_stays_as_it_is_but_for_its_spelling(name: str) -> None:
    assert LIBRARY.system_of(name) == fold_system(name)


@pytest.mark.parametrize("path", sorted(RULES_FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_lines_are_short_enough_to_review(path: Path) -> None:
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    assert [number for number, line in lines if len(line) > LONGEST_LINE] == []


def test_tiers_of_system_files_come_before_the_general_ones() -> None:
    assert all(
        rule.tier in {Tier.SPECIFIC, Tier.FAMILY, Tier.CATCH_ALL}
        for rule in RULES.values()
        if not rule.id.startswith("general/")
    )
