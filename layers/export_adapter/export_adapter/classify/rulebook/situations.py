"""Situations: what failures of every system have in common, each with its type and its sentence."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from export_adapter.classify.rulebook.fields import Fields
from export_adapter.classify.rulebook.problems import InvalidRuleDocument, RuleProblem
from export_adapter.classify.rulebook.rule import Verdict
from export_adapter.classify.rulebook.verdicts import read_verdict
from export_adapter.model import FailureReasonType, Stage


@dataclass(frozen=True, slots=True)
class Situations:
    """The situations by name, and which of them take another type's place at a stage."""

    by_name: Mapping[str, Verdict]
    by_stage_and_type: Mapping[tuple[Stage, FailureReasonType], str]

    def at_stage(self, verdict: Verdict, stage: Stage | None) -> Verdict:
        """Return what a verdict becomes at a stage.

        That is what its situation names for the stage, otherwise what its type becomes there, or itself.
        """
        if stage is None:
            return verdict
        name = verdict.by_stage.get(stage) if verdict.by_stage else None
        name = name or self.by_stage_and_type.get((stage, verdict.type))
        return self.by_name.get(name, verdict) if name else verdict


def read_situations(document: str, text: str) -> Situations:
    """Read situations.toml: a table for each situation, and `[stages.<stage>]` with situations by type.

    Raises:
        InvalidRuleDocument: Something is wrong with it; the error holds all that was found.
    """
    tables = tomllib.loads(text)
    problems: list[RuleProblem] = []
    top = Fields(document, tables, problems)
    stages = top.take_table("stages")
    by_name: dict[str, Verdict] = {}
    for name in tables.keys() - {"stages"}:
        fields = Fields(document, top.take_table(name), problems, name)
        others = fields.take_table("stages")
        verdict = read_verdict(fields, {})
        fields.nothing_else("type, v3_type, retryable, sentence, quote and stages")
        by_stage = dict(_by_stage(fields, others, tables))
        if verdict:
            by_name[name] = replace(verdict, situation=name, by_stage=by_stage or None)
    by_stage_and_type = _by_stage_and_type(top, stages, tables)
    if problems:
        raise InvalidRuleDocument(tuple(problems))
    return Situations(by_name, by_stage_and_type)


def _by_stage(
    fields: Fields, stages: Mapping[str, object], situations: Mapping[str, object]
) -> list[tuple[Stage, str]]:
    found = []
    for stage, other in stages.items():
        if stage not in Stage:
            fields.wrong("stages", f"'{stage}' is not a stage")
        elif not isinstance(other, str) or other not in situations:
            fields.wrong("stages", f"{other!r} is not a situation")
        else:
            found.append((Stage(stage), other))
    return found


def _by_stage_and_type(
    top: Fields, stages: Mapping[str, object], situations: Mapping[str, object]
) -> dict[tuple[Stage, FailureReasonType], str]:
    found: dict[tuple[Stage, FailureReasonType], str] = {}
    for stage, by_type in stages.items():
        for reason_type, other in by_type.items() if isinstance(by_type, dict) else ():
            if stage not in Stage or reason_type not in FailureReasonType or other not in situations:
                top.wrong("stages", f"{stage}.{reason_type} = {other!r}: no such stage, type or situation")
            else:
                found[Stage(stage), FailureReasonType(reason_type)] = other
    return found
