"""The rule files: the built-in ones, read when a system first appears, and a customer's own."""

import re
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from export_adapter.classify.rulebook.rule import Rule, Tier
from export_adapter.classify.rulebook.rule_file import (
    Background,
    InvalidRuleDocument,
    RuleFile,
    RuleProblem,
    Table,
    rule_file,
    situations_of,
    vocabulary_of,
)

RULES: Final = Path(__file__).parents[1] / "rules"
"""The folder of the built-in files."""

SITUATIONS: Final = "situations.toml"
VOCABULARY: Final = "vocabulary.toml"
GENERAL: Final = "general.toml"
_NO_SYSTEMS: Final = frozenset({SITUATIONS, VOCABULARY, GENERAL})


def fold_system(name: str) -> str:
    """Return a system's name as it is compared: lower case, with '_' for '-' and blanks."""
    return "_".join(name.strip().lower().replace("-", " ").replace("_", " ").replace(".", " ").split())


def _run_together(folded: str) -> str:
    return folded.replace("_", "")


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


class Library:
    """The rule files of a folder. A file is read once, when it is first asked for."""

    def __init__(self, folder: Path = RULES) -> None:
        self._folder = folder
        self.own: dict[RuleDocument, RuleFile | InvalidRuleDocument] = {}
        """What came of the customer's own documents, by the document (see `OwnRules`)."""

    @cached_property
    def systems(self) -> tuple[str, ...]:
        """The accounting systems that have a file, in alphabetical order."""
        files = self._folder.glob("*.toml")
        return tuple(sorted(path.stem for path in files if path.name not in _NO_SYSTEMS))

    def system_of(self, name: str) -> str:
        """Return the system that a name stands for, in any spelling or by an alias.

        Where there are no rules for it, that is the folded name itself.
        """
        folded = fold_system(name)
        return folded if folded in self.systems else self._names.get(_run_together(folded), folded)

    @cached_property
    def _names(self) -> dict[str, str]:
        """The systems by all of their names, run together: QuickBooksOnline is quickbooks_online, too."""
        aliases: dict[str, str] = {}
        for system in self.systems:
            # Only the top of the file, which is cheap to read: all files are looked at here.
            head = self._read(f"{system}.toml").partition("\n[")[0]
            try:
                names = tomllib.loads(head).get("aliases", [])
            except tomllib.TOMLDecodeError:
                continue
            for alias in names if isinstance(names, list) else []:
                aliases[_run_together(fold_system(str(alias)))] = system
        return aliases | {_run_together(system): system for system in self.systems}

    @cached_property
    def background(self) -> Background:
        """The situations and the vocabulary.

        Raises:
            InvalidRuleDocument: A file cannot be read.
        """
        return Background(situations_of(self.table(SITUATIONS)), vocabulary_of(self.table(VOCABULARY)))

    @cached_property
    def general(self) -> RuleFile:
        """The rules for every system.

        Raises:
            InvalidRuleDocument: The file cannot be read.
        """
        return rule_file(GENERAL, self.table(GENERAL), Tier.GENERAL, self.background)

    def file_of(self, system: str) -> RuleFile | None:
        """Return a system's file, or None where there is none.

        Raises:
            InvalidRuleDocument: The file cannot be read.
        """
        if system not in self.systems:
            return None
        document = f"{system}.toml"
        return rule_file(document, self.table(document), Tier.SPECIFIC, self.background)

    def table(self, document: str) -> Table:
        """Return what stands in a built-in file.

        Raises:
            InvalidRuleDocument: The file cannot be read.
        """
        try:
            return tomllib.loads(self._read(document))
        except (OSError, ValueError) as wrong:
            problem = RuleProblem(document, None, None, f"cannot be read: {wrong}")
            raise InvalidRuleDocument((problem,)) from wrong

    def _read(self, document: str) -> str:
        return (self._folder / document).read_text(encoding="utf-8")


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
        table = tomllib.loads(document.text)
        # Slow to load, and for own rules only.
        from export_adapter.classify.rulebook.check import Check  # noqa: PLC0415

        check = Check(document.name, Tier.OWN, library.background, until)
        problems = check.problems(table)
        if problems:
            return InvalidRuleDocument(problems)
        return rule_file(document.name, table, Tier.OWN, library.background)
    except tomllib.TOMLDecodeError as wrong:
        return _refused(document, f"is not TOML: {wrong}")
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
