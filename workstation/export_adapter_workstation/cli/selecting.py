"""The options that select messages of the dead-letter queue."""

import functools
from collections.abc import Callable
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Final

import click

from export_adapter.classify.rulebook.library import Library
from export_adapter.text import shown
from export_adapter_workstation.dead_letters.selection import (
    ERROR_TYPES,
    InvalidDurationError,
    Selection,
    duration,
    normalised,
)


class _NotEmpty(click.ParamType[str]):
    """A text that is not blank: an empty filter would select everything."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.strip():
            self.fail("must not be empty. Leave the option out to select everything.", param, ctx)
        return value.strip()


class _ErrorType(_NotEmpty):
    name = "error type"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        name = normalised(super().convert(value, param, ctx))
        if name in ERROR_TYPES:
            return name
        meant = get_close_matches(name, ERROR_TYPES, 1)
        if meant:
            self.fail(f"{shown(value)} is not an error type. Did you mean {meant[0]}?", param, ctx)
        # Another program may have written it.
        click.echo(f"--error-type {shown(value)} is not one of {', '.join(ERROR_TYPES)}.", err=True)
        return name


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            return duration(value)
        except InvalidDurationError as wrong:
            self.fail(str(wrong), param, ctx)


def _texts(option: str, name: str, metavar: str, words: str) -> Callable[..., Callable[..., None]]:
    kind = _ErrorType() if option == "--error-type" else _NotEmpty()
    return click.option(option, name, multiple=True, metavar=metavar, type=kind, help=words)


_OPTIONS = (
    _texts("--error-type", "error_types", "TYPE", "Why it was parked, such as retries_exhausted. "
           "moved_by_sqs: SQS moved it. unknown: another program put it there."),
    _texts("--system", "systems", "NAME", "The accounting system."),
    _texts("--job", "jobs", "ID", "The export job's id, or its beginning."),
    _texts("--company", "companies", "ID", "The company's id, or its beginning."),
    _texts("--id", "ids", "ID", "The message's id, or its beginning."),
    click.option("--older-than", type=_Duration(), metavar="AGE",
                 help="Parked longer ago than this: 90s, 15m, 2h, 3d. For what SQS moved: sent longer ago."),
    click.option("--younger-than", type=_Duration(), metavar="AGE", help="Parked less long ago than this."),
)  # fmt: skip
_FOLDED: Final[dict[str, Callable[[str], str]]] = {
    "error_types": str,
    "systems": lambda name: Library().system_of(name),
    "jobs": str.lower,
    "companies": str.lower,
    "ids": str,
}


def selecting(command: Callable[..., None]) -> Callable[..., None]:
    """Add the filters, and pass what they select as `selection`."""

    @functools.wraps(command)
    def with_selection(
        *args: object,
        older_than: timedelta | None,
        younger_than: timedelta | None,
        **options: Any,  # noqa: ANN401 -- the filters that are texts, and the command's own options
    ) -> None:
        texts = {name: frozenset(map(fold, options.pop(name))) for name, fold in _FOLDED.items()}
        command(
            *args, selection=Selection(**texts, older_than=older_than, younger_than=younger_than), **options
        )

    for option in reversed(_OPTIONS):
        with_selection = option(with_selection)
    return with_selection
