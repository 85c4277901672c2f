"""A drafted rule, and its TOML document; comments in it hold the failures for the tests."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from export_adapter.model import Failure

UNLISTED: Final = "other"
"""What the function's log calls systems that have no rules; their rules are for every system."""

_MOST_PLACES: Final = 3
_HEAD: Final = (
    "# Drafted rules. For each, check the situation and the pattern, and name documentation as the source.",
    "# Then move it into the system's rule file, or use this file as rules of your own.",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule that is proposed, and the failure that goes with it, cleaned of secrets.

    `name` is that of a system without rules. `situations` are proposals, from rules that fit some of the
    words; a person has to choose. `from_log`: only the log's fingerprint was available.
    """

    id: str
    system: str
    name: str | None
    code: str | None
    pattern: str | None
    situations: tuple[str, ...]
    count: int
    where: tuple[str, ...]
    failure: Failure
    from_log: bool


def rule_document(drafts: Sequence[Draft]) -> str:
    """Return a document with the rules of one system, in the format of docs/writing-rules.md."""
    system, name = drafts[0].system, drafts[0].name
    lines = [*_HEAD, ""]
    if system != UNLISTED:
        lines += [f"system = {_text(system)}", *([f"name = {_text(name)}"] if name else []), ""]
    for draft in drafts:
        lines += [*_rule(draft), "", *_failure(draft), ""]
    return "\n".join(lines)


def _rule(draft: Draft) -> Iterator[str]:
    if draft.from_log:
        yield "# Drafted from the function's log alone: try it on a whole failure."
    yield "[[rule]]"
    yield f"id = {_text(draft.id)}"
    if draft.code is not None:
        yield f"code = {_text(draft.code)}"
    if draft.pattern is not None:
        # Between single quotes nothing has to be escaped.
        yield f"message = {f"'{draft.pattern}'" if "'" not in draft.pattern else _text(draft.pattern)}"
    perhaps = f", perhaps {', '.join(draft.situations)}" if draft.situations else ""
    yield f'situation = "unknown"  # choose one of situations.toml{perhaps}'
    places = [*draft.where[:_MOST_PLACES], *(["other places"] if len(draft.where) > _MOST_PLACES else [])]
    times = "once" if draft.count == 1 else f"{draft.count} times"
    yield f"source = {_text(f'Seen {times} in {", ".join(places)}; not documented yet')}"


def _failure(draft: Draft) -> Iterator[str]:
    """Yield the failure for tests/rules/failures as comments: a rule file must not hold it."""
    failure = draft.failure
    yield f"# For tests/rules/failures/{draft.system}.toml:"
    yield "# [[failure]]"
    yield f"# rule = {_text(draft.id)}"
    for name, value in (("code", failure.code), ("message", failure.message)):
        if value:
            yield f"# {name} = {_text(value)}"
    rest = {"httpStatus": failure.http_status, "stage": failure.stage, "exception": failure.exception}
    fields = [
        f"{name} = {value if isinstance(value, int) else _text(value)}"
        for name, value in rest.items()
        if value
    ]
    if fields:
        yield f"# failure = {{ {', '.join(fields)} }}"


def _text(text: str) -> str:
    # JSON's strings are TOML's, but for one sign that JSON does not escape.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
