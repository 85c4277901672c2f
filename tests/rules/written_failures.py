"""The failures that were written for rules: a TOML file for each rule file, in tests/rules/failures.

docs/writing-rules.md describes the format.
"""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from export_adapter.model import Failure, FailureReasonType, Json, Stage

FOLDER = Path(__file__).parent / "failures"
UNLISTED = "an_unlisted_system"
_KNOWN = {
    "rule",
    "in",
    "message",
    "messages",
    "code",
    "codes",
    "field",
    "stage",
    "failure",
    "type",
    "says",
    "system",
}


@dataclass(frozen=True, slots=True, eq=False)
class WrittenFailure:
    """A failure, the rule that must decide about it, and what the sentence must say. Each is its own."""

    id: str
    system: str
    rule: str
    failure: Failure
    type: FailureReasonType | None
    says: tuple[str, ...]


@cache
def written_failures() -> tuple[WrittenFailure, ...]:
    """Return the failures of all files that can be read; a test of its own names those that cannot."""
    found: list[WrittenFailure] = []
    for path in sorted(FOLDER.glob("*.toml")):
        try:
            found += failures_in(path)
        except (ValueError, KeyError, AssertionError):
            continue
    return tuple(found)


@cache
def failures_in(path: Path) -> tuple[WrittenFailure, ...]:
    """Return the failures of a file, always the same objects."""
    return tuple(_of_file(path))


@cache
def failures_of(rule: str) -> tuple[WrittenFailure, ...]:
    """Return the failures that were written for a rule, by its full id."""
    return tuple(written for written in written_failures() if written.rule == rule)


def _of_file(path: Path) -> Iterator[WrittenFailure]:
    file = tomllib.loads(path.read_text(encoding="utf-8"))
    envelopes: dict[str, dict[str, Any]] = file.get("envelopes", {})
    for number, table in enumerate(file["failure"], start=1):
        unknown = table.keys() - _KNOWN
        assert not unknown, f"{path.name}, failure {number}: {unknown} are no fields; there are {_KNOWN}"
        name = table["rule"] if "/" in table["rule"] else f"{path.stem}/{table['rule']}"
        for count, failure in enumerate(_failures(path, number, table, envelopes), start=1):
            yield WrittenFailure(
                id=f"{path.stem}: {table['rule']} {number}.{count}",
                system=table.get("system", path.stem if path.stem != "general" else UNLISTED),
                rule=name,
                failure=failure,
                type=FailureReasonType(table["type"]) if "type" in table else None,
                says=(table["says"],) if isinstance(table.get("says"), str) else tuple(table.get("says", ())),
            )


def _failures(
    path: Path, number: int, table: dict[str, Any], envelopes: dict[str, dict[str, Any]]
) -> Iterator[Failure]:
    messages = table.get("messages") or [table.get("message", "")]
    codes = table.get("codes") or [table.get("code", "")]
    name = table.get("in")
    assert name is None or name in envelopes, f"{path.name}, failure {number}: no envelope '{name}'"
    for message in messages:
        for code in codes:
            raw = dict(envelopes[name]) if name else {}
            raw |= table.get("failure", {})
            if not name and message:
                raw.setdefault("message", message)
            if not name and code:
                raw.setdefault("code", code)
            if "stage" in table:
                raw["stage"] = table["stage"]
            body = raw.get("body")
            if isinstance(body, str):
                raw["body"] = _filled(body, message, str(code), str(table.get("field", "")))
            yield failure_of(raw)


def _filled(body: str, message: str, code: str, field: str) -> str:
    """Put a message, a code and a field into an envelope, escaped as its format needs."""
    start = body.lstrip()[:1]
    for place, value in (("$message", message), ("$code", code), ("$field", field)):
        text = value
        if start in {"{", "["}:
            text = json.dumps(value, ensure_ascii=False)[1:-1]
        elif start == "<":
            text = escape(value, quote=False)
        body = body.replace(place, text)
    return body


def failure_of(raw: dict[str, Any]) -> Failure:
    """Return a failure as the message contract spells it."""
    unknown = raw.keys() - {"stage", "httpStatus", "headers", "body", "code", "message", "exception"}
    assert not unknown, f"{unknown} are no fields of a failure"
    body: Json = raw.get("body")
    return Failure(
        stage=Stage(raw["stage"]) if "stage" in raw else None,
        http_status=raw.get("httpStatus"),
        headers={name.lower(): str(value) for name, value in raw.get("headers", {}).items()},
        body=body,
        code=raw.get("code"),
        message=raw.get("message"),
        exception=raw.get("exception"),
    )


def as_json_value(failure: Failure) -> Json:
    """Return a body that is JSON in a string as the value it stands for, None for any other body."""
    if not isinstance(failure.body, str) or not failure.body.lstrip().startswith(("{", "[")):
        return None
    try:
        value: Json = json.loads(failure.body)
    except ValueError:
        return None
    return value
