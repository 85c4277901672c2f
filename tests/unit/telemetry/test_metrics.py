"""What an invocation is measured by: one test for each metric that an alarm or the dashboard reads."""

import pytest

from export_adapter.classify.classifier import RefusedRules
from export_adapter.deliver.http import Answer, NoAnswer
from export_adapter.metrics import Measurement, emit, measurements
from export_adapter.model import Json
from export_adapter.telemetry import Telemetry
from tests.fakes.adapter import FakeAdapter
from tests.fakes.measuring import Metric, metrics_in
from tests.fakes.messages import entry, job, message, raw_record, result
from tests.fakes.pleo import Fault, error


def canonical(given: str) -> str:
    return "xero" if given.lower() == "xero" else "other"


@pytest.fixture
def adapter() -> FakeAdapter:
    adapter = FakeAdapter()
    adapter.pleo.hold(job(), *(entry(number) for number in range(10)))
    return adapter


def measured(adapter: FakeAdapter, *records: Json) -> dict[tuple[str, ...], float]:
    """Handle an event; return the sums by name and dimension values."""
    sums: dict[tuple[str, ...], float] = {}
    for one in measurements(adapter.run(*records), canonical):
        key = (one.name, *(value for _, value in one.dimensions))
        sums[key] = sums.get(key, 0) + one.value
    return sums


def failed(number: int, code: str) -> Json:
    return result(number, "failed", failure={"code": code})


def test_records_and_items_are_counted_as_they_come(adapter: FakeAdapter) -> None:
    sums = measured(adapter, raw_record(message(result(1), result(2)), "a"), raw_record("no JSON", "b"))

    assert sums["RecordsReceived",] == 2
    assert sums["ItemsReceived",] == 2


def test_delivered_items_are_counted_by_status(adapter: FakeAdapter) -> None:
    sums = measured(adapter, raw_record(message(result(1), result(2), failed(3, "validation_failure"))))

    assert sums["ItemsDelivered", "successful"] == 2
    assert sums["ItemsDelivered", "failed"] == 1


def test_failures_are_counted_by_type_and_system(adapter: FakeAdapter) -> None:
    sums = measured(adapter, raw_record(message(failed(1, "validation_failure"), system="Xero")))

    assert sums["ItemsFailed", "validation_failure", "xero"] == 1
    assert sums["UnmappedFailures",] == 0
    assert ("UnmappedFailures", "xero") not in sums


def test_unmapped_failures_are_counted_by_system_and_as_a_share(adapter: FakeAdapter) -> None:
    sums = measured(adapter, raw_record(message(failed(1, "unmapped"), system="Contoso Books")))

    assert sums["UnmappedFailures", "other"] == 1
    assert sums["UnmappedFailures",] == 1


def test_parked_items_are_counted_by_error_type(adapter: FakeAdapter) -> None:
    sums = measured(adapter, raw_record(message(result(98), result(99)), "a"), raw_record("no JSON", "b"))

    assert sums["ItemsParked", "item_rejected"] == 2
    assert sums["ItemsParked", "invalid_message"] == 1


def test_returned_records_are_counted_by_cause(adapter: FakeAdapter) -> None:
    adapter.pleo.faults.append(Fault(error(403, "FORBIDDEN")))

    sums = measured(adapter, raw_record(message(result(1))))

    assert sums["RecordsReturned", "forbidden"] == 1
    assert sums["CredentialsRefused",] == 1


@pytest.mark.parametrize("trouble", ["without", "wrong", "out_of_reach"])
def test_a_company_that_waits_for_its_credentials_is_counted_whatever_is_wrong_with_them(
    adapter: FakeAdapter, trouble: str
) -> None:
    getattr(adapter.store, trouble).add(None)

    assert measured(adapter, raw_record(message(result(1))))["CredentialsRefused",] == 1


def test_credentials_refused_on_the_last_receive_count_too(adapter: FakeAdapter) -> None:
    adapter.pleo.faults.extend([Fault(error(403, "FORBIDDEN"))] * 2)

    sums = measured(adapter, raw_record(message(result(1)), receive_count=5))

    assert sums["ItemsParked", "retries_exhausted"] == 1
    assert sums["CredentialsRefused",] == 1


def test_requests_are_counted_with_their_retries_errors_and_fill(adapter: FakeAdapter) -> None:
    adapter.pleo.faults.append(Fault(error(503, "UNAVAILABLE")))

    sums = measured(adapter, raw_record(message(result(1), result(2))))

    assert sums["PleoPuts",] == 2
    assert sums["PleoRetries",] == 1
    assert sums["PleoErrors",] == 1
    assert sums["BatchFill",] == 2 + 2


@pytest.mark.parametrize(
    ("fault", "errors"),
    [
        (Fault(NoAnswer("timeout", "slow")), 1),
        (Fault(error(429, "TOO_MANY")), 1),
        (Fault(error(500, "INTERNAL")), 1),
        (Fault(Answer(200, {}, b"<html>")), 1),
        (Fault(Answer(302, {}, b"")), 1),
        (Fault(error(404, "NO_SUCH_PAGE")), 1),
        (Fault(error(400, "UNSUPPORTED_API_VERSION")), 1),
        (Fault(error(400, "BAD_REQUEST")), 0),
        (Fault(error(401, "UNAUTHORIZED")), 0),
        (Fault(error(403, "FORBIDDEN")), 0),
        (Fault(error(404, "EXPORT_NOT_FOUND")), 0),
        (Fault(error(413, "EXPORT_JOB_ITEMS_UPDATE_LIMIT")), 0),
        (Fault(error(422, "EXPORT_JOB_STATUS_UNPROCESSABLE")), 0),
    ],
)
def test_pleos_errors_are_neither_an_exporters_mistake_nor_one_companys_credentials(
    adapter: FakeAdapter, fault: Fault, errors: int
) -> None:
    adapter.pleo.faults.append(fault)

    assert measured(adapter, raw_record(message(result(1))))["PleoErrors",] == errors


def test_a_failure_that_pleo_has_not_heard_of_yet_is_counted_when_it_has(adapter: FakeAdapter) -> None:
    adapter.pleo.faults.append(Fault(error(503, "UNAVAILABLE", retry_after="3600")))
    record = raw_record(message(failed(1, "unmapped")))

    before = measured(adapter, record)
    after = measured(adapter, record)

    assert not {name for name, *_ in before} & {"ItemsFailed", "UnmappedFailures"}
    assert after["ItemsFailed", "unexpected_failure", "xero"] == 1
    assert after["UnmappedFailures",] == 1


def test_a_failure_that_pleo_refuses_was_not_reported_but_counts_towards_the_unmapped(
    adapter: FakeAdapter,
) -> None:
    sums = measured(adapter, raw_record(message(failed(99, "unmapped"))))

    assert "ItemsFailed" not in {name for name, *_ in sums}
    assert sums["UnmappedFailures",] == 1


def test_what_was_superseded_is_counted_and_was_not_delivered(adapter: FakeAdapter) -> None:
    adapter.run(raw_record(message(result(1)), "m-1"))

    sums = measured(adapter, raw_record(message(result(1, "pending"), result(2)), "m-2"))

    assert sums["ItemsSuperseded",] == 1
    assert sums["ItemsDelivered", "successful"] == 1
    assert ("ItemsDelivered", "pending") not in sums


def test_what_was_parked_unread_is_counted_by_its_error_type(adapter: FakeAdapter) -> None:
    report = adapter.run(raw_record(message(result(1)), receive_count=5), seconds=15.0)

    found = measurements(report, canonical)

    assert [one.dimensions for one in found if one.name == "ItemsParked"] == [
        (("errorType", "retries_exhausted"),)
    ]


def test_a_queue_that_does_not_confirm_is_counted_as_a_problem(adapter: FakeAdapter) -> None:
    adapter.dead_letters.is_down = True

    sums = measured(adapter, raw_record(message(result(99))))

    assert sums["Problems", "ServiceUnavailable"] == 1
    assert sums["RecordsReturned", "not_parked"] == 1


@pytest.mark.parametrize("code", ["bug", "own bug"])
def test_a_fault_of_the_adapters_own_is_counted_whether_its_result_was_delivered_or_not(
    adapter: FakeAdapter, code: str
) -> None:
    sums = measured(adapter, raw_record(message(failed(1, code), result(2))))

    assert sums["Bugs",] == 1
    assert ("Bugs",) not in measured(adapter, raw_record(message(result(2))))


def written(capsys: pytest.CaptureFixture[str], *measured: Measurement) -> tuple[int, list[Metric]]:
    """Write measurements; return how many lines it took, and what CloudWatch reads in them."""
    emit(measured, "ExportAdapter", "my-stack")
    output = capsys.readouterr().out
    return len(output.splitlines()), metrics_in(output)


def metric(name: str, *values: float, **dimensions: str) -> Metric:
    named = tuple(sorted({"service": "my-stack", **dimensions}.items()))
    return Metric("ExportAdapter", name, named, values)


def test_metrics_of_different_dimensions_are_written_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines, metrics = written(
        capsys,
        Measurement("RecordsReceived", 3),
        Measurement("ItemsParked", 1, dimensions=(("errorType", "item_rejected"),)),
        Measurement("PleoLatency", 12.5, "Milliseconds"),
        Measurement("PleoLatency", 7, "Milliseconds"),
    )

    assert lines == 1
    assert metrics == [
        metric("RecordsReceived", 3),
        metric("PleoLatency", 12.5, 7),
        metric("ItemsParked", 1, errorType="item_rejected"),
    ]


def test_a_dimension_with_two_values_takes_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines, metrics = written(
        capsys,
        Measurement("RecordsReceived", 3),
        Measurement("ItemsDelivered", 1, dimensions=(("status", "successful"),)),
        Measurement("ItemsDelivered", 1, dimensions=(("status", "failed"),)),
        Measurement("RecordsReturned", 1, dimensions=(("cause", "timeout"),)),
    )

    assert lines == 2
    assert {(one.name, *one.dimensions) for one in metrics} == {
        ("RecordsReceived", ("service", "my-stack")),
        ("ItemsDelivered", ("service", "my-stack"), ("status", "successful")),
        ("ItemsDelivered", ("service", "my-stack"), ("status", "failed")),
        ("RecordsReturned", ("cause", "timeout"), ("service", "my-stack")),
    }


@pytest.mark.parametrize("system", [1.0, 2.0])
def test_a_metric_with_and_without_a_dimension_keeps_both_values(
    capsys: pytest.CaptureFixture[str], system: float
) -> None:
    _, metrics = written(
        capsys,
        Measurement("UnmappedFailures", 1),
        Measurement("UnmappedFailures", system, dimensions=(("system", "other"),)),
    )

    assert metrics == [metric("UnmappedFailures", 1), metric("UnmappedFailures", system, system="other")]


@pytest.mark.parametrize("count", [100, 101, 250])
def test_a_document_has_a_hundred_values_of_a_metric_at_most_and_none_is_lost(
    capsys: pytest.CaptureFixture[str], count: int
) -> None:
    _, metrics = written(capsys, *(Measurement("UnmappedFailures", 0) for _ in range(count)))

    assert max(len(one.values) for one in metrics) == 100
    assert sum(len(one.values) for one in metrics) == count


def test_refused_rules_are_measured_so_that_an_alarm_can_tell(capsys: pytest.CaptureFixture[str]) -> None:
    refused = RefusedRules(("ours.toml, rule moon: has no condition",), is_news=False)

    Telemetry().refused_rules(refused)

    [refused_rules] = metrics_in(capsys.readouterr().out)
    assert (refused_rules.name, refused_rules.values) == ("RefusedRules", (1,))


def test_rules_that_are_all_in_force_are_not_measured(capsys: pytest.CaptureFixture[str]) -> None:
    Telemetry().refused_rules(RefusedRules(is_news=True))

    assert capsys.readouterr().out == ""
