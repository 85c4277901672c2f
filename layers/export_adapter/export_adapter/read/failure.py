"""A `failure` object of the message contract becomes the value that is classified."""

from export_adapter.model import Failure, Json, Stage


def failure_of(raw: dict[str, Json]) -> Failure:
    """Read a failure that keeps the contract (see `contract.failure_error`); blank texts count as absent."""
    stage, status, headers, code = (raw.get(name) for name in ("stage", "httpStatus", "headers", "code"))
    return Failure(
        stage=Stage(stage) if isinstance(stage, str) else None,
        http_status=int(status) if isinstance(status, int | float) else None,
        headers=_headers(headers) if isinstance(headers, dict) else {},
        body=raw.get("body"),
        code=None if code is None else str(code),
        message=text_or_none(raw.get("message")),
        exception=text_or_none(raw.get("exception")),
    )


def text_or_none(value: Json) -> str | None:
    """Return a text that is not blank."""
    return value if isinstance(value, str) and value.strip() else None


def _headers(raw: dict[str, Json]) -> dict[str, str]:
    """Keep what is text or a number; the first of several values, as HTTP libraries list them."""
    headers: dict[str, str] = {}
    for name, value in raw.items():
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, str | int | float):
            headers[name.lower()] = str(first)
    return headers
