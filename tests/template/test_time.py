"""Adds up times: those that the template sets, and those that stand in the code.

What AWS does with them: the poller waits for the batching window, or for its own long poll of 20 s where that
is longer, and a message is invisible from its receive on
(docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
"""

from dataclasses import dataclass
from typing import Any

import pytest

from export_adapter import wiring
from export_adapter.deliver.job import SHORTEST_REQUEST
from export_adapter.deliver.retry import Backoff
from export_adapter.settings import Settings
from export_adapter.settle.queues import LONGEST_CALL
from export_adapter.settle.visibility import LONGEST_LIFE, LONGEST_SECONDS, visibility_timeout
from export_adapter_workstation.project import ROOT
from tests.template.template_file import properties, template
from tests.template.test_settings import deployed_environment

MOST_SECONDS_UNTIL_THE_DEAD_LETTER_QUEUE = 45 * 60
LONG_POLL = 20
LONGEST_PAUSE_BETWEEN_ATTEMPTS = 1  # botocore: up to 2 ** 0 seconds after the first attempt


def the_most_that_can_be_drawn() -> float:
    return 1.0


@dataclass(frozen=True)
class Times:
    """Seconds, as deployed."""

    window: int
    timeout: int
    visibility: int
    pause: int
    receives: int

    @classmethod
    def of(cls, key: str) -> "Times":
        """Take the parameters' `key`, which is Default or MaxValue."""
        parameters = template()["Parameters"]
        return cls(
            window=parameters["BatchingWindow"][key],
            timeout=parameters["FunctionTimeout"][key],
            visibility=parameters["VisibilityTimeout"][key],
            pause=parameters["LongestPause"][key],
            receives=properties("ExportResultsQueue")["RedrivePolicy"]["maxReceiveCount"],
        )

    def from_receive_to_receive(self, receive_count: int, retry_after: float | None) -> int:
        """The longest time that one receive takes, whether it ends in a pause or in a crash."""
        rest = visibility_timeout(receive_count, retry_after, the_most_that_can_be_drawn, self.pause)
        return max(self.visibility, max(self.window, LONG_POLL) + self.timeout + rest)

    def until_the_dead_letter_queue(self, retry_after: float | None) -> int:
        """From the first receive until SQS itself moves the message: every receive comes to nothing."""
        counts = range(1, self.receives + 1)
        return sum(self.from_receive_to_receive(count, retry_after) for count in counts)


@pytest.mark.parametrize("key", ["Default", "MaxValue"])
@pytest.mark.parametrize("retry_after", [None, 60.0, 24 * 3600.0])
def test_a_message_is_on_the_dead_letter_queue_45_minutes_after_its_first_receive_whatever_happens(
    key: str, retry_after: float | None
) -> None:
    assert Times.of(key).until_the_dead_letter_queue(retry_after) <= MOST_SECONDS_UNTIL_THE_DEAD_LETTER_QUEUE


def test_a_message_that_lambda_was_throttled_with_is_there_in_time_too() -> None:
    """A throttled batch may be handed over just before its visibility timeout ends."""
    times = Times.of("MaxValue")
    longest_round = times.visibility + times.timeout + times.pause

    # A little younger than what does not go back any more, it rests, is throttled away, and comes once more.
    assert LONGEST_LIFE + times.pause + times.visibility + times.timeout <= (
        MOST_SECONDS_UNTIL_THE_DEAD_LETTER_QUEUE
    )
    assert longest_round < LONGEST_LIFE


def test_no_message_that_is_received_as_usual_is_too_old_before_its_last_receive() -> None:
    times = Times.of("MaxValue")
    before_the_last = range(1, times.receives - 1)

    age = sum(times.from_receive_to_receive(count, 24 * 3600.0) for count in before_the_last) + times.timeout
    assert age < LONGEST_LIFE


def test_that_sum_is_not_far_from_45_minutes_so_that_it_adds_up_the_right_things() -> None:
    assert Times.of("MaxValue").until_the_dead_letter_queue(24 * 3600.0) == 2700
    assert Times.of("Default").until_the_dead_letter_queue(24 * 3600.0) == 2500
    assert Times.of("Default").until_the_dead_letter_queue(None) == 2 * 420 + 3 * 500


def test_by_default_a_message_stays_invisible_for_six_of_the_longest_timeouts_and_the_widest_window() -> None:
    longest = Times.of("MaxValue")

    assert Times.of("Default").visibility >= 6 * longest.timeout + longest.window


def minutes_until_parked(drawn: float, in_each_receive: float) -> int:
    """From the first receive on, while Pleo names no Retry-After; the function parks on the last receive."""
    receives = Times.of("Default").receives
    pauses = (visibility_timeout(count, None, lambda: drawn) for count in range(1, receives))
    return round((sum(pauses) + receives * in_each_receive) / 60)


def test_the_runbook_says_how_long_an_outage_must_be_to_park_everything() -> None:
    settings = Settings.from_environment(deployed_environment())
    trying = Times.of("Default").timeout - settings.settle_seconds
    backoff = Backoff(the_most_that_can_be_drawn)

    # In each receive it is tried until the next pause does not fit any more.
    quickest = minutes_until_parked(0.0, trying - backoff.cap - SHORTEST_REQUEST)
    slowest = minutes_until_parked(1.0, LONG_POLL + trying)

    for document in ("operations.md", "architecture.md"):
        text = " ".join((ROOT / "docs" / document).read_text(encoding="utf-8").split())
        assert f"{quickest} to {slowest} minutes" in text


def test_the_runbook_says_how_long_refused_credentials_are_waited_for() -> None:
    quickest, slowest = minutes_until_parked(0.0, 0.0), minutes_until_parked(1.0, LONG_POLL)

    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"parked {quickest} to {slowest} minutes after their first receive" in text


def test_the_queue_and_the_function_take_their_times_from_the_parameters() -> None:
    function = properties("UpdateExportItemsFunction")

    assert function["Timeout"] == {"Ref": "FunctionTimeout"}
    assert function["Environment"]["Variables"]["LONGEST_PAUSE_SECONDS"] == {"Ref": "LongestPause"}
    assert properties("ExportResultsQueue")["VisibilityTimeout"] == {"Ref": "VisibilityTimeout"}


def test_the_code_takes_every_pause_that_the_template_takes_and_has_its_default() -> None:
    rules: dict[str, Any] = template()["Parameters"]["LongestPause"]
    pauses = [
        Settings.from_environment({**deployed_environment(), "LONGEST_PAUSE_SECONDS": str(rules[key])})
        for key in ("MinValue", "Default", "MaxValue")
    ]

    assert [one.longest_pause_seconds for one in pauses] == [1, LONGEST_SECONDS, LONGEST_SECONDS]


def test_no_call_to_aws_takes_longer_than_the_time_that_is_kept_for_one() -> None:
    config: Any = wiring._AWS  # noqa: SLF001 -- the timeouts in use, not what somebody believes them to be
    attempts = config.retries["total_max_attempts"]
    assert config.retries["mode"] == "standard"

    longest = attempts * (config.connect_timeout + config.read_timeout) + sum(
        LONGEST_PAUSE_BETWEEN_ATTEMPTS * 2**retry for retry in range(attempts - 1)
    )

    assert longest <= LONGEST_CALL


def test_looking_up_a_name_gives_up_before_the_call_that_needs_it_has_to_be_over() -> None:
    wanted = properties("UpdateExportItemsFunction")["Environment"]["Variables"]["RES_OPTIONS"]
    options = dict(option.split(":") for option in wanted.split())

    seconds = int(options["timeout"]) * int(options["attempts"])
    attempts = wiring._AWS.retries["total_max_attempts"]  # type: ignore[attr-defined]  # noqa: SLF001 -- as above
    assert attempts * seconds + LONGEST_PAUSE_BETWEEN_ATTEMPTS <= LONGEST_CALL


def test_there_is_time_for_one_call_to_each_queue_after_the_last_delivery_even_if_aws_is_slow() -> None:
    settings = Settings.from_environment(deployed_environment())

    assert settings.settle_seconds >= 2 * LONGEST_CALL


@pytest.mark.parametrize("key", ["MinValue", "Default", "MaxValue"])
def test_there_is_time_to_deliver_before_there_is_only_time_to_settle(key: str) -> None:
    settings = Settings.from_environment(deployed_environment())
    timeout = template()["Parameters"]["FunctionTimeout"][key]

    reading_the_secret_and_one_request = LONGEST_CALL + SHORTEST_REQUEST
    assert timeout - settings.settle_seconds >= reading_the_secret_and_one_request


def test_the_description_of_the_timeout_says_the_seconds_that_are_kept_for_settling() -> None:
    settings = Settings.from_environment(deployed_environment())

    description = template()["Parameters"]["FunctionTimeout"]["Description"]
    assert f"In the last {settings.settle_seconds:.0f} of them it only settles" in description
