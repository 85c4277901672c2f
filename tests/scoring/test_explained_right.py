"""The command explains failures right: unseen samples where there are any, the project's own everywhere."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from tests.scoring.failures_at_hand import Scored, own_failures, samples

COMMAND = (str(Path(sys.executable).with_name("export-adapter")), "explain", "--jsonl")
LEAST_RIGHT = 0.97
LEAST_EXACT = 0.90


@cache
def answers(scored: tuple[Scored, ...]) -> tuple[dict[str, Any], ...]:
    """Return what the command answers, as a terminal would see it: one line for each."""
    asked = "".join(one.line for one in scored)
    ran = subprocess.run(  # noqa: S603 (the project's own command)
        COMMAND, input=asked, capture_output=True, text=True, check=True, timeout=120
    )
    assert not ran.stderr
    return tuple(json.loads(line) for line in ran.stdout.splitlines())


def types_of(scored: tuple[Scored, ...]) -> list[tuple[Scored, str]]:
    return [(one, answer["failureReasonType"]) for one, answer in zip(scored, answers(scored), strict=True)]


def test_samples_are_right_and_mostly_exact() -> None:
    """Where there are no samples beside the checkout, nothing is claimed of them: see the test below."""
    wrong = [f"{one.id}: {type_}" for one, type_ in types_of(samples()) if not is_right(one, type_)]
    inexact = [one.id for one, type_ in types_of(samples()) if type_ != one.expected]
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(samples()), wrong
    assert len(inexact) <= (1 - LEAST_EXACT) * len(samples()), inexact


def is_right(one: Scored, type_: str) -> bool:
    return type_ == one.expected or type_ in one.acceptable


def test_the_projects_own_failures_are_all_explained_by_their_rules() -> None:
    assert len(own_failures()) > 1_000
    asked = zip(own_failures(), answers(own_failures()), strict=True)
    assert [one.id for one, answer in asked if answer["rule"] != one.rule] == []


def test_the_projects_own_failures_get_their_types() -> None:
    assert [one.id for one, type_ in types_of(own_failures()) if one.expected and type_ != one.expected] == []


def test_every_line_is_answered_in_its_place_with_a_sentence_and_a_rule() -> None:
    scored = samples() + own_failures()
    for one, answer in zip(scored, answers(scored), strict=True):
        assert answer["id"] == one.id
        assert answer["failureReason"]
        assert answer["rule"]
