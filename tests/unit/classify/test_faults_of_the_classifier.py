"""A fault of the classifier's own neither stops a result nor stays hidden."""

from export_adapter.classify.classifier import Classifier
from export_adapter.classify.ranking import FIX_FIRST
from export_adapter.classify.rulebook.library import Library, OwnRules
from export_adapter.model import Failure, FailureReasonType


def test_every_failure_type_has_its_place_in_what_to_fix_first() -> None:
    assert sorted(FIX_FIRST) == sorted(FailureReasonType)


def test_a_fault_comes_back_with_an_honest_sentence() -> None:
    fault = RuntimeError("a clock that is broken")

    def broken_clock() -> float:
        raise fault

    classifier = Classifier(Library(), OwnRules(), clock=broken_clock)
    found = classifier.classify("xero", Failure(message="anything"))
    assert found.bug is fault
    assert found.rule == "classifier/unreadable"
    assert "could not be read" in found.failure_reason
    assert not found.mapped
