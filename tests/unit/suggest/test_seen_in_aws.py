"""Failures from the dead-letter queue and from the function's log."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from export_adapter_workstation.rules.seen import Seen, seen_in_dead_letters, seen_in_log_group
from tests.unit.dead_letters.world import DEAD, World
from tests.unit.suggest.lines import log_line, message_line

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

NOW = datetime(2026, 3, 4, tzinfo=UTC)


@dataclass
class Logs:
    """CloudWatch Logs, with one event on a page."""

    lines: list[str]
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 (as boto3 has it)
        self.asked.append(asked)
        page = int(asked.get("nextToken", "0"))
        more = {"nextToken": str(page + 1)} if page + 1 < len(self.lines) else {}
        return {"events": [{"message": self.lines[page]}], **more}


def test_every_failure_of_every_dead_letter_is_seen_and_all_messages_are_there_afterwards() -> None:
    world = World()
    for number in range(25):
        world.park_body(message_line("xero", {"body": f"no {number}"}))
    world.park_body("not JSON")
    seen = seen_in_dead_letters(world.queue(DEAD))
    assert {one.failure and one.failure.body for one in seen} == {f"no {number}" for number in range(25)}
    assert world.visible == 26


def test_all_pages_of_the_log_are_read() -> None:
    logs = Logs([log_line("xero", "400 | odd"), log_line("xero", "422 | odder")])
    since = NOW - timedelta(days=3)
    seen = list(seen_in_log_group(cast("CloudWatchLogsClient", logs), "/group", since, NOW))
    assert [one.fingerprint for one in seen if isinstance(one, Seen)] == [
        "400 | odd",
        "422 | odder",
    ]
    assert logs.asked[0]["startTime"] == since.timestamp() * 1000
    assert "failure classified" in logs.asked[0]["filterPattern"]
