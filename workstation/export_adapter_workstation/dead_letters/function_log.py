"""What the function logged about copies that were sent back: the last witness of what became of them."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from export_adapter.telemetry import PARKED
from export_adapter_workstation.dead_letters.queues import EndedCopies

if TYPE_CHECKING:  # the stubs are there for development only
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

REPLAYED: Final = "replayed message delivered"
"""The message of the line that earlier versions of the function left for a copy that was delivered."""

_TELLING: Final = frozenset({"TRACE", "DEBUG", "INFO"})
"""Log levels at which a delivered copy leaves a line."""

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
            for each in replay_ids:
                has_ended, was_read_whole = self._search(group, each, since)
                found |= {each} if has_ended else set()
                complete = complete and was_read_whole
        except (ClientError, BotoCoreError):
            return EndedCopies(frozenset(), complete=False)
        return EndedCopies(frozenset(found), complete)

    def _search(self, group: str, replay_id: str, since: datetime) -> tuple[bool, bool]:
        """Return whether a copy's end was found, and whether the log was read as far as that takes.

        One question for each id, of which there are ten at most: not every CloudWatch knows a pattern of
        alternatives, and one that finds nothing would have letters sent twice.
        """
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(since.timestamp() * 1000), filterPattern=f'"{replay_id}"'
        )
        for number, page in enumerate(pages):
            if number == _MOST_PAGES:
                return False, False
            if any(_ended(event.get("message", "")) == replay_id for event in page.get("events", ())):
                return True, True
        return False, True


def _ended(line: str) -> str:
    """Return the replay id of a line that ends a copy's way, or nothing."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(fields, dict) or fields.get("message") not in {PARKED, REPLAYED}:
        return ""
    return str(fields.get("replayId", ""))
