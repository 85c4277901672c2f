"""A fault of the classifier's own neither stops a result nor stays hidden."""

from typing import NoReturn

from export_adapter.classify.classifier import Classifier
from export_adapter.classify.ranking import FIX_FIRST
from export_adapter.model import Failure, FailureReasonType


def test_every_failure_type_has_its_place_in_what_to_fix_first() -> None:
    assert sorted(FIX_FIRST) == sorted(FailureReasonType)


class BrokenHeaders(dict[str, str]):
    """Headers that raise where they are read."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def items(self) -> NoReturn:
        raise self.fault


def test_a_fault_comes_back_with_an_honest_sentence() -> None:
    fault = RuntimeError("headers that are broken")
    failure = Failure(message="anything", headers=BrokenHeaders(fault))
    found = Classifier.built_in().classify("xero", failure)
    assert found.bug is fault
    assert found.rule == "classifier/unreadable"
    assert "could not be read" in found.failure_reason
    assert not found.mapped
