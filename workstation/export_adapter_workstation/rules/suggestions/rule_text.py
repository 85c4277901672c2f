"""Drafts as TOML: a document of rules that can be loaded, with the failures for the tests as comments."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # the drafts try what is written here
    from export_adapter_workstation.rules.suggestions.drafts import Draft

UNLISTED: Final = "other"
"""What the function's log calls systems that have no rules; their rules are for every system."""

_MOST_PLACES: Final = 3
_HEAD: Final = (
    "# Drafts of rules. Is the situation right, is the pattern too wide? Name documentation as the source.",
    "# Then move it into the system's rule file, or use this file as rules of your own.",
)


def rule_document(drafts: Sequence["Draft"]) -> str:
    """Return a document with the rules of one system, in the format of docs/writing-rules.md."""
    system = drafts[0].system
    lines = [*_HEAD, ""]
    if system != UNLISTED:
        lines += [f"system = {_text(system)}", ""]
    for draft in drafts:
        lines += [*_rule(draft), "", *_failure(draft), ""]
    return "\n".join(lines)


def _rule(draft: "Draft") -> Iterator[str]:
    if draft.from_log:
        yield "# Drafted from the function's log alone: try it on a whole failure."
    yield "[[rule]]"
    yield f"id = {_text(draft.id)}"
    if draft.code is not None:
        yield f"code = {_text(draft.code)}"
    if draft.pattern is not None:
        yield f"message = {_pattern(draft.pattern)}"
    yield f"situation = {_text(draft.situation)}{_choose(draft)}"
    yield f"source = {_text(_source(draft))}"


def _choose(draft: "Draft") -> str:
    if not draft.is_guess:
        return "  # what the rules made of it until now"
    others = f", perhaps {', '.join(draft.others)}" if draft.others else ""
    return f"  # a guess: choose one of situations.toml{others}"


def _source(draft: "Draft") -> str:
    places = [*draft.where[:_MOST_PLACES], *(["other places"] if len(draft.where) > _MOST_PLACES else [])]
    times = "once" if draft.count == 1 else f"{draft.count} times"
    return f"Seen {times} in {', '.join(places)}; not documented yet"


def _failure(draft: "Draft") -> Iterator[str]:
    """Yield the failure for tests/rules/failures as comments: a rule file must not hold it."""
    failure = draft.failure
    yield f"# For tests/rules/failures/{draft.system}.toml:"
    yield "# [[failure]]"
    yield f"# rule = {_text(draft.id)}"
    for name, value in (("code", failure.code), ("message", failure.message)):
        if value:
            yield f"# {name} = {_text(value)}"
    rest = {"httpStatus": failure.http_status, "stage": failure.stage, "exception": failure.exception}
    known = [
        f"{name} = {value if isinstance(value, int) else _text(value)}"
        for name, value in rest.items()
        if value
    ]
    if known:
        yield f"# failure = {{ {', '.join(known)} }}"


def _pattern(pattern: str) -> str:
    """Return a pattern between single quotes, where nothing has to be escaped, if it has none itself."""
    return f"'{pattern}'" if "'" not in pattern else _text(pattern)


def _text(text: str) -> str:
    # JSON's strings are TOML's, but for one sign that JSON lets stand.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def by_system(drafts: Iterable["Draft"]) -> dict[str, list["Draft"]]:
    """Return the drafts by system, since a document is for one."""
    systems: dict[str, list[Draft]] = {}
    for draft in drafts:
        systems.setdefault(draft.system, []).append(draft)
    return systems
