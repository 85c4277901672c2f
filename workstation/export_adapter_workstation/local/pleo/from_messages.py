"""The export jobs that a set of queue messages speaks of, so that the messages find their jobs in Pleo."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import cast

from export_adapter.read.unwrap import Unwrapped, unwrap
from export_adapter_workstation.local.pleo.jobs import NewJob
from export_adapter_workstation.local.pleo.specification import canonical_uuid, is_uuid

DEFAULT_COMPANY = "00000000-0000-4000-8000-000000000001"


def jobs_for(
    messages: Iterable[object],
    *,
    without: Collection[str] = (),
    company_id: str = DEFAULT_COMPANY,
) -> tuple[NewJob, ...]:
    """Return one job for each exportJobId, with every entry that any of the messages has a result for.

    A message is a JSON object or its text, bare or wrapped (EventBridge, SNS, CloudEvents). What is no
    message, and what has an id that is no UUID, is passed by: such messages are there to be refused.
    `without` names jobs and entries that Pleo should not know. company_id is for jobs whose messages name no
    company; where messages of one job disagree, the first that names a company is believed.
    """
    left_out = {identifier.lower() for identifier in without}
    entries: dict[str, dict[str, None]] = {}
    companies: dict[str, str] = {}
    for message in messages:
        content = _unwrapped(message)
        job_id = _uuid(content.get("exportJobId"))
        if job_id is None or job_id in left_out:
            continue
        entries.setdefault(job_id, {}).update(
            dict.fromkeys(entry for entry in _entries(content) if entry not in left_out)
        )
        company = _uuid(content.get("companyId"))
        if company is not None:
            companies.setdefault(job_id, company)
    return tuple(
        NewJob(job_id, companies.get(job_id, company_id), tuple(entry_ids))
        for job_id, entry_ids in entries.items()
    )


def _unwrapped(message: object) -> Mapping[str, object]:
    found = unwrap(message if isinstance(message, str) else json.dumps(message))
    return found.message if isinstance(found, Unwrapped) else {}


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _entries(content: Mapping[str, object]) -> Iterator[str]:
    results = content.get("results")
    for result in results if isinstance(results, list) else ():
        entry_id = _uuid(_object(result).get("accountingEntryId"))
        if entry_id is not None:
            yield entry_id


def _uuid(value: object) -> str | None:
    return canonical_uuid(value) if isinstance(value, str) and is_uuid(value) else None
