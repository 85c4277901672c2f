"""The built-in rule files: which systems there are, and their files, read when a system first appears."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Final

from export_adapter.classify.rulebook.background import Background
from export_adapter.classify.rulebook.problems import InvalidRuleDocument
from export_adapter.classify.rulebook.rule import Tier
from export_adapter.classify.rulebook.rule_file import RuleFile, read_rule_file
from export_adapter.classify.rulebook.situations import read_situations
from export_adapter.classify.rulebook.vocabulary import read_vocabulary

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


class Library:
    """The rule files of a folder. A file is read once, when it is first asked for."""

    def __init__(self, folder: Path = RULES, *, thorough: bool = False) -> None:
        self._folder = folder
        self._thorough = thorough
        self.own: dict[object, RuleFile | InvalidRuleDocument] = {}
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
            InvalidRuleDocument: A file is wrong.
        """
        return Background(
            read_situations(SITUATIONS, self._read(SITUATIONS)),
            read_vocabulary(self._read(VOCABULARY)),
            self._thorough,
        )

    @cached_property
    def general(self) -> RuleFile:
        """The rules for every system.

        Raises:
            InvalidRuleDocument: The file is wrong.
        """
        return read_rule_file(GENERAL, self._read(GENERAL), Tier.GENERAL, self.background)

    def file_of(self, system: str) -> RuleFile | None:
        """Return a system's file, or None where there is none.

        Raises:
            InvalidRuleDocument: The file is wrong.
        """
        if system not in self.systems:
            return None
        document = f"{system}.toml"
        return read_rule_file(document, self._read(document), Tier.SPECIFIC, self.background)

    def _read(self, document: str) -> str:
        return (self._folder / document).read_text(encoding="utf-8")
