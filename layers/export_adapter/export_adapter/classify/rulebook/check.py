"""What is wrong with a rule file, told to the person who wrote it: one problem for each of its rules.

rule-file.schema.json says what fields there are and what they hold; editors use it too. Here stands what a
schema cannot say. While the function runs, only a customer's own documents are checked: the tests check the
built-in files.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from math import inf
from pathlib import Path
from typing import Final

import fastjsonschema

from export_adapter.classify import sentence
from export_adapter.classify.rulebook.pattern_check import (
    LONGEST_SHOWN,
    problem_with_message,
    problem_with_path,
    problem_with_pattern,
    shown,
)
from export_adapter.classify.rulebook.rule import Conditions, Rule, Tier
from export_adapter.classify.rulebook.rule_file import (
    Background,
    RuleProblem,
    Table,
    codes_of,
    conditions_of,
    rule_file,
)

SCHEMA: Final = Path(__file__).parents[1] / "rules" / "rule-file.schema.json"

_LEAST_SOURCE: Final = 8
_PATTERNS: Final = ("noise", "codes_in_text", "code_pattern", "split", "strip", "field", "exception")
_PATHS: Final = ("at", "code", "message", "title", "field", "outer_code")
_TIERS: Final = {
    Tier.GENERAL: ("general", "status", "last_resort"),
    Tier.SPECIFIC: ("specific", "family", "catch_all"),
    Tier.OWN: (),
}

type _Wrong = tuple[str | None, str]
"""A field, or None for the whole table, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Check:
    """Checks one file. `kind` and `background` are those of `rule_file`.

    `cpu_until` is the thread's CPU time (time.thread_time) at which the check must end.
    """

    document: str
    kind: Tier
    background: Background
    cpu_until: float = inf

    def problems(self, table: Table) -> tuple[RuleProblem, ...]:
        """Return what is wrong with a file: one problem for its top, and one for each cause and rule.

        Raises:
            TimeoutError: The check has not ended by `cpu_until`.
        """
        found = [self._first(None, broken("top", table), partial(self._wrong_patterns, table))]
        for number, cause in enumerate(_tables(table, "cause"), start=1):
            label = f"[[cause]] number {number}"
            found.append(self._first(label, broken("cause", cause), partial(self._wrong_in_cause, cause)))
        for number, rule in enumerate(_tables(table, "rule"), start=1):
            label = str(rule.get("id", f"number {number}"))[:LONGEST_SHOWN]
            found.append(self._first(label, broken("rule", rule), partial(self._wrong_in_rule, rule, table)))
        problems = tuple(problem for problem in found if problem)
        return problems or tuple(self._wrong_together(table))

    def _first(
        self, label: str | None, wrong: _Wrong | None, others: Callable[[], Iterator[_Wrong]]
    ) -> RuleProblem | None:
        first = wrong or next(others(), None)
        return RuleProblem(self.document, label, *first) if first else None

    def _wrong_in_cause(self, cause: Table) -> Iterator[_Wrong]:
        if ("at" in cause) is ("find" in cause):
            yield None, "needs exactly one of 'at' (a JMESPath) and 'find' (the name of a key)"
        for name in _PATHS:
            for expression in _texts(cause, name):
                if wrong := problem_with_path(expression):
                    yield name, f"{shown(expression)} {wrong}"
        yield from self._wrong_patterns({name: value for name, value in cause.items() if name != "field"})

    def _wrong_in_rule(self, rule: Table, table: Table) -> Iterator[_Wrong]:
        yield from self._wrong_in_verdict(rule)
        if "tier" in rule and rule["tier"] not in _TIERS[self.kind]:
            allowed = ", ".join(_TIERS[self.kind])
            yield "tier", f"must be one of {allowed}" if allowed else "is not for rules of your own"
        if rule["source"] not in table.get("sources", {}) and len(rule["source"]) < _LEAST_SOURCE:
            yield "source", f"{shown(rule['source'])} is neither a name of [sources] nor a description"
        codes = codes_of(rule)
        if twice := next((code for code in codes if codes.count(code) > 1), None):
            yield "codes" if "codes" in rule else "code", f"names '{twice}' twice"
        if conditions_of(rule, self.background.vocabulary).are_none and rule.get("tier") != "last_resort":
            yield None, "has no condition: it would decide about every failure"
        for pattern in _texts(rule, "message"):
            self._hurry()
            if wrong := problem_with_message(pattern, self.background.vocabulary, is_own=self._is_own):
                yield "message", f"pattern {shown(pattern)} {wrong}"
        yield from self._wrong_patterns(rule)
        for name, pattern in rule.get("header", {}).items():
            if wrong := problem_with_pattern(pattern, is_own=self._is_own):
                yield "header", f"{name}: pattern {shown(pattern)} {wrong}"

    def _wrong_in_verdict(self, rule: Table) -> Iterator[_Wrong]:
        situation = rule.get("situation")
        if situation and situation not in self.background.situations.by_name:
            yield "situation", f"{shown(situation)} is not a situation; situations.toml has those there are"
        for name in () if situation else ("type", "sentence"):
            if name not in rule:
                yield name, "is missing: give a situation, or a type and a sentence"
        if "sentence" in rule and (wrong := sentence.problem_with_sentence(rule["sentence"])):
            yield "sentence", wrong

    def _wrong_patterns(self, table: Table) -> Iterator[_Wrong]:
        for name in _PATTERNS:
            for pattern in _texts(table, name):
                self._hurry()
                if wrong := problem_with_pattern(pattern, is_own=self._is_own):
                    yield name, f"pattern {shown(pattern)} {wrong}"

    @property
    def _is_own(self) -> bool:
        return self.kind is Tier.OWN

    def _hurry(self) -> None:
        if time.thread_time() > self.cpu_until:
            raise TimeoutError

    def _wrong_together(self, table: Table) -> Iterator[RuleProblem]:
        """Yield rules that can never be asked: a second one of an id, or of a code that one takes whole."""
        ids: set[str] = set()
        taken: dict[tuple[Tier, str], str] = {}
        for rule in rule_file(self.document, table, self.kind, self.background).rules:
            name = rule.id.rpartition("/")[2]
            if name in ids:
                yield RuleProblem(self.document, name, "id", "stands twice in this file")
            ids.add(name)
            for code in rule.when.codes or ():
                if earlier := taken.get((rule.tier, code)):
                    told = f"'{code}' is already decided by rule {earlier}, which stands before"
                    yield RuleProblem(self.document, name, "code", told)
                elif _asks_for_codes_alone(rule):
                    taken[rule.tier, code] = name


def broken(part: str, table: Table) -> _Wrong | None:
    """Return which field breaks the schema and how, in words for its author; None where none does.

    `part` is "top" (a rule file without what stands in its causes and rules), "cause", "rule", "situation" or
    "vocabulary".
    """
    try:
        _validators()[part](table)
    except fastjsonschema.JsonSchemaValueException as wrong:
        return _in_words(wrong, _parts()[part].get("properties", {}))
    return None


@cache
def _parts() -> Mapping[str, Table]:
    schema: Table = json.loads(SCHEMA.read_text(encoding="utf-8"))
    tables = {"type": "array", "items": {"type": "object"}}
    top = schema["properties"]
    top |= {name: {**top[name], **tables} for name in ("cause", "rule")}
    return {"top": schema, **schema["definitions"]}


@cache
def _validators() -> Mapping[str, Callable[[Table], object]]:
    definitions = _parts()["top"]["definitions"]
    return {
        # The compiler rewrites the references of what it is given, so each part gets a copy.
        part: fastjsonschema.compile(json.loads(json.dumps({**_parts()[part], "definitions": definitions})))
        for part in ("top", "cause", "rule", "situation", "vocabulary")
    }


def _in_words(wrong: fastjsonschema.JsonSchemaValueException, fields: Table) -> _Wrong:
    """Say what breaks the schema: the description of a field says what it must be."""
    if wrong.rule == "required":
        missing = next(name for name in wrong.rule_definition if name not in wrong.value)
        return missing, f"is missing: {fields[missing]['description']}"
    path = [str(part) for part in wrong.path[1:]]
    if not path:
        unknown = min(map(str, wrong.value.keys() - fields.keys()), default="")
        return unknown[:LONGEST_SHOWN], f"is not a field here; there are {', '.join(fields)}"
    if wrong.rule == "enum" and len(path) == 1:
        return path[0], f"must be one of {', '.join(wrong.rule_definition)}, not {shown(wrong.value)}"
    must_be = fields.get(path[0], {}).get("description", wrong.message)
    return path[0], f"must be {must_be}; it is {shown(wrong.value)}"


def _asks_for_codes_alone(rule: Rule) -> bool:
    return rule.when == Conditions(codes=rule.when.codes)


def _tables(table: Table, name: str) -> list[Table]:
    """Return the tables of [[name]]; none where something else stands there."""
    value = table.get(name)
    return value if isinstance(value, list) and all(isinstance(one, dict) for one in value) else []


def _texts(table: Table, name: str) -> list[str]:
    value = table.get(name, [])
    texts = value if isinstance(value, list) else [value]
    return [text for text in texts if isinstance(text, str)]
