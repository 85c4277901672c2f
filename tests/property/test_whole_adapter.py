"""The whole adapter with its real rules, over fake edges."""

from dataclasses import replace
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from export_adapter.classify.classifier import Classifier
from export_adapter.model import ApiVersion
from export_adapter.settle.decision import ReturnToQueue
from export_adapter.text import MAX_REASON
from tests.fakes.adapter import FakeAdapter
from tests.fakes.messages import company, entry, job, raw_record
from tests.property.strategies import any_text, bodies, messages, spoilt


@cache
def real_classifier() -> Classifier:
    return Classifier.built_in()


@given(
    st.lists(bodies() | bodies(spoilt(messages)) | any_text, min_size=1, max_size=5),
    st.sampled_from(ApiVersion),
)
def test_whatever_exporters_send_no_fault_is_met_and_pleo_and_sqs_are_asked_for_nothing_illegal(
    sent: list[str], version: ApiVersion
) -> None:
    adapter = FakeAdapter(version)
    adapter.flow = replace(adapter.flow, classifier=real_classifier())
    adapter.pleo.hold(job(1), *(entry(number) for number in range(1, 6)))
    for number in (1, 2):  # their credentials are good, but a job may be another company's
        adapter.pleo.hold(job(100 + number), company=company(number))
    report = adapter.run(*(raw_record(body, f"m-{place}") for place, body in enumerate(sent)))
    returned = [one.decision for one in report.settlement.settled if isinstance(one.decision, ReturnToQueue)]
    assert {decision.cause for decision in returned} <= {"forbidden"}
    assert report.bugs == ()
    assert adapter.pleo.violations == []
    assert adapter.dead_letters.illegal == []
    for one in report.items:
        reason = one.update.failure_reason
        assert reason is None or (
            reason.strip() and len(reason) <= MAX_REASON and len(reason.splitlines()) == 1
        )
