"""What a soak sends: messages of many companies and jobs, drawn from a seed, and how each item has to end.

The expectation is written down when an item is drawn; the adapter does not work it out. The one exception is
the failureReasonType and failureReason of raw failures, which come from the adapter's own classifier: whether
they are right is for other tests. Here each has to arrive at its own item.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from random import Random
from typing import Final
from uuid import UUID

from export_adapter_workstation.local.pleo import NewJob
from export_adapter_workstation.local.pleo.messages import DEFAULT_COMPANY, entries_in, message_in
from export_adapter_workstation.soak.failures import RAW_FAILURES, explained
from export_adapter_workstation.soak.reconciliation import Content, Expected, ItemKey

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

_FIRST_EXPORT: Final = datetime(2026, 3, 4, 9, 0, 0, tzinfo=UTC)
_SYSTEMS: Final = ("xero", "QuickBooks-Online", "netsuite", "fortnox", "an_unlisted_system")
_COMPANIES: Final = 6

_KINDS: Final = {
    "successful": 58.0,
    "failed, explained": 12.0,
    "failed, raw": 12.0,
    "abandoned": 3.0,
    "in progress": 5.0,
    "in progress, then successful": 3.0,
    "twice in one message": 3.0,
    "unknown to Pleo": 1.5,
    "refused by Pleo": 1.0,
    "refused with its whole request": 0.1,
    "invalid": 1.4,
}
"""What becomes of an entry, and its weight in the draw."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company. Messages with no company id use the default credentials."""

    company_id: str | None
    has_credentials: bool = True

    @property
    def at_pleo(self) -> str:
        """The company of its jobs at Pleo."""
        return self.company_id or DEFAULT_COMPANY


@dataclass(frozen=True, slots=True)
class Traffic:
    """All messages in the order in which they are sent, and what Pleo has to know about them."""

    messages: tuple[str, ...]
    expected: Mapping[ItemKey, Expected]
    jobs: tuple[NewJob, ...]
    finished: frozenset[str]
    refused: frozenset[str]
    refused_with_request: frozenset[str]
    companies: tuple[Company, ...]
    duplicates: int

    def items_of(self, body: str) -> frozenset[ItemKey]:
        """Return the items in the body of a message: one of these, or one that was parked."""
        digest = _digest(body)
        if digest in self.expected:
            return frozenset({digest})
        message = message_in(body)
        job = str(message["exportJobId"]).lower()
        return frozenset(ItemKey(job, entry) for entry in entries_in(message))


@dataclass(slots=True)
class _Job:
    job_id: str
    company: Company
    system: str
    entries: list[str] = field(default_factory=list[str])
    ends_as: str | None = None
    is_known: bool = True
    is_finished: bool = False
    unknown_entries: set[str] = field(default_factory=set[str])


def traffic(items: int, jobs: int, seed: int) -> Traffic:
    """Draw messages for a number of items over a number of jobs; the same seed draws the same."""
    return _Draw(Random(seed), items).all(jobs)  # noqa: S311 -- no secret


class _Draw:
    """Draws traffic, and collects the expectations."""

    def __init__(self, dice: Random, items: int) -> None:
        self._dice = dice
        self._items = items
        self._exports = 0
        self._expected: dict[ItemKey, Expected] = {}
        self._refused: set[str] = set()
        self._refused_with_request: set[str] = set()
        self._second: list[Json] = []

    def all(self, count: int) -> Traffic:
        """Draw everything."""
        companies = (
            Company(None),
            *(Company(self._id()) for _ in range(_COMPANIES)),
            Company(self._id(), has_credentials=False),
        )
        unreadable = max(1, self._items // 200)
        jobs = [self._job(at, companies) for at in range(count)]
        for _ in range(self._items - unreadable):
            self._dice.choice(jobs).entries.append(self._id())
        bodies = [body for job in jobs for body in self._messages(job)]
        duplicates = [body for body in bodies if self._dice.random() < 0.03]  # noqa: PLR2004 -- a share
        bodies += duplicates
        bodies += [self._unreadable(at) for at in range(unreadable)]
        self._dice.shuffle(bodies)
        return Traffic(
            messages=tuple(bodies),
            expected=self._expected,
            jobs=tuple(_at_pleo(job) for job in jobs if job.is_known),
            finished=frozenset(job.job_id for job in jobs if job.is_finished),
            refused=frozenset(self._refused),
            refused_with_request=frozenset(self._refused_with_request),
            companies=companies,
            duplicates=len(duplicates),
        )

    def _job(self, at: int, companies: tuple[Company, ...]) -> _Job:
        """Draw a job; a few jobs have an end of their own."""
        *served, unserved = companies
        job = _Job(self._id(), self._dice.choice(served), self._dice.choice(_SYSTEMS))
        match at % 50:
            case 0:
                job.company, job.ends_as = unserved, "no_credentials"
            case 1:
                job.is_finished, job.ends_as = True, "job_finished"
            case 2:
                job.is_known, job.ends_as = False, "job_not_found"
            case _:
                pass
        return job

    def _messages(self, job: _Job) -> Iterator[str]:
        """Draw the results of a job and put them into messages, from 1 to 150 in each."""
        first = [result for entry in job.entries for result in self._results(job, entry)]
        second, self._second = self._second, []
        for results in (first, second):
            rest = results
            while rest:
                (size,) = self._dice.choices((1, 2, 5, 10, 20, 150), (6, 6, 6, 6, 3, 1))
                yield self._message(job, rest[:size])
                rest = rest[size:]

    def _results(self, job: _Job, entry: str) -> list[Json]:
        """Draw what an exporter says about one entry, and note how that has to end."""
        (kind,) = self._dice.choices(list(_KINDS), list(_KINDS.values()))
        if kind == "invalid":
            self._expect(job, entry, error_type="invalid_result")
            return [{"accountingEntryId": entry, "status": "done"}]
        if kind == "in progress, then successful":
            begun, begun_content = self._result(entry, "in_progress")
            result, content = self._result(entry, "successful")
            self._second.append(result)
            # Messages overtake one another, and each may reach another environment of the function.
            self._expect(job, entry, begun_content, content)
            return [begun]
        if kind == "twice in one message":
            return self._rivals(job, entry)
        if kind == "failed, raw":
            return [self._raw_failure(job, entry)]
        status = {"in progress": "in_progress", "abandoned": "abandoned", "failed, explained": "failed"}
        result, content = self._result(entry, status.get(kind, "successful"))
        error_types = {
            "unknown to Pleo": "item_rejected",
            "refused by Pleo": "item_rejected",
            "refused with its whole request": "request_rejected",
        }
        match kind:
            case "unknown to Pleo":
                job.unknown_entries.add(entry)
            case "refused by Pleo":
                self._refused.add(entry)
            case "refused with its whole request":
                self._refused_with_request.add(entry)
            case _:
                pass
        self._expect(job, entry, content, error_type=error_types.get(kind))
        return [result]

    def _rivals(self, job: _Job, entry: str) -> list[Json]:
        """Draw two results for one entry in one message: a final status wins, then the newest export."""
        loser, _ = self._result(entry, self._dice.choice(("in_progress", "successful")))
        winner, content = self._result(entry, self._dice.choice(("successful", "failed")))
        self._expect(job, entry, content)
        rivals: list[Json] = [loser, winner]
        self._dice.shuffle(rivals)
        return [{"accountingEntryId": entry, "rivals": rivals}]

    def _raw_failure(self, job: _Job, entry: str) -> Json:
        place = self._dice.randrange(len(RAW_FAILURES))
        result, content = self._result(entry, "failed", is_explained=False)
        reason_type, reason = explained(job.system, place)
        self._expect(job, entry, replace(content, failure_reason_type=reason_type, failure_reason=reason))
        return {**result, "failure": dict(RAW_FAILURES[place])}

    def _result(
        self, entry: str, status: str, *, is_explained: bool = True
    ) -> tuple[dict[str, Json], Content]:
        """Draw one result, and what Pleo has to store of it; each export is a second after the one before."""
        self._exports += 1
        moment = _FIRST_EXPORT + timedelta(seconds=self._exports)
        there = timezone(timedelta(hours=self._dice.randrange(-11, 13), minutes=self._dice.choice((0, 30))))
        content = Content(status, moment.strftime("%Y-%m-%dT%H:%M:%SZ"), f"EXT-{self._exports}")
        written = moment.astimezone(there).replace(microsecond=self._dice.randrange(1_000_000))
        result: dict[str, Json] = {
            "accountingEntryId": entry.upper() if self._dice.random() < 0.1 else entry,  # noqa: PLR2004 -- a share
            "status": status,
            "exportedAt": written.isoformat(),
            "externalId": content.external_id,
        }
        if status == "successful":
            url = f"https://accounting.example/entries/{self._exports}"
            result["externalUrl"] = url
            content = replace(content, external_url=url)
        if status in {"failed", "abandoned"} and is_explained:
            reason = f"The account of export {self._exports} is closed. Choose another one."
            result |= {"failureReasonType": "invalid_configuration", "failureReason": reason}
            content = replace(content, failure_reason_type="invalid_configuration", failure_reason=reason)
        return result, content

    def _expect(self, job: _Job, entry: str, *contents: Content, error_type: str | None = None) -> None:
        end = error_type if error_type == "invalid_result" else job.ends_as or error_type
        self._expected[ItemKey(job.job_id, entry)] = Expected(
            frozenset(contents), frozenset({end} if end else ()), job.company.at_pleo
        )

    def _message(self, job: _Job, results: list[Json]) -> str:
        content: dict[str, Json] = {
            "exportJobId": job.job_id,
            "system": job.system,
            "results": list(_flat(results)),
        }
        if job.company.company_id:
            content["companyId"] = job.company.company_id
        return json.dumps(self._wrapped(content), ensure_ascii=False)

    def _wrapped(self, content: dict[str, Json]) -> Json:
        match self._dice.randrange(6):
            case 0:
                return {"version": "0", "detail-type": "ExportResults", "detail": content}
            case 1:
                return {"Type": "Notification", "Message": json.dumps(content)}
            case 2:
                return {"specversion": "1.0", "type": "export.results", "data": content}
            case _:
                return content

    def _unreadable(self, at: int) -> str:
        body = self._dice.choice(
            (f"<results number='{at}'/>", json.dumps({"exportJobId": f"job {at}", "results": []}))
        )
        self._expected[_digest(body)] = Expected(error_types=frozenset({"invalid_message"}))
        return body

    def _id(self) -> str:
        return str(UUID(int=self._dice.getrandbits(128), version=4))


def _flat(results: list[Json]) -> Iterator[Json]:
    """Put both results for one entry, which have to stay in one message, beside the other results."""
    for result in results:
        if isinstance(result, dict) and isinstance(rivals := result.get("rivals"), list):
            yield from rivals
        else:
            yield result


def _at_pleo(job: _Job) -> NewJob:
    entries = tuple(entry for entry in job.entries if entry not in job.unknown_entries)
    return NewJob(job.job_id, job.company.at_pleo, entries)


def _digest(body: str) -> ItemKey:
    return ItemKey("", sha256(body.encode()).hexdigest())
