import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from export_adapter.classify.classifier import Classifier
from export_adapter.model import ApiVersion, Json
from export_adapter_workstation.dead_letters.api_version import Version, version_of
from export_adapter_workstation.dead_letters.counting import Count, Line, Summary, summary
from export_adapter_workstation.dead_letters.letter import Attribute, DeadLetter, Described, described
from export_adapter_workstation.dead_letters.page import summary_page
from export_adapter_workstation.dead_letters.tables import age_words, summary_view
from export_adapter_workstation.stack.doctor.facts import Function
from export_adapter_workstation.stack.doctor.finding import NotKnown
from tests.fakes.classifier import FakeClassifier
from tests.fakes.messages import company, job, message, result
from tests.unit.dead_letters.showing import printed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>\x1b[31m\"&"


def letter(body: Json, error_type: str = "item_rejected", minutes: int = 5) -> Described:
    text = body if isinstance(body, str) else json.dumps(body)
    parked = DeadLetter(
        f"m-{minutes}",
        text,
        NOW - timedelta(minutes=minutes),
        {"errorType": Attribute("String", error_type)},
    )
    return described(parked, str.lower)


FAILED = result(1, "failed", failure={"code": "validation_failure"})
LETTERS = [
    letter(message(result(1), result(2), FAILED, companyId=company(1)), minutes=5),
    letter(message(result(3), system="NetSuite"), "job_finished", minutes=70),
    letter(message(FAILED, {"accountingEntryId": "bad"}), "job_finished", minutes=10_000),
    letter("no JSON", "invalid_message", minutes=20),
]


def counted(letters: list[Described], most_lines: int = 12) -> Summary:
    return summary(letters, FakeClassifier(), NOW, ApiVersion.V3, most_lines=most_lines)


def lines(found: Summary, title: str) -> dict[str, tuple[int, int]]:
    (count,) = (count for count in found.counts if count.title == title)
    return {line.name: (line.messages, line.items) for line in count.lines}


def test_messages_and_their_entries_are_counted_by_everything_that_matters() -> None:
    found = counted(LETTERS)
    assert (found.messages, found.items, found.past_the_hour) == (4, 6, 2)
    assert found.oldest == NOW - timedelta(minutes=10_000)
    assert lines(found, "Error type") == {
        "job_finished": (2, 3),
        "item_rejected": (1, 3),
        "invalid_message": (1, 0),
    }
    assert lines(found, "Accounting system") == {"xero": (2, 5), "netsuite": (1, 1), "not known": (1, 0)}
    assert lines(found, "Company") == {"no company named": (2, 3), company(1): (1, 3), "not known": (1, 0)}
    assert lines(found, "Export job") == {job(): (3, 6), "not known": (1, 0)}


def test_failure_reason_types_are_counted_by_entry_as_pleo_would_be_told_today() -> None:
    assert lines(counted(LETTERS), "Failure reason type (API v3)") == {
        "none: successful": (2, 3),
        "validation_failure": (2, 2),
        "none: breaks the contract": (1, 1),
        "not known": (1, 0),
    }


def test_ages_stand_in_their_order() -> None:
    assert list(lines(counted(LETTERS), "Age").items()) == [
        ("under 15 minutes", (1, 3)),
        ("15 minutes to 1 hour", (1, 0)),
        ("1 to 6 hours", (1, 1)),
        ("over 4 days", (1, 2)),
    ]


def test_what_is_rare_is_summed_up() -> None:
    (count,) = (each for each in counted(LETTERS, most_lines=1).counts if each.title == "Error type")
    assert count == Count(
        "Error type", (Line("job_finished", 2, 3),), others=Line("2 others", messages=2, items=3)
    )


def test_an_empty_queue_is_good_news() -> None:
    assert "nothing was parked" in printed(summary_view(counted([]), NOW, 140))
    assert "nothing was parked" in summary_page(counted([]), "a stack", NOW)


def test_the_terminal_shows_numbers_and_bars_in_proportion() -> None:
    shown = printed(summary_view(counted(LETTERS), NOW, 140))
    assert "4 messages with 6 accounting entries, the oldest 6d old." in shown
    assert "2 are older than an hour" in shown
    bars = {line.split()[0]: line.count("█") for line in shown.splitlines() if "█" in line}
    assert bars["job_finished"] == 2 * bars["item_rejected"] == 24


@pytest.mark.parametrize("width", [60, 80])
def test_on_a_narrow_terminal_bars_stay_in_proportion_and_what_is_rare_has_a_sliver(width: int) -> None:
    many = [letter(message(result(1)), "retries_exhausted") for _ in range(640)]
    shown = printed(summary_view(counted([*many, letter("x", "one"), *LETTERS[:1]]), NOW, width), width)
    lines = shown.splitlines()
    assert max(len(line) for line in lines) <= width
    (full,) = (line for line in lines if line.startswith("retries_exhausted"))
    assert full.count("█") >= 6
    for rare in ("one ", "item_rejected"):
        (line,) = (line for line in lines if line.startswith(rare))
        assert line.endswith("▏")


def test_failure_reason_types_are_those_of_the_version_that_the_stack_uses() -> None:
    body: Json = {"Elements": [{"ValidationErrors": [{"Message": "Account code '200' is not a valid code"}]}]}
    failed = result(1, "failed", failure={"stage": "create_entry", "httpStatus": 400, "body": body})
    letters = [letter(message(failed))]
    for version, name in ((ApiVersion.V1, "invalid_configuration"), (ApiVersion.V3, "account_unknown")):
        found = summary(letters, Classifier.built_in(), NOW, version)
        assert lines(found, f"Failure reason type (API {version})") == {name: (1, 1)}


def live(**environment: str) -> Function:
    return Function("7", 60, "Active", "Successful", "code", (), environment)


@pytest.mark.parametrize(
    ("function", "version"),
    [
        (live(PLEO_API_VERSION="v1"), ApiVersion.V1),
        (live(PLEO_API_VERSION="v3"), ApiVersion.V3),
        (live(), ApiVersion.V1),
    ],
)
def test_the_version_is_read_of_the_live_function(function: Function, version: ApiVersion) -> None:
    assert version_of(function) == Version(version)


@pytest.mark.parametrize(
    "function", [NotKnown("these credentials may not call it"), live(PLEO_API_VERSION="v9")]
)
def test_where_the_version_cannot_be_read_it_is_said_which_is_meant(function: Function | NotKnown) -> None:
    found = version_of(function)
    assert found.version is ApiVersion.V3
    assert "those of API v3: which version the stack uses is not known" in (found.caveat or "")


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
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.references += [f"{name}={value}" for name, value in attrs if name in {"src", "href", "style"}]
        if tag not in self.VOID and tag != "rect":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self.open.pop() == tag


def test_the_page_has_the_same_numbers_as_pictures_and_loads_nothing() -> None:
    page = summary_page(counted(LETTERS), "export-adapter-test", NOW)
    assert Page(page).references == []
    assert Page(page).tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "strong", "svg", "rect", "text",
    }  # fmt: skip
    pictures = page.split("<svg")[1:]
    assert len(pictures) == 6
    first = ET.fromstring("<svg" + pictures[0].split("</svg>")[0] + "</svg>")  # noqa: S314 -- our own page
    widths = [int(rect.get("width", "0")) for rect in first.iter("rect")]
    assert [width / max(widths) for width in widths] == [1.0, 0.5, 0.5]
    assert "job_finished" in page
    assert "2026-03-01 12:00 UTC" in page


def test_nothing_hostile_gets_into_the_page_or_the_terminal() -> None:
    hostile = [letter(message(result(1), system=HOSTILE), HOSTILE)]
    page = summary_page(counted(hostile), HOSTILE, NOW)
    assert "script" not in Page(page).tags
    assert "<script>" not in page
    assert "\x1b" not in page
    assert "\x1b" not in printed(summary_view(counted(hostile), NOW, 140))
