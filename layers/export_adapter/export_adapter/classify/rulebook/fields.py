"""Takes the fields of one table of a rule file, and collects what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from export_adapter.classify.rulebook.problems import RuleProblem

_NAME: Final = "[a-z0-9-]"


@dataclass(slots=True)
class Fields:
    """One table (a rule, a cause, the top of the file); what is not taken by the end is unknown.

    Every `take_*` returns a value that can be worked with even where the field is wrong: problems are
    collected, so that an author sees all of them at once.
    """

    document: str
    table: Mapping[str, object]
    problems: list[RuleProblem]
    rule: str | None = None
    taken: set[str] = field(default_factory=set)

    def wrong(self, name: str | None, problem: str) -> None:
        """Note a problem with a field, or with the whole table (None)."""
        self.problems.append(RuleProblem(self.document, self.rule, name, problem))

    def has(self, name: str) -> bool:
        """Whether the table has the field."""
        return name in self.table

    def take_text(self, name: str, default: str | None = None) -> str | None:
        """Return a text, or the default where it is left out or wrong."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, str) or not value.strip():
            self.wrong(name, f"must be a text that is not blank, not {_shown(value)}")
            return default
        return value

    def take_texts(self, name: str, *, numbers: bool = False) -> tuple[str, ...] | None:
        """Return one text or a list of texts as a tuple, None where left out; `numbers` may be among them."""
        value = self._take(name)
        if value is None:
            return None
        texts = value if isinstance(value, list) else [value]
        if numbers:
            texts = [str(text) if type(text) is int else text for text in texts]
        good = tuple(text for text in texts if isinstance(text, str) and text)
        if len(good) != len(texts) or not good:
            self.wrong(name, f"must be a text or a list of texts, not {_shown(value)}")
        return good

    def take_flag(self, name: str, *, default: bool = False) -> bool:
        """Return true or false."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(name, f"must be true or false, not {_shown(value)}")
            return default
        return value

    def take_table(self, name: str) -> dict[str, object]:
        """Return a table, empty where left out or wrong."""
        value = self._take(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(name, f"must be a table, not {_shown(value)}")
            return {}
        return value

    def take_tables(self, name: str) -> list[dict[str, object]]:
        """Return the tables of an array of tables ([[name]])."""
        value = self._take(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.wrong(name, f"must be written as [[{name}]]")
            return []
        return value

    def take_value(self, name: str) -> object:
        """Return whatever stands there, None where left out."""
        return self._take(name)

    def nothing_else(self, known: str) -> None:
        """Note every field that nobody took. `known` names the ones there are."""
        for name in self.table.keys() - self.taken:
            self.wrong(name, f"is not a field here; there are {known}")

    def _take(self, name: str) -> object:
        self.taken.add(name)
        return self.table.get(name)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 (a line on a screen)
