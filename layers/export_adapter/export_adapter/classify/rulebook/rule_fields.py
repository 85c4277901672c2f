"""Reads one `[[rule]]` of a rule file."""

import re
from collections.abc import Mapping
from typing import Final

from export_adapter.classify.reading.report import fold_code
from export_adapter.classify.rulebook.background import Background
from export_adapter.classify.rulebook.fields import Fields
from export_adapter.classify.rulebook.message_pattern import MessagePattern, message_pattern
from export_adapter.classify.rulebook.rule import Conditions, Rule, Tier
from export_adapter.classify.rulebook.verdicts import read_verdict
from export_adapter.classify.template import NAMES
from export_adapter.model import Stage

KNOWN: Final = (
    "id, code, codes, code_prefix, message, field, stage, status, exception, header, tier, "
    "situation, type, v3_type, retryable, sentence, quote, source"
)
NO_ANSWER: Final = 0
"""The status of a failure without an HTTP answer: "none" in a rule file."""

_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_GROUP: Final = re.compile(r"\(\?P<(\w+)>")
_STATUS_CLASS: Final = re.compile(r"([1-5])xx\Z")
_GENERAL_TIERS: Final = ("general", "status", "last_resort")
_SYSTEM_TIERS: Final = ("specific", "family", "catch_all")
_LEAST_SOURCE: Final = 8


def read_rule(
    fields: Fields,
    order: int,
    kind: Tier,
    background: Background,
    sources: Mapping[str, object],
) -> Rule | None:
    """Read a rule; None where it lacks what it cannot be used without.

    `kind` is OWN, SPECIFIC (an accounting system's file) or GENERAL.
    """
    rule_id = fields.take_text("id")
    if rule_id is None:
        fields.wrong("id", "is missing: every rule needs one, such as 'period-closed'")
        return None
    if not _ID.match(rule_id):
        fields.wrong("id", "must be lower-case words joined by '-', such as 'period-closed'")
    when = _conditions(fields, background)
    verdict = read_verdict(fields, background.situations.by_name)
    source = _source(fields, sources)
    tier = _tier(fields, when, kind)
    fields.nothing_else(KNOWN)
    if when.are_none and tier is not Tier.LAST_RESORT:
        if not fields.problems:  # a condition that is wrong has been told of already
            fields.wrong(None, "has no condition: it would decide about every failure")
        return None
    if verdict is None:
        return None
    prefix = "own/" if kind is Tier.OWN else ""
    return Rule(
        f"{prefix}{fields.document.removesuffix('.toml')}/{rule_id}", tier, order, when, verdict, source
    )


def _conditions(fields: Fields, background: Background) -> Conditions:
    codes = _codes(fields)
    prefixes = fields.take_texts("code_prefix", numbers=True)
    return Conditions(
        codes=frozenset(codes) if codes else None,
        code_prefixes=tuple(fold_code(prefix) for prefix in prefixes) if prefixes else None,
        messages=_messages(fields, fields.take_texts("message"), background),
        field=_pattern(fields, "field", background),
        exception=_pattern(fields, "exception", background),
        statuses=_statuses(fields),
        stages=_stages(fields),
        headers=_headers(fields, background),
    )


def _tier(fields: Fields, when: Conditions, kind: Tier) -> Tier:
    named = fields.take_text("tier")
    if named is not None:
        if kind is Tier.OWN:
            fields.wrong("tier", "is not for rules of your own: they come first")
            return kind
        allowed = _GENERAL_TIERS if kind is Tier.GENERAL else _SYSTEM_TIERS
        if named not in allowed:
            fields.wrong("tier", f"must be one of {', '.join(allowed)}")
            return kind
        return Tier[named.upper()]
    if kind is Tier.OWN:
        return Tier.OWN
    if kind is Tier.GENERAL:
        return Tier.GENERAL if when.names_the_body or when.exception or when.headers else Tier.STATUS
    return Tier.SPECIFIC if when.names_the_body else Tier.FAMILY


def _codes(fields: Fields) -> tuple[str, ...]:
    texts = fields.take_texts("code", numbers=True) or ()
    many = fields.take_text("codes")
    codes = tuple(fold_code(code) for code in (*texts, *(many.split() if many else ())))
    if len(set(codes)) != len(codes):
        twice = next(code for code in codes if codes.count(code) > 1)
        fields.wrong("codes" if many else "code", f"names '{twice}' twice")
    return codes


def _messages(
    fields: Fields, patterns: tuple[str, ...] | None, background: Background
) -> tuple[MessagePattern, ...] | None:
    if not patterns:
        return None
    if background.thorough:
        for pattern in patterns:
            wrong = background.problem_with_message(message_pattern(pattern, background.vocabulary))
            if wrong:
                fields.wrong("message", f"pattern {pattern!r} {wrong}")
            for name in _GROUP.findall(pattern):
                if name not in NAMES:
                    fields.wrong("message", f"captures '{name}'; there are {', '.join(sorted(NAMES))}")
        if fields.problems:
            return None
    return tuple(message_pattern(pattern, background.vocabulary) for pattern in patterns)


def _pattern(fields: Fields, name: str, background: Background) -> str | None:
    pattern = fields.take_text(name)
    if pattern is not None and (wrong := background.problem_with(pattern)):
        fields.wrong(name, wrong)
        return None
    return pattern


def _statuses(fields: Fields) -> frozenset[int] | None:
    value = fields.take_value("status")
    if value is None:
        return None
    statuses: set[int] = set()
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, int) and not isinstance(one, bool) and 100 <= one <= 599:  # noqa: PLR2004 (HTTP)
            statuses.add(one)
        elif one == "none":
            statuses.add(NO_ANSWER)
        elif isinstance(one, str) and (found := _STATUS_CLASS.match(one)):
            statuses.update(range(int(found[1]) * 100, int(found[1]) * 100 + 100))
        else:
            fields.wrong("status", f"{one!r} is no status: write 400, [400, 422], '4xx' or 'none'")
    return frozenset(statuses) or None


def _stages(fields: Fields) -> frozenset[Stage | None] | None:
    texts = fields.take_texts("stage")
    if texts is None:
        return None
    stages: set[Stage | None] = set()
    for text in texts:
        if text in Stage:
            stages.add(Stage(text))
        elif text == "none":
            stages.add(None)
        else:
            fields.wrong("stage", f"'{text}' is not a stage; there are {', '.join(Stage)} and 'none'")
    return frozenset(stages) or None


def _headers(fields: Fields, background: Background) -> tuple[tuple[str, str], ...] | None:
    table = fields.take_table("header")
    headers: list[tuple[str, str]] = []
    for name, pattern in table.items():
        if not isinstance(pattern, str) or name != name.lower():
            fields.wrong("header", f"'{name}' must be in lower case, with a pattern for its value")
        elif wrong := background.problem_with(pattern):
            fields.wrong("header", f"{name}: {wrong}")
        else:
            headers.append((name, pattern))
    return tuple(headers) or None


def _source(fields: Fields, sources: Mapping[str, object]) -> str:
    text = fields.take_text("source")
    if text is None:
        if not fields.has("source"):
            fields.wrong("source", "is missing: say where it is documented or was seen")
        return ""
    known = sources.get(text)
    if isinstance(known, str):
        return known
    if len(text) < _LEAST_SOURCE:
        fields.wrong("source", f"'{text}' is neither a name of [sources] nor a description")
    return text
