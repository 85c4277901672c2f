"""Pleo's Export API as the job's delivery uses it: two requests, each of them timed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from export_adapter.deadline import Clock
from export_adapter.deliver.answers import (
    ItemsAnswered,
    Refusal,
    TryAgain,
    parsed,
    stored_items,
    verdict,
)
from export_adapter.deliver.credentials import Credentials
from export_adapter.deliver.http import Answer, Http, NoAnswer
from export_adapter.deliver.ledger import Exchange
from export_adapter.deliver.request import items_path, put_body
from export_adapter.item import Item
from export_adapter.model import ApiVersion, JobKey
from export_adapter.precedence import StoredItem

PAGE_ITEMS: Final = 100

_LONGEST_CURSOR: Final = 2_000

_ONE_AT_A_TIME: Final = threading.Lock()
"""Held while an answer is parsed: that may take 60 times its size, and each thread may have one."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a job's items: what Pleo stores of the wanted ones on it, and where the next begins."""

    stored: dict[str, StoredItem]
    after: str | None


@dataclass(frozen=True, slots=True)
class Pleo:
    """Where Pleo is and how it is reached. `now` is in seconds since 1970, `clock` measures."""

    http: Http
    base_url: str
    version: ApiVersion
    request_seconds: float
    clock: Clock
    now: Callable[[], float]

    def put_items(
        self, job: JobKey, items: tuple[Item, ...], credentials: Credentials, seconds: float
    ) -> tuple[ItemsAnswered | Refusal, Exchange]:
        """Send one batch, in no more than `seconds`."""
        updates = [item.update for item in items]
        path = items_path(job, self.version)
        answer, exchange = self._send("PUT", path, put_body(updates), len(items), credentials, seconds)
        sent = {update.accounting_entry_id: update.status for update in updates}
        with _ONE_AT_A_TIME:
            return verdict(answer, sent, self.now()), exchange

    def get_items(
        self,
        job: JobKey,
        wanted: frozenset[str],
        after: str | None,
        credentials: Credentials | None,
        seconds: float,
    ) -> tuple[Page | Refusal, Exchange]:
        """Fetch one page of a job's items, in no more than `seconds`."""
        cursor = {"after": after} if after else {}
        path = items_path(job, self.version, limit=PAGE_ITEMS, **cursor)
        answer, exchange = self._send("GET", path, None, 0, credentials, seconds)
        with _ONE_AT_A_TIME:
            if isinstance(answer, Answer) and _is_success(answer):
                return _page(answer, wanted, self.now()), exchange
            refusal = verdict(answer, {}, self.now())
        assert not isinstance(refusal, ItemsAnswered)  # noqa: S101 -- for the type checker: only a 2xx becomes one
        return refusal, exchange

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        items: int,
        credentials: Credentials | None,
        seconds: float,
    ) -> tuple[Answer | NoAnswer, Exchange]:
        headers = {"accept": "application/json", "user-agent": "pleo-export-adapter"}
        if credentials is not None:
            headers["authorization"] = credentials.authorization
        if body is not None:
            headers["content-type"] = "application/json;charset=UTF-8"
        begun = self.clock()
        timeout = min(self.request_seconds, seconds)
        answer = self.http(method, self.base_url + path, headers, body, timeout)
        seconds_taken = self.clock() - begun
        if isinstance(answer, NoAnswer):
            return answer, Exchange(method, items, None, seconds_taken)
        if credentials is not None:
            answer = replace(answer, body=credentials.blanked_out(answer.body))
        return answer, Exchange(method, items, answer.status, seconds_taken)


def _is_success(answer: Answer) -> bool:
    return answer.status // 100 == 2  # noqa: PLR2004 -- the class of an HTTP status


def _page(answer: Answer, wanted: frozenset[str], now: float) -> Page | TryAgain:
    content = parsed(answer.body)
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(data, list):
        return TryAgain(answer.status, "unreadable_answer", "Pleo's list of the job's items is unreadable")
    pagination = content.get("pagination")
    cursor = pagination.get("endCursor") if isinstance(pagination, dict) else None
    more = isinstance(pagination, dict) and pagination.get("hasNextPage") is True
    after = cursor if more and isinstance(cursor, str) and _is_usable(cursor) else None
    return Page(stored_items(data, wanted, now), after)


def _is_usable(cursor: str) -> bool:
    """Whether a cursor can stand in the path of the next request: no lone surrogates, no megabytes."""
    return 0 < len(cursor) <= _LONGEST_CURSOR and cursor.encode(errors="ignore").decode() == cursor
