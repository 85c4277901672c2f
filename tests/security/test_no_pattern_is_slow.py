"""Every pattern of the adapter, in its code and in its rule files, takes time in proportion to the text.

What is tried on a pattern is derived from the pattern (see `attack`). No pattern is excepted; those for
messages get a seeded draw of what could be tried on them.
"""

import ast
import importlib
import pkgutil
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import export_adapter
from export_adapter.classify.rulebook.library import GENERAL, Library
from export_adapter.classify.rulebook.patterns import MessagePattern, MessageText
from tests.security.attack import LONGEST_TEXT, Attack, attacks_on, seconds

MODULES = [module.name for module in pkgutil.walk_packages(export_adapter.__path__, "export_adapter.")]
TREES = {
    module: ast.parse(Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8"))
    for module in MODULES
}
LIBRARY = Library()
VOCABULARY = LIBRARY.background.vocabulary
SYSTEMS = [GENERAL.removesuffix(".toml"), *LIBRARY.systems]
SLOW = 0.02
"""Seconds of CPU: a quadratic search of 4,000 characters takes about as long, or longer."""

WORTH_A_LOOK = 0.003
"""Seconds: below, a search is fast, and its growth cannot be measured."""

MOST_GROWTH = 3.0
"""Times that a search on twice the text may take: 2 is linear, 4 is quadratic."""

MOST_ATTACKS = 10
"""Attacks on one pattern for messages, a seeded draw of all: there are thousands of such patterns."""

FROM_ITS_START = {"match", "fullmatch"}
ANYWHERE = {"search", "sub", "subn", "split", "findall", "finditer"}


@dataclass(frozen=True)
class Tried:
    """A pattern with how it is tried on a text."""

    where: str
    pattern: str
    flags: int
    search: Callable[[str], object]
    head: str = ""
    most_attacks: int = 1_000

    def problem(self) -> str | None:
        """What is wrong with it, in words, or None."""
        attacks = attacks_on(self.pattern, self.flags)
        if len(attacks) > self.most_attacks:
            chooser = random.Random(self.pattern)  # noqa: S311 -- not for security
            attacks = chooser.sample(attacks, self.most_attacks)
        for attack in attacks:
            grown = Attack(self.head + attack.head, attack.unit, attack.tail)
            if self._is_worth_a_look(grown) and (told := self._on(grown)):
                return f"{self.where}: {self.pattern!r} {told} on {grown}"
        return None

    def _is_worth_a_look(self, attack: Attack) -> bool:
        """Try a quarter of the text first: what is quadratic takes a sixteenth of the time for it."""
        quarter, whole = attack.text(LONGEST_TEXT // 4), attack.text(LONGEST_TEXT)
        return (
            seconds(self.search, quarter, 1) > WORTH_A_LOOK / 16
            and seconds(self.search, whole, 1) > WORTH_A_LOOK
        )

    def _on(self, attack: Attack) -> str | None:
        whole, half = attack.text(LONGEST_TEXT), attack.text(LONGEST_TEXT // 2)
        took = seconds(self.search, whole, 5)
        if took > SLOW:
            return f"takes {took * 1000:.0f} ms"
        growth = took / max(seconds(self.search, half, 5), 1e-6)
        if took > WORTH_A_LOOK and growth > MOST_GROWTH:
            return f"takes {growth:.1f} times as long for twice the text"
        return None


def all_matches(pattern: re.Pattern[str]) -> Callable[[str], object]:
    """Finding all costs no less than finding one."""
    return lambda text: sum(1 for _ in pattern.finditer(text))


def tried(where: str, pattern: re.Pattern[str], methods: set[str] = ANYWHERE) -> Tried:
    if methods and methods <= FROM_ITS_START:
        name = "match" if "match" in methods else "fullmatch"
        return Tried(where, pattern.pattern, pattern.flags, getattr(pattern, name))
    return Tried(where, pattern.pattern, pattern.flags, all_matches(pattern))


def tried_in(module: str) -> Iterator[Tried]:
    """Yield the patterns of a module: its values, and what its functions compile."""
    tree = TREES[module]
    imported = {alias.asname or alias.name for _, alias in imports_of(tree)}
    for name, value in vars(importlib.import_module(module)).items():
        if name not in imported:
            methods = methods_used(module, name) if isinstance(value, re.Pattern) else ANYWHERE
            yield from (tried(f"{module}.{name}", pattern, methods) for pattern in patterns_in(value))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    for call in (node for function in functions for node in ast.walk(function)):
        if isinstance(call, ast.Call) and is_of_re(call.func) and call.args:
            try:
                text = ast.literal_eval(call.args[0])
            except ValueError:
                continue  # put together from values that stand in the module, or from a rule file
            if isinstance(text, str):
                yield tried(f"{module}, line {call.lineno}", re.compile(text))


def imports_of(tree: ast.AST) -> Iterator[tuple[str | None, ast.alias]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias) for alias in node.names)


def methods_used(module: str, name: str) -> set[str]:
    """Return how a module's value is used, in the module itself and where it is imported: `NAME.search()`."""
    methods: set[str] = set()
    for other, tree in TREES.items():
        names = {
            alias.asname or alias.name
            for source, alias in imports_of(tree)
            if source == module and alias.name == name
        }
        if other == module:
            names.add(name)
        for node in ast.walk(tree) if names else ():
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in names
            ):
                methods.add(node.attr)
    return methods


def is_of_re(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and ast.unparse(function.value) == "re"


def patterns_in(value: object) -> Iterator[re.Pattern[str]]:
    """Yield the patterns that a module's value is or holds, also as an attribute of a class."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif isinstance(value, dict):
        for one in (*value.keys(), *value.values()):
            yield from patterns_in(one)
    elif isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        for one in value:
            yield from patterns_in(one)
    elif isinstance(value, type) and value.__module__.startswith("export_adapter"):
        for one in vars(value).values():
            if isinstance(one, re.Pattern | dict | tuple | list | set | frozenset):
                yield from patterns_in(one)


def tried_on_messages(rule: str, pattern: MessagePattern) -> Tried:
    return Tried(
        rule,
        VOCABULARY.example(pattern.pattern),
        re.IGNORECASE,
        lambda text: pattern.search(MessageText(text, text.lower())),
        "".join(f"{texts[0]} " for texts in pattern.needs),
        MOST_ATTACKS,
    )


def tried_in_rules(system: str) -> Iterator[Tried]:
    file = LIBRARY.general if f"{system}.toml" == GENERAL else LIBRARY.file_of(system)
    assert file
    for rule in file.rules:
        for message in rule.when.messages or ():
            yield tried_on_messages(rule.id, message)
        texts = [rule.when.field, rule.when.exception, *(value for _, value in rule.when.headers or ())]
        for text in texts:
            if text:
                yield tried(rule.id, re.compile(text, re.IGNORECASE))
    reader = file.reader
    cutting = [one for shape in reader.shapes for one in (shape.code_pattern, shape.split, shape.strip)]
    for pattern in (*reader.noise, *reader.codes_in_text, *cutting):
        if pattern:
            yield tried(f"{system}.toml", pattern)


def problems_of(patterns: Iterator[Tried]) -> list[str]:
    return [problem for each in patterns if (problem := each.problem())]


@pytest.mark.parametrize("module", MODULES)
def test_the_patterns_of_a_module_are_linear(module: str) -> None:
    problems = problems_of(tried_in(module))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_patterns_of_a_rule_file_are_linear(system: str) -> None:
    problems = problems_of(tried_in_rules(system))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("name", sorted(VOCABULARY.names))
def test_the_words_of_the_vocabulary_are_linear(name: str) -> None:
    words = VOCABULARY.words(name)
    problems = problems_of(iter([tried(f"vocabulary.toml, {name}", words)]))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("pattern", [r"\s+$", r"\s+at [\w.]{3,200}\(", r"<[^>]*>", r"(?:a|b)*c+x", "a.*b.*c"])
def test_a_pattern_that_is_quadratic_is_found(pattern: str) -> None:
    assert tried("here", re.compile(pattern)).problem()


@pytest.mark.parametrize(
    "pattern", [r"\s{1,20}$", r"^[\w ]+$", "abc.{0,200}xyz", r"\d{4}-\d{2}", "(?:ab|cd)+"]
)
def test_a_pattern_that_is_linear_passes(pattern: str) -> None:
    assert tried("here", re.compile(pattern)).problem() is None
