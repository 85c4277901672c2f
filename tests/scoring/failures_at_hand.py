"""The failures that the gates measure: samples beside the checkout, and those written for the rules."""

import json
from dataclasses import dataclass
from functools import cache

from export_adapter.model import Failure, FailureReasonType, Json
from export_adapter_workstation.rules.failure_input import failure_of
from tests.rules.documented_codes import MATERIAL
from tests.rules.written_failures import WrittenFailure, written_failures

SAMPLES = MATERIAL / "samples.jsonl"


@dataclass(frozen=True, slots=True)
class Scored:
    """A failure as JSON, and what it should become: `expected` or one of `acceptable`, by `rule` if known."""

    id: str
    system: str
    failure_json: str
    expected: FailureReasonType | None
    acceptable: frozenset[FailureReasonType] = frozenset()
    rule: str | None = None

    @property
    def failure(self) -> Failure:
        """The failure as the classifier takes it."""
        return failure_of(json.loads(self.failure_json))

    @property
    def line(self) -> str:
        """The line that `explain --jsonl` is asked with."""
        asked = {"id": self.id, "system": self.system, "failure": json.loads(self.failure_json)}
        return json.dumps(asked) + "\n"


@cache
def samples() -> tuple[Scored, ...]:
    """Return the samples beside the checkout; nothing where there are none."""
    lines = SAMPLES.read_text(encoding="utf-8").splitlines() if SAMPLES.exists() else ()
    return tuple(
        Scored(
            id=row["id"],
            system=row["system"],
            failure_json=json.dumps(row["failure"]),
            expected=FailureReasonType(row["expected"]),
            acceptable=frozenset(FailureReasonType(each) for each in row["acceptable"]),
        )
        for row in map(json.loads, lines)
    )


@cache
def own_failures() -> tuple[Scored, ...]:
    """Return the failures that were written for the rules."""
    return tuple(
        Scored(
            id=written.id,
            system=written.system,
            failure_json=json.dumps(_spelled(written)),
            expected=written.type,
            rule=written.rule,
        )
        for written in written_failures()
    )


def failures_at_hand() -> tuple[Scored, ...]:
    """Return the samples, where they stand beside the checkout, else the project's own failures."""
    return samples() or own_failures()


def _spelled(written: WrittenFailure) -> dict[str, Json]:
    failure = written.failure
    spelled: dict[str, Json] = {
        "stage": failure.stage,
        "httpStatus": failure.http_status,
        "headers": dict(failure.headers),
        "body": failure.body,
        "code": failure.code,
        "message": failure.message,
        "exception": failure.exception,
    }
    return {name: value for name, value in spelled.items() if value not in (None, {})}
