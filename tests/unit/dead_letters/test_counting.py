import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any, cast

import pytest

from export_adapter.classify.classifier import Classifier
from export_adapter.model import ApiVersion, ErrorType, Json
from export_adapter.parked_message import MOVED_BY_SQS, UNKNOWN, Attribute, DeadLetter
from export_adapter_workstation.cli.looking import api_version
from export_adapter_workstation.dead_letters.advice import BOOKED, NOT_BOOKED, Urgency, advice
from export_adapter_workstation.dead_letters.counting import Count, Counting, Line, Summary
from export_adapter_workstation.dead_letters.message import Described, described
from export_adapter_workstation.dead_letters.page import summary_page
from export_adapter_workstation.dead_letters.tables import age_words, summary_view
from tests.fakes.classifier import FakeClassifier
from tests.fakes.messages import company, job, message, result
from tests.unit.dead_letters.showing import printed
from tests.unit.doctor.well import STACK, FakeAws, refusal

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>\x1b[31m\"&"


def dead_letter(body: Json, error_type: str = "item_rejected", minutes: int = 5) -> Described:
    text = body if isinstance(body, str) else json.dumps(body)
    attributes = {"errorType": Attribute("String", error_type)}
    parked = DeadLetter(f"m-{minutes}", text, NOW - timedelta(minutes=minutes), attributes)
    return described(parked, str.lower)


FAILED = result(1, "failed", failure={"code": "validation_failure"})
MESSAGES = [
    dead_letter(message(result(1), result(2), FAILED, companyId=company(1)), minutes=5),
    dead_letter(message(result(3), system="NetSuite"), "job_finished", minutes=70),
    dead_letter(message(FAILED, {"accountingEntryId": "bad"}), "job_not_found", minutes=10_000),
    dead_letter("no JSON", "invalid_message", minutes=20),
]


def counted(
    dead_letters: list[Described],
    most_lines: int = 12,
    version: ApiVersion = ApiVersion.V3,
    classifier: Classifier | None = None,
) -> Summary:
    counting = Counting(classifier or FakeClassifier(), NOW, version)
    for each in dead_letters:
        counting.add(each)
    return counting.summary(most_lines)


def page_of(dead_letters: list[Described], stack: str = "export-adapter-test") -> str:
    return summary_page(counted(dead_letters), [each.facts for each in dead_letters], stack, NOW)


def lines(found: Summary, title: str) -> dict[str, tuple[int, int]]:
    (count,) = (count for count in found.counts if count.title == title)
    return {line.name: (line.entries, line.messages) for line in count.lines}


def test_entries_and_their_messages_are_counted_by_everything_that_matters() -> None:
    found = counted(MESSAGES)
    assert (found.entries, found.messages, found.past_the_hour) == (6, 4, 2)
    assert found.oldest == NOW - timedelta(minutes=10_000)
    assert lines(found, "Error type") == {
        "item_rejected": (3, 1),
        "job_not_found": (2, 1),
        "job_finished, booked": (1, 1),
        "invalid_message": (0, 1),
    }
    assert lines(found, "Accounting system") == {"xero": (5, 2), "netsuite": (1, 1), "not known": (0, 1)}
    assert lines(found, "Company") == {company(1): (3, 1), "no company named": (3, 2), "not known": (0, 1)}
    assert lines(found, "Export job") == {job(): (6, 3), "not known": (0, 1)}


def test_of_a_finished_job_what_is_booked_is_counted_apart_from_what_is_not() -> None:
    mixed = dead_letter(message(result(1), result(2), FAILED), "job_finished")
    assert lines(counted([mixed]), "Error type") == {BOOKED: (2, 1), NOT_BOOKED: (1, 1)}


def test_error_types_stand_in_the_order_of_their_urgency() -> None:
    some = [dead_letter("no JSON", "invalid_message")] * 3 + [
        dead_letter(message(result(1)), "retries_exhausted")
    ]
    names = list(lines(counted([*some, *MESSAGES]), "Error type"))
    assert (names[0], names[-1]) == ("retries_exhausted", "invalid_message")


@pytest.mark.parametrize("error_type", [*ErrorType, MOVED_BY_SQS, UNKNOWN, "of_another_program"])
def test_there_is_something_to_do_about_every_error_type(error_type: str) -> None:
    statuses: list[Json] = [result(1), FAILED, result(2, "in_progress"), {"accountingEntryId": "bad"}]
    for line in counted([dead_letter(message(each), error_type) for each in statuses]).counts[0].lines:
        assert line.advice
        assert (line.advice == advice(UNKNOWN)) is (error_type in {UNKNOWN, "of_another_program"})


def test_failure_reason_types_are_counted_by_entry_as_pleo_would_be_told_today() -> None:
    assert lines(counted(MESSAGES), "Failure reason type (API v3)") == {
        "none: successful": (3, 2),
        "validation_failure": (2, 2),
        "none: breaks the contract": (1, 1),
        "not known": (0, 1),
    }


def test_ages_stand_in_their_order() -> None:
    assert list(lines(counted(MESSAGES), "Age").items()) == [
        ("under 15 minutes", (3, 1)),
        ("15 minutes to 1 hour", (0, 1)),
        ("1 to 6 hours", (1, 1)),
        ("over 4 days", (2, 1)),
    ]


def test_what_is_rare_is_summed_up() -> None:
    (count,) = (each for each in counted(MESSAGES, most_lines=1).counts if each.title == "Accounting system")
    assert count == Count("Accounting system", (Line("xero", 5, 2), Line("2 others", entries=1, messages=2)))


def test_an_empty_queue_is_good_news() -> None:
    assert "nothing was parked" in printed(summary_view(counted([]), NOW, 140))
    assert "nothing was parked" in page_of([])


def test_the_terminal_shows_entries_before_messages_and_bars_on_one_scale() -> None:
    shown = printed(summary_view(counted(MESSAGES), NOW, 140))
    assert "6 accounting entries in 4 messages, the oldest 6d old." in shown
    assert "2 messages are older than an hour" in shown
    bars = {line.split()[0]: line.count("█") for line in shown.splitlines() if "█" in line}
    assert (bars["item_rejected"], bars["netsuite"], bars[job()]) == (12, 4, 24)
    assert shown.index("entries") < shown.index("messages")


@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_a_summary_keeps_to_the_width_and_says_what_to_do(width: int) -> None:
    many = [dead_letter(message(result(1)), "retries_exhausted") for _ in range(640)]
    shown = printed(summary_view(counted([*many, *MESSAGES]), NOW, width), width)
    assert max(len(line) for line in shown.splitlines()) <= width
    assert "retries_exhausted: Fix the cause that" in " ".join(shown.split())


def test_failure_reason_types_are_those_of_the_version() -> None:
    body: Json = {"Elements": [{"ValidationErrors": [{"Message": "Account code '200' is not a valid code"}]}]}
    failed = result(1, "failed", failure={"stage": "create_entry", "httpStatus": 400, "body": body})
    dead_letters = [dead_letter(message(failed))]
    for version, name in ((ApiVersion.V1, "invalid_configuration"), (ApiVersion.V3, "account_unknown")):
        found = counted(dead_letters, version=version, classifier=Classifier.built_in())
        assert lines(found, f"Failure reason type (API {version})") == {name: (1, 1)}


def live(**environment: str) -> dict[str, Any]:
    return {"Environment": {"Variables": environment}}


@pytest.mark.parametrize(
    ("function", "version", "is_known"),
    [
        (live(PLEO_API_VERSION="v1"), ApiVersion.V1, True),
        (live(PLEO_API_VERSION="v3"), ApiVersion.V3, True),
        (live(), ApiVersion.V1, True),
        (live(PLEO_API_VERSION="v9"), ApiVersion.V3, False),
        (refusal("AccessDeniedException"), ApiVersion.V3, False),
    ],
)
def test_the_version_is_that_of_the_live_function_or_it_is_said_which_is_taken(
    function: Any,  # noqa: ANN401 -- what AWS answers, or an error
    version: ApiVersion,
    *,
    is_known: bool,
) -> None:
    found, caveat = api_version(replace(STACK, clients=cast("Any", FakeAws(live=function))))
    assert found is version
    assert (caveat is None) is is_known


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0s"), (-5, "0s"), (59, "59s"), (60, "1m"), (7200, "2h"), (172_800, "2d")]
)
def test_an_age_is_a_number_and_a_unit(seconds: int, words: str) -> None:
    assert age_words(timedelta(seconds=seconds)) == words


class Page(HTMLParser):
    """The tags of a page, and whether they are balanced."""

    VOID = frozenset({"meta"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.references: list[str] = []
        self.bars: list[float] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "style":
                self.bars.append(float((value or "").removeprefix("width:").removesuffix("%")))
            elif name in {"src", "href"}:
                self.references.append(f"{name}={value}")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_has_all_bars_on_one_scale_with_their_numbers_and_loads_nothing() -> None:
    found = counted(MESSAGES)
    page = page_of(MESSAGES)
    assert Page(page).references == []
    assert not Page(page).tags & {"script", "img", "link", "iframe"}
    entries = [line.entries for count in found.counts for line in count.lines]
    assert Page(page).bars == [pytest.approx(100 * each / 6, abs=0.01) for each in entries]
    assert page.count('class="number">3 entries<') == entries.count(3)
    assert page.index("3 entries") < page.index("1 message")
    assert "2026-03-01 12:00 UTC" in page


def test_the_page_says_what_to_do_in_the_colour_of_its_urgency() -> None:
    page = page_of([dead_letter(message(result(1)), "retries_exhausted"), *MESSAGES])
    for kind, urgency in (("retries_exhausted", Urgency.NOW), (BOOKED, Urgency.TODAY)):
        assert advice(kind).urgency is urgency
        assert advice(kind).to_do in page.replace("&#x27;", "'")
        assert f'<li class="{urgency.name.lower()}">' in page


def test_the_page_lists_the_messages_and_says_how_many_more_there_are() -> None:
    page = summary_page(counted(MESSAGES), [MESSAGES[3].facts], "export-adapter-test", NOW)
    assert ">m-20<" in page
    assert "and 3 more messages" in page


def test_nothing_hostile_gets_into_the_page_or_the_terminal() -> None:
    hostile = [dead_letter(message(result(1), system=HOSTILE), HOSTILE)]
    page = page_of(hostile, HOSTILE)
    assert "script" not in Page(page).tags
    assert "<script>" not in page
    assert "\x1b" not in page
    assert "\x1b" not in printed(summary_view(counted(hostile), NOW, 140))
