"""The options by which a command selects dead letters."""

import functools
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import click

from export_adapter.classify.rulebook.library import Library
from export_adapter.model import ErrorType
from export_adapter.text import shown
from export_adapter_workstation.dead_letters.letter import MOVED_BY_SQS, UNKNOWN
from export_adapter_workstation.dead_letters.selection import (
    InvalidDurationError,
    Selection,
    duration,
    folded,
)

_ERROR_TYPES: Final = (*(each.value for each in ErrorType), MOVED_BY_SQS, UNKNOWN)


class _ErrorType(click.ParamType[str]):
    name = "error type"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        name = folded(value)
        if not name:
            self.fail(f"must be an error type: {', '.join(_ERROR_TYPES)}", param, ctx)
        if name not in _ERROR_TYPES:
            # Another program may have noted it: only whoever mistyped wants to know.
            click.echo(
                f"--error-type {shown(value)} is none of {', '.join(_ERROR_TYPES)}: taken as it is.", err=True
            )
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


def selecting(command: Callable[..., None]) -> Callable[..., None]:
    """Add the filters, and pass what they select as `selection`."""

    @click.option(
        "--error-type",
        "error_types",
        multiple=True,
        metavar="TYPE",
        type=_ErrorType(),
        help="Why it was parked, such as retries_exhausted; moved_by_sqs where SQS did it, unknown for what "
        "others put there.",
    )
    @click.option("--system", "systems", multiple=True, metavar="NAME", help="The accounting system.")
    @click.option("--job", "jobs", multiple=True, metavar="ID", help="The export job, or how its id begins.")
    @click.option(
        "--company", "companies", multiple=True, metavar="ID", help="The company, or its beginning."
    )
    @click.option("--id", "ids", multiple=True, metavar="ID", help="The message, or how its id begins.")
    @click.option(
        "--older-than",
        type=_Duration(),
        metavar="AGE",
        help="Parked (what SQS moved: sent) longer ago: 90s, 15m, 2h, 3d.",
    )
    @click.option(
        "--younger-than",
        type=_Duration(),
        metavar="AGE",
        help="Parked (what SQS moved: sent) since: 90s, 15m, 2h, 3d.",
    )
    @functools.wraps(command)
    def with_selection(
        *args: object,
        error_types: tuple[str, ...],
        systems: tuple[str, ...],
        jobs: tuple[str, ...],
        companies: tuple[str, ...],
        ids: tuple[str, ...],
        older_than: timedelta | None,
        younger_than: timedelta | None,
        **options: object,
    ) -> None:
        selection = Selection(
            error_types=frozenset(error_types),
            systems=frozenset(Library().system_of(each) for each in systems),
            jobs=frozenset(each.strip().lower() for each in jobs),
            companies=frozenset(each.strip().lower() for each in companies),
            ids=frozenset(each.strip() for each in ids),
            older_than=older_than,
            younger_than=younger_than,
        )
        command(*args, selection=selection, **options)

    return with_selection
