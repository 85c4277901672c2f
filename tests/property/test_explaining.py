import json

from hypothesis import given
from hypothesis import strategies as st

from export_adapter.classify.item_update import explain
from export_adapter.deliver.request import put_body
from export_adapter.model import ApiVersion, ExportResult, Json, Message
from export_adapter.read.reader import read
from tests.fakes.classifier import FakeClassifier
from tests.fakes.messages import message, record
from tests.fakes.pleo import put_check
from tests.property.strategies import good_results


@given(st.lists(good_results, min_size=1, max_size=5), st.sampled_from(ApiVersion))
def test_whatever_is_legal_in_a_message_is_legal_at_pleo(
    results: list[dict[str, Json]], version: ApiVersion
) -> None:
    found = read(record(message(*results)))
    assert isinstance(found, Message)
    good = [one for one in found.results if isinstance(one, ExportResult)]
    assert len(good) == len(results)
    explained = (explain(one, found.system, FakeClassifier(), version) for one in good if not _baffles(one))
    body = put_body(one.update for one in explained)
    body.decode()
    content = json.loads(body)
    assert put_check(version)(content) is None
    for update in content:
        assert None not in update.values()
        if update["status"] not in {"failed", "abandoned"}:
            assert not {"failureReason", "failureReasonType"} & update.keys()
        elif update["status"] == "failed":
            assert update["failureReasonType"]
            assert update["failureReason"].strip()
            assert len(update["failureReason"].splitlines()) == 1


def _baffles(result: ExportResult) -> bool:
    return result.failure is not None and result.failure.code == "bug"
