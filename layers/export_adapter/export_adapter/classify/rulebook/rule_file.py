"""A rule file (TOML) becomes its rules and its reader; whatever is wrong with it is said to its author.

The format is described in docs/writing-rules.md.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Final

from export_adapter.classify.reading.failure_reader import Reader
from export_adapter.classify.reading.shapes import JmesPath, Path, Shape, check_path, path_of
from export_adapter.classify.rulebook.background import Background
from export_adapter.classify.rulebook.fields import Fields
from export_adapter.classify.rulebook.problems import InvalidRuleDocument, RuleProblem
from export_adapter.classify.rulebook.rule import Conditions, Rule, Tier
from export_adapter.classify.rulebook.rule_fields import read_rule

_KNOWN: Final = "system, name, aliases, languages, noise, codes_in_text, sources, [[cause]] and [[rule]]"
_KNOWN_IN_CAUSE: Final = (
    "at, find, code, code_pattern, outer_code, message, title, field, pairs, split, strip, also"
)
_MOST_LISTS: Final = 16
_MOST_CAUSES: Final = 30


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


def read_rule_file(document: str, text: str, kind: Tier, background: Background) -> RuleFile:
    """Read a rule file.

    Args:
        document: Its name, for messages and for the rules' ids ("xero.toml" gives "xero/...").
        text: TOML.
        kind: Tier.SPECIFIC for a system's file, Tier.GENERAL for the general one, Tier.OWN for a customer's.
        background: What rules refer to, and whether to check patterns and expressions too.

    Raises:
        InvalidRuleDocument: Something is wrong with it; the error holds all that was found.
    """
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as wrong:
        raise InvalidRuleDocument((RuleProblem(document, None, None, f"is not TOML: {wrong}"),)) from wrong
    problems: list[RuleProblem] = []
    top = Fields(document, table, problems)
    sources = top.take_table("sources")
    file = RuleFile(
        document=document,
        system=top.take_text("system"),
        name=top.take_text("name"),
        aliases=top.take_texts("aliases") or (),
        languages=top.take_texts("languages") or (),
        reader=_reader(top, background),
        rules=_rules(top, kind, background, sources),
    )
    top.nothing_else(_KNOWN)
    if problems:
        raise InvalidRuleDocument(tuple(problems))
    return file


def _rules(
    top: Fields,
    kind: Tier,
    background: Background,
    sources: Mapping[str, object],
) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    ids: set[str] = set()
    for order, table in enumerate(top.take_tables("rule")):
        label = table.get("id")
        fields = Fields(top.document, table, [], label if isinstance(label, str) else f"number {order + 1}")
        rule = read_rule(fields, order, kind, background, sources)
        if rule and rule.id in ids:
            fields.wrong("id", "stands twice in this file")
        if rule:
            ids.add(rule.id)
            rules.append(rule)
        top.problems.extend(fields.problems)
    _codes_decided_twice(top, rules)
    return tuple(rules)


def _codes_decided_twice(top: Fields, rules: list[Rule]) -> None:
    """Note codes of which a rule would never be asked, because an earlier one takes them whole."""
    taken: dict[tuple[Tier, str], str] = {}
    for rule in rules:
        for code in rule.when.codes or ():
            earlier = taken.get((rule.tier, code))
            if earlier:
                name = earlier.rpartition("/")[2]
                problem = f"'{code}' is already decided by rule {name}, which stands before"
                top.problems.append(RuleProblem(top.document, rule.id.rpartition("/")[2], "code", problem))
            elif _only_codes(rule):
                taken[rule.tier, code] = rule.id


def _only_codes(rule: Rule) -> bool:
    when = rule.when
    return when == Conditions(codes=when.codes)


def _reader(top: Fields, background: Background) -> Reader:
    shapes = []
    if len(top.take_tables("cause")) > _MOST_CAUSES:
        top.wrong("cause", f"stands there more than {_MOST_CAUSES} times")
    for number, table in enumerate(top.take_tables("cause"), start=1):
        fields = Fields(top.document, table, [], f"[[cause]] number {number}")
        shapes.append(_shape(fields, number, background))
        top.problems.extend(fields.problems)
    return Reader(
        shapes=tuple(shapes),
        noise=_compiled(top, "noise", background),
        codes_in_text=_compiled(top, "codes_in_text", background),
    )


def _shape(fields: Fields, number: int, background: Background) -> Shape:
    at, find = fields.take_text("at"), fields.take_text("find")
    if (at is None) is (find is None):
        fields.wrong(None, "needs exactly one of 'at' (a JMESPath) and 'find' (the name of a key)")
    if at:
        _check(fields, "at", at, background)
    shape = Shape(
        name=f"[[cause]] {number}: {find or at}",
        at=path_of(at) if at else None,
        find=find,
        code=_paths(fields, "code", background),
        message=_paths(fields, "message", background),
        title=_paths(fields, "title", background),
        field=_paths(fields, "field", background),
        pairs=fields.take_flag("pairs"),
        also=fields.take_flag("also"),
        outer_code=_paths(fields, "outer_code", background),
        code_pattern=_one_compiled(fields, "code_pattern", background),
        split=_one_compiled(fields, "split", background),
        strip=_one_compiled(fields, "strip", background),
    )
    fields.nothing_else(_KNOWN_IN_CAUSE)
    return shape


def _paths(fields: Fields, name: str, background: Background) -> tuple[Path, ...]:
    expressions = fields.take_texts(name) or ()
    for expression in expressions:
        _check(fields, name, expression, background)
    return tuple(path_of(expression) for expression in expressions)


def _check(fields: Fields, name: str, expression: str, background: Background) -> None:
    if not background.thorough:
        return
    wrong = check_path(expression)
    if wrong:
        fields.wrong(name, f"'{expression}' is not a JMESPath expression: {wrong}")
    elif isinstance(path_of(expression), JmesPath) and _lists_of(expression) > _MOST_LISTS:
        fields.wrong(name, f"'{expression}' makes too many lists of lists: name fewer paths in [brackets]")


def _lists_of(expression: str) -> int:
    """Return what the lists of an expression multiply to: `[a, b]` makes two values of one."""
    import jmespath  # type: ignore[import-untyped]  # noqa: PLC0415 (slow to load, and rarely needed)

    def values(node: dict[str, Any]) -> int:
        children = node.get("children", ())
        own = len(children) if str(node.get("type")).startswith("multi_select") else 1
        return own * prod(values(child) for child in children if isinstance(child, dict))

    return values(jmespath.compile(expression).parsed)


def _compiled(top: Fields, name: str, background: Background) -> tuple[re.Pattern[str], ...]:
    patterns = (_compile(top, name, pattern, background) for pattern in top.take_texts(name) or ())
    return tuple(pattern for pattern in patterns if pattern)


def _one_compiled(fields: Fields, name: str, background: Background) -> re.Pattern[str] | None:
    pattern = fields.take_text(name)
    return _compile(fields, name, pattern, background) if pattern else None


def _compile(fields: Fields, name: str, pattern: str, background: Background) -> re.Pattern[str] | None:
    wrong = background.problem_with(pattern)
    if wrong:
        fields.wrong(name, f"pattern {pattern!r} {wrong}")
        return None
    return re.compile(pattern, re.IGNORECASE)
