"""Cursor paging over the items of a job: the parameters `limit` and `after`, which the adapter uses."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from export_adapter_workstation.local.pleo.jobs import ExportItem
from export_adapter_workstation.local.pleo.store import Refusal

type Query = Mapping[str, Sequence[str]]

DEFAULT_LIMIT = 50
HIGHEST_LIMIT = 100
_LARGEST_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PageOfItems:
    """Some of the items, and the `pagination` object that goes with them."""

    items: tuple[ExportItem, ...]
    pagination: Mapping[str, object]


def page_of(items: Sequence[ExportItem], query: Query) -> PageOfItems | Refusal:
    """Return the page that the query asks for, or 400 if the query is invalid.

    A limit above HIGHEST_LIMIT is lowered to it without an error, as APIs do: only hasNextPage tells whether
    there is more. A cursor matches ^[A-Z2-7=~]+$, the alphabet of base 32.
    """
    unknown = sorted(query.keys() - {"limit", "after"})
    if unknown:
        return _bad(f"{unknown[0]} is not a parameter that this Pleo has.")
    limit = query.get("limit", [str(DEFAULT_LIMIT)])[0]
    if not (limit.isascii() and limit.isdecimal()) or int(limit[:11]) > _LARGEST_INT32:
        return _bad("limit is not a whole number of at most 32 bits.")
    start = _place_after(items, query["after"][0]) if "after" in query else 0
    if start is None:
        return _bad("after is not a cursor of this list.")
    shown = tuple(items[start : start + min(int(limit), HIGHEST_LIMIT)])
    pagination: dict[str, object] = {
        "currentRequestPagination": {
            "parameters": {name: list(values) for name, values in query.items()},
            **({"limit": int(limit)} if "limit" in query else {}),
            **({"after": query["after"][0]} if "after" in query else {}),
        },
        "hasNextPage": start + len(shown) < len(items),
        "hasPreviousPage": start > 0,
        "total": len(items),
    }
    if shown:
        pagination |= {"startCursor": _cursor(shown[0]), "endCursor": _cursor(shown[-1])}
    return PageOfItems(shown, pagination)


def _cursor(item: ExportItem) -> str:
    return base64.b32encode(item.accounting_entry_id.encode()).decode()


def _place_after(items: Sequence[ExportItem], cursor: str) -> int | None:
    try:
        entry_id = base64.b32decode(cursor).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return next(
        (index for index, item in enumerate(items, start=1) if item.accounting_entry_id == entry_id), None
    )


def _bad(message: str) -> Refusal:
    return Refusal(400, "BAD_REQUEST", message)
