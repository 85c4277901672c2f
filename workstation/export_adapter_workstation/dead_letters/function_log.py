"""What the function logged about copies that were sent back: the last witness of what became of them."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from export_adapter.telemetry import PARKED, REPLAYED
from export_adapter_workstation.dead_letters.queues import EndedCopies

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

_TELLING: Final = frozenset({"TRACE", "DEBUG", "INFO"})
"""Log levels at which a delivered copy leaves a line."""

_IDS_IN_A_PATTERN: Final = 20
_MOST_PAGES: Final = 50


@dataclass(frozen=True, slots=True)
class CloudWatchFunctionLog:
    """The function's log group; see FunctionLog. Where it may not be read it knows nothing, and says so."""

    logs: "CloudWatchLogsClient"
    lambda_: "LambdaClient"
    function_name: str

    def ended(self, replay_ids: Collection[str], since: datetime) -> EndedCopies:
        """Look for the lines that end a copy's way."""
        try:
            configuration = self.lambda_.get_function_configuration(
                FunctionName=self.function_name, Qualifier="live"
            )
            logging = configuration.get("LoggingConfig", {})
            group = logging.get("LogGroup") or f"/aws/lambda/{self.function_name}"
            found: set[str] = set()
            complete = logging.get("ApplicationLogLevel", "INFO") in _TELLING
            for some in batched(replay_ids, _IDS_IN_A_PATTERN, strict=False):
                ended, was_read_whole = self._search(group, some, since)
                found |= ended
                complete = complete and was_read_whole
        except (ClientError, BotoCoreError):
            return EndedCopies(frozenset(), complete=False)
        return EndedCopies(frozenset(found), complete)

    def _search(self, group: str, replay_ids: Collection[str], since: datetime) -> tuple[set[str], bool]:
        """Return the ids that were found, and whether the log was read to its end."""
        found: set[str] = set()
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group,
            startTime=int(since.timestamp() * 1000),
            filterPattern=" ".join(f'?"{each}"' for each in replay_ids),
        )
        for number, page in enumerate(pages):
            if number == _MOST_PAGES:
                return found, False
            found.update(_ended(event.get("message", "")) for event in page.get("events", ()))
        return found.intersection(replay_ids), True


def _ended(line: str) -> str:
    """Return the replay id of a line that ends a copy's way, or nothing."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(fields, dict) or fields.get("message") not in {PARKED, REPLAYED}:
        return ""
    return str(fields.get("replayId", ""))
