"""A customer's own rules: documents in the format of rule files, asked before the built-in ones."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from export_adapter.classify.rulebook.library import Library
from export_adapter.classify.rulebook.problems import InvalidRuleDocument, RuleProblem
from export_adapter.classify.rulebook.rule import Rule, Tier
from export_adapter.classify.rulebook.rule_file import RuleFile, read_rule_file

LONGEST: Final = 65_536
"""Characters of one document. An SSM parameter holds 8,192."""

MOST_DOCUMENTS: Final = 20
"""Documents that are read; the others are refused."""

_LONGEST_LINE: Final = 2_000
_MOST_PROBLEMS: Final = 20
_MOST_DOTS: Final = 50
_SECONDS_TO_CHECK: Final = 0.5
_STRING: Final = re.compile(r"\"(?:[^\"\\]|\\.)*+\"|'[^']*+'")


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
        for document in documents[:MOST_DOCUMENTS]:
            try:
                file = _file(document, library)
            except InvalidRuleDocument as wrong:
                problems.extend(_first_of(wrong.problems))
            else:
                files.append((library.system_of(file.system) if file.system else None, file))
        problems += [
            RuleProblem(document.name, None, None, f"is one of more than {MOST_DOCUMENTS} documents")
            for document in documents[MOST_DOCUMENTS:]
        ]
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


def _first_of(problems: tuple[RuleProblem, ...]) -> tuple[RuleProblem, ...]:
    """Return as many problems of a document as somebody reads, and how many more there are."""
    if len(problems) <= _MOST_PROBLEMS:
        return problems
    more = f"and {len(problems) - _MOST_PROBLEMS} more problems"
    return (*problems[:_MOST_PROBLEMS], RuleProblem(problems[0].document, None, None, more))


def _file(document: RuleDocument, library: Library) -> RuleFile:
    """Read a document, once: what came of it is remembered as long as it does not change.

    Raises:
        InvalidRuleDocument: Anything at all is wrong with it.
    """
    found = library.own.get(document)
    if found is None:
        if len(library.own) >= 2 * MOST_DOCUMENTS:
            library.own.clear()
        found = library.own[document] = _read(document, library)
    if isinstance(found, InvalidRuleDocument):
        raise found
    return found


def _read(document: RuleDocument, library: Library) -> RuleFile | InvalidRuleDocument:
    try:
        wrong = _unfit(document.text)
        if wrong:
            return _refused(document, wrong)
        until = time.thread_time() + _SECONDS_TO_CHECK
        background = replace(library.background, thorough=True, cpu_until=until)
        return read_rule_file(document.name, document.text, Tier.OWN, background)
    except InvalidRuleDocument as invalid:
        return invalid
    except TimeoutError:
        return _refused(document, f"takes more than {_SECONDS_TO_CHECK} seconds to check: split it")
    except Exception as failed:  # noqa: BLE001 (whatever a document does, the others and the built-in rules go on)
        is_deep = isinstance(failed, RecursionError)
        return _refused(
            document, "is nested too deep" if is_deep else f"cannot be read ({type(failed).__name__})"
        )


def _refused(document: RuleDocument, problem: str) -> InvalidRuleDocument:
    return InvalidRuleDocument((RuleProblem(document.name, None, None, problem),))


def _unfit(text: str) -> str | None:
    """Return why a text is not even parsed: a key with thousands of parts would take the parser minutes."""
    if len(text) > LONGEST:
        return f"is longer than {LONGEST:,} characters"
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > _LONGEST_LINE:
            return f"line {number} is longer than {_LONGEST_LINE:,} characters"
        if line.count(".") > _MOST_DOTS and _STRING.sub("", line).count(".") > _MOST_DOTS:
            return f"line {number} has more than {_MOST_DOTS} dots outside quotation marks"
    return None
