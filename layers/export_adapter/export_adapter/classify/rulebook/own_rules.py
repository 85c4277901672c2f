"""A customer's own rules: documents in the format of rule files, asked before the built-in ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from export_adapter.classify.rulebook.library import Library
from export_adapter.classify.rulebook.problems import InvalidRuleDocument, RuleProblem
from export_adapter.classify.rulebook.rule import Rule, Tier
from export_adapter.classify.rulebook.rule_file import RuleFile, read_rule_file

_LONGEST = 262_144
"""Characters of one document; AppConfig allows a few times that, SSM far less."""


@dataclass(frozen=True, slots=True)
class RuleDocument:
    """A rule file as text. `name` is what errors and rule ids call it ("ours.toml" gives "ours/...").

    `system` in the document names the accounting system it is for; without it, it is for all.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class OwnRules:
    """A customer's documents that are good, by the system they are for, and what was wrong with the others.

    A document that names no system is for all: None.
    """

    files: tuple[tuple[str | None, RuleFile], ...] = ()
    problems: tuple[RuleProblem, ...] = ()

    @classmethod
    def read(cls, documents: Sequence[RuleDocument], library: Library) -> "OwnRules":
        """Read documents thoroughly: they were not checked by the project's tests."""
        files: list[tuple[str | None, RuleFile]] = []
        problems: list[RuleProblem] = []
        for document in documents:
            try:
                file = _file(document, library)
            except InvalidRuleDocument as wrong:
                problems.extend(wrong.problems)
            else:
                files.append((library.system_of(file.system) if file.system else None, file))
        return cls(tuple(files), tuple(problems))

    def files_of(self, system: str) -> tuple[RuleFile, ...]:
        """Return the documents for a system: its own before those for all."""
        named = tuple(file for name, file in self.files if name == system)
        return named + tuple(file for name, file in self.files if name is None)

    def rules_of(self, system: str) -> tuple[Rule, ...]:
        """Return the rules for a system, in the order in which they are asked."""
        rules = [rule for file in self.files_of(system) for rule in file.rules]
        return tuple(replace(rule, order=order) for order, rule in enumerate(rules))

    def name_of(self, system: str) -> str | None:
        """Return what a document calls the system, where one does."""
        return next((file.name for name, file in self.files if name == system and file.name), None)


def _file(document: RuleDocument, library: Library) -> RuleFile:
    if len(document.text) > _LONGEST:
        problem = RuleProblem(document.name, None, None, f"is longer than {_LONGEST} characters")
        raise InvalidRuleDocument((problem,))
    try:
        return read_rule_file(
            document.name, document.text, Tier.OWN, replace(library.background, thorough=True)
        )
    except ValueError as wrong:  # Python neither reads nor shows a number of more than 4,300 digits
        problem = RuleProblem(document.name, None, None, "holds a number that is too long")
        raise InvalidRuleDocument((problem,)) from wrong
