import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self, cast

import pytest
from botocore.exceptions import ClientError

from export_adapter.telemetry import PARKED
from export_adapter_workstation.dead_letters.function_log import REPLAYED, CloudWatchFunctionLog
from export_adapter_workstation.dead_letters.queues import EndedCopies

SINCE = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Aws:
    """The function's configuration and its log, page by page."""

    lines: list[list[str]] = field(default_factory=list[list[str]])
    logging: Mapping[str, str] = field(
        default_factory=lambda: {"LogGroup": "a-group", "ApplicationLogLevel": "INFO"}
    )
    is_closed: bool = False
    asked: list[Mapping[str, object]] = field(default_factory=list[Mapping[str, object]])

    def get_function_configuration(self, **_arguments: object) -> Mapping[str, object]:
        return {"LoggingConfig": self.logging}

    def get_paginator(self, _operation: str) -> Self:
        return self

    def paginate(self, **arguments: object) -> Iterator[Mapping[str, object]]:
        self.asked.append(arguments)
        if self.is_closed:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "FilterLogEvents")
        for page in self.lines:
            yield {"events": [{"message": line} for line in page]}


def line(message: str, replay_id: str) -> str:
    return json.dumps({"level": "INFO", "message": message, "replayId": replay_id})


def ended(aws: Aws, *replay_ids: str) -> EndedCopies:
    log = CloudWatchFunctionLog(cast("Any", aws), cast("Any", aws), "a-function")
    return log.ended(replay_ids, SINCE)


def test_the_two_lines_that_end_a_copys_way_are_found_on_any_page() -> None:
    aws = Aws([[line(REPLAYED, "a")], [], [line(PARKED, "b")]])
    assert ended(aws, "a", "b", "c") == EndedCopies(frozenset({"a", "b"}), complete=True)
    assert [asked["filterPattern"] for asked in aws.asked] == ['"a"', '"b"', '"c"']
    assert {asked["logGroupName"] for asked in aws.asked} == {"a-group"}
    assert {asked["startTime"] for asked in aws.asked} == {SINCE.timestamp() * 1000}


def test_other_lines_that_hold_the_id_say_nothing() -> None:
    aws = Aws([["no JSON a", line("message went back to the queue", "a"), '["a"]', line(REPLAYED, "other")]])
    assert ended(aws, "a").ended == frozenset()


@pytest.mark.parametrize("level", ["WARN", "ERROR", "FATAL"])
def test_a_log_level_above_info_leaves_delivered_copies_out_so_silence_means_nothing(level: str) -> None:
    aws = Aws([[]], logging={"LogGroup": "a-group", "ApplicationLogLevel": level})
    assert not ended(aws, "a").complete


def test_a_log_that_may_not_be_read_knows_nothing_and_fails_nothing() -> None:
    assert ended(Aws(is_closed=True), "a") == EndedCopies(frozenset(), complete=False)


def test_a_log_too_long_to_be_read_to_its_end_is_not_complete_but_where_the_line_comes_before() -> None:
    assert not ended(Aws([[]] * 60), "a").complete
    assert ended(Aws([[line(REPLAYED, "a")], *[[]] * 60]), "a") == EndedCopies(
        frozenset({"a"}), complete=True
    )


def test_without_a_log_group_of_its_own_the_usual_one_is_read() -> None:
    aws = Aws(logging={})
    ended(aws, "a")
    assert aws.asked[0]["logGroupName"] == "/aws/lambda/a-function"
