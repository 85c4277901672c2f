"""Cursor paging over the items of a job.

`before`, `after` and `offset` exclude one another; a cursor matches ^[A-Z2-7=~]+$, which is the alphabet of
base 32.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from export_adapter_workstation.local.pleo.jobs import ExportItem, Refusal

type Query = Mapping[str, Sequence[str]]

USUAL_LIMIT = 50
HIGHEST_LIMIT = 100
_LARGEST_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the items, and the `pagination` object that goes with them."""

    items: tuple[ExportItem, ...]
    pagination: Mapping[str, object]


def page_of(items: Sequence[ExportItem], query: Query, status: str | None = None) -> Page | Refusal:
    """Return the page that the query asks for of the items with this status, or 400 where it is not legal.

    A limit above HIGHEST_LIMIT is cut to it without a word, as APIs do: only hasNextPage tells whether there
    is more. A cursor holds its place also where its item has another status by now.
    """
    places = [name for name in ("before", "after", "offset") if name in query]
    if len(places) > 1:
        return _bad(f"{places[0]} and {places[1]} exclude one another.")
    limit = _whole_number(query, "limit", USUAL_LIMIT)
    offset = _whole_number(query, "offset", 0)
    if limit is None or offset is None:
        return _bad(f"{'limit' if limit is None else 'offset'} is no whole number of 32 bits.")
    wanted = [index for index, item in enumerate(items) if status is None or item.status == status]
    start, end = offset, offset + min(limit, HIGHEST_LIMIT)
    if "before" in query or "after" in query:
        cursor = _position(items, query[places[0]][0])
        if cursor is None:
            return _bad(f"{places[0]} is no cursor of this list.")
        start, end = _around(cursor, wanted, places[0], min(limit, HIGHEST_LIMIT))
    shown = tuple(items[index] for index in wanted[start:end])
    return Page(shown, _pagination(shown, query, start=start, total=len(wanted)))


def _around(cursor: int, wanted: Sequence[int], side: str, limit: int) -> tuple[int, int]:
    if side == "after":
        start = sum(index <= cursor for index in wanted)
        return start, start + limit
    end = sum(index < cursor for index in wanted)
    return max(end - limit, 0), end


def _pagination(shown: Sequence[ExportItem], query: Query, *, start: int, total: int) -> dict[str, object]:
    request: dict[str, object] = {"parameters": {name: list(values) for name, values in query.items()}}
    request |= {name: query[name][0] for name in ("before", "after") if name in query}
    request |= {name: int(query[name][0]) for name in ("limit", "offset") if name in query}
    pagination: dict[str, object] = {
        "currentRequestPagination": request,
        "hasNextPage": start + len(shown) < total,
        "hasPreviousPage": start > 0,
        "total": total,
    }
    if shown:
        pagination["startCursor"] = _cursor(shown[0])
        pagination["endCursor"] = _cursor(shown[-1])
    return pagination


def _cursor(item: ExportItem) -> str:
    return base64.b32encode(item.accounting_entry_id.encode()).decode()


def _position(items: Sequence[ExportItem], cursor: str) -> int | None:
    try:
        entry_id = base64.b32decode(cursor).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return next((index for index, item in enumerate(items) if item.accounting_entry_id == entry_id), None)


def _whole_number(query: Query, name: str, usual: int) -> int | None:
    text = query[name][0] if name in query else str(usual)
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(_LARGEST_INT32)):
        return None
    return int(text) if int(text) <= _LARGEST_INT32 else None


def _bad(message: str) -> Refusal:
    return Refusal(400, "BAD_REQUEST", message)
