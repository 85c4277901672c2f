"""The export jobs that queue messages are about, to be created in a local Pleo."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from export_adapter.read.unwrap import Unwrapped, unwrap
from export_adapter_workstation.local.pleo.jobs import NewJob
from export_adapter_workstation.local.pleo.specification import canonical_uuid, is_uuid

DEFAULT_COMPANY = "00000000-0000-4000-8000-000000000001"


def jobs_for(bodies: Iterable[str], *, without: Collection[str] = ()) -> tuple[NewJob, ...]:
    """Return one job for each exportJobId, with every entry that any of the messages has a result for.

    A body that is not a message is ignored, as is an id that is not a UUID. `without` names jobs and entries
    that Pleo should not know. The first message of a job that names a company counts, else DEFAULT_COMPANY.
    """
    left_out = {identifier.lower() for identifier in without}
    entries: dict[str, dict[str, None]] = {}
    companies: dict[str, str] = {}
    for content in map(message_in, bodies):
        job_id = _uuid(content.get("exportJobId"))
        if job_id is None or job_id in left_out:
            continue
        entries.setdefault(job_id, {}).update(
            dict.fromkeys(entry for entry in entries_in(content) if entry not in left_out)
        )
        company = _uuid(content.get("companyId"))
        if company is not None:
            companies.setdefault(job_id, company)
    return tuple(
        NewJob(job_id, companies.get(job_id, DEFAULT_COMPANY), tuple(entry_ids))
        for job_id, entry_ids in entries.items()
    )


def message_in(body: str) -> Mapping[str, object]:
    """Return the message in a body without its envelopes, or an empty one if there is none."""
    unwrapped = unwrap(body)
    return unwrapped.message if isinstance(unwrapped, Unwrapped) else {}


def entries_in(message: Mapping[str, object]) -> Iterator[str]:
    """Yield the accounting entries that a message has results for, in lower case."""
    results = message.get("results")
    for result in results if isinstance(results, list) else ():
        entry_id = _uuid(result.get("accountingEntryId")) if isinstance(result, dict) else None
        if entry_id is not None:
            yield entry_id


def _uuid(value: object) -> str | None:
    return canonical_uuid(value) if isinstance(value, str) and is_uuid(value) else None
