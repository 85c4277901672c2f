"""A rule file becomes its rules and its reader.

What a file may say is held by rule-file.schema.json and by `check`. Here the files are trusted: the tests
check the built-in ones, and `OwnRules` a customer's own. docs/writing-rules.md describes the format.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from export_adapter.classify.reading.causes import fold_code
from export_adapter.classify.reading.failure import Reader
from export_adapter.classify.reading.shapes import Path, Shape, path_of
from export_adapter.classify.rulebook.patterns import Vocabulary, message_pattern
from export_adapter.classify.rulebook.rule import Conditions, Rule, Situations, Tier, Verdict
from export_adapter.model import FALLBACKS, FailureReasonType, Stage

type Table = Mapping[str, Any]
"""A table of a TOML file."""

NO_ANSWER: Final = 0
"""The status of a failure without an HTTP answer: "none" in a rule file."""

TRANSIENT: Final = frozenset(
    {
        FailureReasonType.ACCOUNTING_SYSTEM_RATE_LIMIT,
        FailureReasonType.ACCOUNTING_SYSTEM_UNREACHABLE,
        FailureReasonType.ACCOUNTING_SYSTEM_TIMEOUT,
    }
)
"""Types where trying again can help, unless a rule says otherwise."""


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing wrong in a rule file: where it stands and what to do about it."""

    document: str
    rule: str | None
    field: str | None
    problem: str

    def __str__(self) -> str:
        place = [self.document]
        if self.rule:
            place.append(f"rule {self.rule}")
        if self.field:
            place.append(f"field {self.field}")
        return f"{', '.join(place)}: {self.problem}"


class InvalidRuleDocument(Exception):  # noqa: N818 (it is the document that is invalid; read as a sentence)
    """A rule file that cannot be used. `problems` are all that was found, in the order of the file."""

    def __init__(self, problems: tuple[RuleProblem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Background:
    """What rule files refer to."""

    situations: Situations
    vocabulary: Vocabulary


@dataclass(frozen=True, slots=True)
class RuleFile:
    """What a rule file holds. `name` is the system's name as bookkeepers know it."""

    document: str
    system: str | None
    name: str | None
    aliases: tuple[str, ...]
    languages: tuple[str, ...]
    reader: Reader
    rules: tuple[Rule, ...]


def rule_file(document: str, table: Table, kind: Tier, background: Background) -> RuleFile:
    """Return what a rule file holds.

    Args:
        document: Its name, for the rules' ids: "xero.toml" gives "xero/...".
        table: The file as tomllib reads it; it has passed `check`.
        kind: Tier.SPECIFIC for a system's file, Tier.GENERAL for the general one, Tier.OWN for a customer's.
        background: What its rules refer to.
    """
    sources = table.get("sources", {})
    prefix = ("own/" if kind is Tier.OWN else "") + document.removesuffix(".toml")
    rules = []
    for order, one in enumerate(table.get("rule", ())):
        when = conditions_of(one, background.vocabulary)
        rules.append(
            Rule(
                id=f"{prefix}/{one['id']}",
                tier=_tier(one, when, kind),
                order=order,
                when=when,
                verdict=_verdict(one, background.situations.by_name),
                source=sources.get(one["source"], one["source"]),
            )
        )
    return RuleFile(
        document=document,
        system=table.get("system"),
        name=table.get("name"),
        aliases=_texts(table, "aliases"),
        languages=_texts(table, "languages"),
        reader=Reader(
            shapes=tuple(_shape(one, number) for number, one in enumerate(table.get("cause", ()), start=1)),
            noise=tuple(re.compile(one, re.IGNORECASE) for one in _texts(table, "noise")),
            codes_in_text=tuple(re.compile(one, re.IGNORECASE) for one in _texts(table, "codes_in_text")),
        ),
        rules=tuple(rules),
    )


def situations_of(table: Table) -> Situations:
    """Return what situations.toml holds: a table for each situation, `[stages.<stage>]` with them by type."""
    return Situations(
        by_name={
            name: replace(
                _verdict(one, {}),
                situation=name,
                by_stage={Stage(stage): other for stage, other in one.get("stages", {}).items()} or None,
            )
            for name, one in table.items()
            if name != "stages"
        },
        by_stage_and_type={
            (Stage(stage), FailureReasonType(reason_type)): name
            for stage, by_type in table.get("stages", {}).items()
            for reason_type, name in by_type.items()
        },
    )


def vocabulary_of(table: Table) -> Vocabulary:
    """Return what vocabulary.toml holds: a table for each name, with a list of words for each language."""
    return Vocabulary(
        {
            name: tuple(entry for words in languages.values() for entry in words)
            for name, languages in table.items()
        }
    )


def codes_of(table: Table) -> tuple[str, ...]:
    """Return the codes of a rule, as they are compared."""
    codes = (*_texts(table, "code"), *table.get("codes", "").split())
    return tuple(fold_code(code) for code in codes)


def conditions_of(table: Table, vocabulary: Vocabulary) -> Conditions:
    """Return when a rule fits."""
    return Conditions(
        codes=frozenset(codes_of(table)) or None,
        code_prefixes=tuple(fold_code(prefix) for prefix in _texts(table, "code_prefix")) or None,
        messages=tuple(message_pattern(one, vocabulary) for one in _texts(table, "message")) or None,
        field=table.get("field"),
        exception=table.get("exception"),
        statuses=frozenset(status for one in _list(table, "status") for status in _statuses(one)) or None,
        stages=frozenset(None if one == "none" else Stage(one) for one in _list(table, "stage")) or None,
        headers=tuple(table.get("header", {}).items()) or None,
    )


def _verdict(table: Table, situations: Mapping[str, Verdict]) -> Verdict:
    """Return what a rule or a situation says; what stands beside a situation's name wins over it."""
    base = situations.get(table.get("situation", ""))
    # A type of its own takes a rule out of its situation: only the sentence is the situation's then.
    whole = None if "type" in table else base
    reason_type = whole.type if whole else FailureReasonType(table["type"])
    older = FailureReasonType(table["v1_type"]) if "v1_type" in table else whole and whole.v1_type
    return Verdict(
        type=reason_type,
        v1_type=older or FALLBACKS.get(reason_type, reason_type),
        retryable=table.get("retryable", whole.retryable if whole else reason_type in TRANSIENT),
        sentence=table.get("sentence") or (base.sentence if base else ""),
        quotes=table.get("quote", base.quotes if base else True),
        situation=whole.situation if whole else None,
        by_stage=whole.by_stage if whole else None,
    )


def _tier(table: Table, when: Conditions, kind: Tier) -> Tier:
    if "tier" in table:
        return Tier[table["tier"].upper()]
    if kind is Tier.OWN:
        return kind
    if kind is Tier.GENERAL:
        return kind if when.names_the_body or when.exception or when.headers else Tier.STATUS
    return Tier.SPECIFIC if when.names_the_body else Tier.FAMILY


def _statuses(status: int | str) -> range:
    """Return the statuses that are meant by one, by a class such as 4xx, or by "none"."""
    if status == "none":
        return range(NO_ANSWER, NO_ANSWER + 1)
    if isinstance(status, str):
        return range(int(status[0]) * 100, int(status[0]) * 100 + 100)
    return range(status, status + 1)


def _shape(table: Table, number: int) -> Shape:
    at, find = table.get("at"), table.get("find")
    return Shape(
        name=f"[[cause]] {number}: {find or at}",
        at=path_of(at) if at else None,
        find=find,
        code=_paths(table, "code"),
        message=_paths(table, "message"),
        title=_paths(table, "title"),
        field=_paths(table, "field"),
        pairs=table.get("pairs", False),
        also=table.get("also", False),
        outer_code=_paths(table, "outer_code"),
        code_pattern=_pattern(table, "code_pattern"),
        split=_pattern(table, "split"),
        strip=_pattern(table, "strip"),
    )


def _paths(table: Table, name: str) -> tuple[Path, ...]:
    return tuple(path_of(expression) for expression in _texts(table, name))


def _pattern(table: Table, name: str) -> re.Pattern[str] | None:
    return re.compile(table[name], re.IGNORECASE) if name in table else None


def _texts(table: Table, name: str) -> tuple[str, ...]:
    return tuple(str(one) for one in _list(table, name))


def _list(table: Table, name: str) -> list[Any]:
    value = table.get(name, [])
    return value if isinstance(value, list) else [value]
