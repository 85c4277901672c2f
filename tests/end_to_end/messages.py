"""Messages for the end-to-end tests, each with entries and jobs of its own."""

import json
from uuid import uuid4

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None


def new_id() -> str:
    return str(uuid4())


def successful(entry: str, external_id: str = "INV-1") -> dict[str, Json]:
    return {
        "accountingEntryId": entry,
        "status": "successful",
        "exportedAt": "2026-03-04T10:15:31.482+01:00",
        "externalId": external_id,
    }


def message(job: str, *results: dict[str, Json], company: str | None = None) -> str:
    content: dict[str, Json] = {"exportJobId": job, "system": "xero", "results": list(results)}
    if company:
        content["companyId"] = company
    return json.dumps(content)
