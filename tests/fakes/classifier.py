"""A classifier that says the first thing that comes to mind, always the same for the same failure."""

from dataclasses import dataclass, field, replace

from export_adapter.classify.classifier import Classification
from export_adapter.deadline import ENDLESS, Deadline
from export_adapter.model import Failure, FailureReasonType


@dataclass
class FakeClassifier:
    """Takes the failure's code for the type, where it is one.

    For the code "bug" it raises; for "own bug" it gives up as the real one does, which never raises.
    """

    asked: list[tuple[str, Failure]] = field(default_factory=list[tuple[str, Failure]])

    def deadline_for_message(self) -> Deadline:
        return ENDLESS

    def classify(self, system: str, failure: Failure, until: Deadline = ENDLESS) -> Classification:
        assert until.remaining() > 0
        self.asked.append((system, failure))
        if failure.code == "bug":
            raise RuntimeError("a fault of the classifier's own")
        if failure.code == "own bug":
            unknown = classification(FailureReasonType.UNEXPECTED_FAILURE, mapped=False)
            return replace(unknown, bug=RuntimeError("a fault of the classifier's own"))
        named = [each for each in FailureReasonType if each == failure.code]
        if not named:
            return classification(FailureReasonType.UNEXPECTED_FAILURE, mapped=False)
        return classification(named[0])


def classification(finer: FailureReasonType, *, mapped: bool = True) -> Classification:
    """What the fake classifier says of a failure of that type; see `sentence` for the text."""
    coarse = finer if not finer.endswith("_unknown") else FailureReasonType.INVALID_CONFIGURATION
    return Classification(
        failure_reason_type=coarse,
        v3_failure_reason_type=finer,
        failure_reason=sentence(finer),
        rule=f"fake.{finer}",
        source="fake",
        retryable=False,
        mapped=mapped,
        fingerprint="0" * 12,
    )


def sentence(finer: FailureReasonType) -> str:
    """The text that goes with a type."""
    return f"The accounting system said {finer}."
