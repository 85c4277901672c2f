"""A fault of the classifier's own neither stops a result nor stays hidden."""

import pytest

from export_adapter.classify import classifier as module
from export_adapter.classify.classifier import Classifier
from export_adapter.classify.decision import FIX_FIRST
from export_adapter.model import Failure, FailureReasonType


def test_every_failure_type_has_its_place_in_what_to_fix_first() -> None:
    assert sorted(FIX_FIRST) == sorted(FailureReasonType)


def test_a_fault_comes_back_with_an_honest_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = RuntimeError("a fault")

    def broken(*_: object) -> None:
        raise fault

    monkeypatch.setattr(module, "decide", broken)
    found = Classifier.built_in().classify("xero", Failure(message="anything"))
    assert found.bug is fault
    assert found.rule == "classifier/unreadable"
    assert "could not be read" in found.failure_reason
    assert not found.mapped
