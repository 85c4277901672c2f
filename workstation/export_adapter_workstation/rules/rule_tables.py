"""The rules as tables: in a terminal, and as the document docs/mapping.md."""

from collections.abc import Iterator
from typing import Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from export_adapter.classify.rulebook.library import GENERAL, Library
from export_adapter.classify.rulebook.rule import Conditions, Rule, Verdict
from export_adapter.classify.rulebook.rule_file import RuleFile

_MOST_CODES: Final = 6
_MOST_PATTERNS: Final = 2
_LONGEST_PATTERN: Final = 70
_EVERY_STATUS_OF: Final = 100


def systems_table(library: Library) -> Table:
    """Return the accounting systems: how many rules each has, its languages, what else it is called."""
    table = Table(title="Accounting systems", title_justify="left", expand=True, show_lines=True)
    table.add_column("system", style="cyan", no_wrap=True)
    table.add_column("rules", justify="right", no_wrap=True)
    table.add_column("name, languages, other names", ratio=1)
    for system, file in _files(library).items():
        parts = (file.name or "every system", " ".join(file.languages), ", ".join(file.aliases))
        table.add_row(system, str(len(file.rules)), "\n".join(part for part in parts if part))
    return table


def rules_table(file: RuleFile) -> Table:
    """Return the rules of one file, in the order in which they are tried.

    All in one column: patterns have few blanks, and are broken anywhere where they do not fit.
    """
    title = f"{file.name or 'Every system'}: {len(file.rules)} rules"
    table = Table(title=title, title_justify="left", expand=True, show_lines=True)
    table.add_column("rule, failure reason type, when, sentence, source")
    for rule in sorted(file.rules, key=lambda rule: rule.rank):
        name = Text.assemble((rule.id.partition("/")[2], "cyan"), f"  {_type(rule.verdict)}")
        when = [Text(one, "dim") for one in conditions(rule.when) or ["no other rule fits"]]
        table.add_row(Group(name, *when, Text(rule.verdict.sentence), Text(rule.source, "dim")))
    return table


def mapping_document(library: Library) -> str:
    """Return docs/mapping.md: every situation and every rule."""
    return "\n".join(_document(library)) + "\n"


def _document(library: Library) -> Iterator[str]:
    files = _files(library)
    yield "# What becomes of a failure"
    yield ""
    yield "Made by `export-adapter rules --markdown > docs/mapping.md`; a test keeps it true."
    yield "[writing-rules.md](writing-rules.md) says in which order rules are asked, and how to add one."
    yield ""
    count = sum(len(file.rules) for file in files.values())
    yield f"{count} rules for {len(files) - 1} accounting systems and all others:"
    yield ", ".join(f"[{file.name or 'every system'}](#{system})" for system, file in files.items()) + "."
    yield ""
    yield "## Situations"
    yield ""
    yield "What rules of every system refer to. Parts in [brackets] are left out where a name is not known."
    yield ""
    yield "| situation | type | sentence |"
    yield "|---|---|---|"
    situations = library.background.situations.by_name
    for name in sorted(situations):
        yield f"| `{name}` | {_type(situations[name])} | {_cell(situations[name].sentence)} |"
    for system, file in files.items():
        yield ""
        yield f'## <a id="{system}"></a>{file.name or "Every system"}'
        yield ""
        yield "| rule | when | what it is |"
        yield "|---|---|---|"
        for rule in sorted(file.rules, key=lambda rule: rule.rank):
            yield f"| `{rule.id.partition('/')[2]}` | {_when(rule)} | {_what(rule)} |"


def _files(library: Library) -> dict[str, RuleFile]:
    files = {system: library.file_of(system) for system in library.systems}
    return {name: file for name, file in files.items() if file} | {
        GENERAL.removesuffix(".toml"): library.general
    }


def conditions(when: Conditions) -> list[str]:
    """Return a rule's conditions in words, shortened where there are many."""
    told = []
    if when.codes:
        told.append("code " + _some(sorted(when.codes), _MOST_CODES))
    if when.code_prefixes:
        told.append("code begins with " + ", ".join(when.code_prefixes))
    if when.messages:
        told.append("message " + _some([_pattern(one.pattern) for one in when.messages], _MOST_PATTERNS))
    if when.field:
        told.append("field " + _pattern(when.field))
    if when.exception:
        told.append("exception " + _pattern(when.exception))
    if when.statuses:
        told.append("status " + _statuses(when.statuses))
    if when.stages:
        told.append("stage " + ", ".join(sorted(str(stage or "none") for stage in when.stages)))
    for name, pattern in when.headers or ():
        told.append(f"header {name} {_pattern(pattern)}")
    return told


def _some(texts: list[str], most: int) -> str:
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more} more" if more > 0 else "")


def _pattern(pattern: str) -> str:
    return f"/{pattern if len(pattern) <= _LONGEST_PATTERN else pattern[: _LONGEST_PATTERN - 1] + '…'}/"


def _statuses(statuses: frozenset[int]) -> str:
    """Name statuses, a whole class such as 4xx at once, and 0 as none."""
    told = ["none"] if 0 in statuses else []
    for hundreds in range(1, 6):
        of_class = sorted(status for status in statuses if status // 100 == hundreds)
        told += (
            [f"{hundreds}xx"] if len(of_class) == _EVERY_STATUS_OF else [str(status) for status in of_class]
        )
    return ", ".join(told)


def _when(rule: Rule) -> str:
    return "<br>".join(_cell(one) for one in conditions(rule.when)) or "nothing else fits"


def _what(rule: Rule) -> str:
    verdict = rule.verdict
    if verdict.situation:
        return f"`{verdict.situation}`: {_type(verdict)}"
    return f"{_type(verdict)}: {_cell(verdict.sentence)}"


def _type(verdict: Verdict) -> str:
    finer = f" ({verdict.type} with v3)" if verdict.type != verdict.v1_type else ""
    return f"{verdict.v1_type}{finer}{', try again' if verdict.retryable else ''}"


def _cell(text: str) -> str:
    for sign in "\\|<>*_[]`{}":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")
