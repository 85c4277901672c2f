"""Lines such as `suggest` reads."""

import json

from export_adapter.model import Json

ENTRY = "a3c5f7de-0d2b-4a7c-b1c0-5f3f4f6e2a01"
JOB = "51c0c1e0-2f6b-4a53-9d63-6c7a0d4b7f10"


def failure_line(system: str, body: Json, status: int = 400) -> str:
    return json.dumps({"system": system, "failure": {"httpStatus": status, "body": body}})


def message_line(system: str, *failures: dict[str, Json]) -> str:
    results = [{"accountingEntryId": ENTRY, "status": "failed", "failure": failure} for failure in failures]
    return json.dumps({"exportJobId": JOB, "system": system, "results": results})


def log_line(system: str, fingerprint: str | None, *, mapped: bool = False) -> str:
    fields = {"system": system, "rule": "general/nothing-known", "mapped": mapped, "fingerprint": fingerprint}
    return json.dumps({"level": "INFO", "message": "failure classified", **fields})


def strange(message: str, code: str | None = None) -> dict[str, Json]:
    """A body with an error that no rule knows."""
    error: dict[str, Json] = {"message": message}
    return {"error": {"code": code, **error} if code else error}
