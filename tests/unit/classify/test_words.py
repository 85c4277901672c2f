"""The system's words are shown without what a bookkeeper should not see."""

import pytest

from export_adapter.classify.reading.causes import cause_of
from export_adapter.classify.reading.failure import Reader
from export_adapter.classify.rulebook.rule import Verdict
from export_adapter.classify.sentence import failure_reason, fill, fingerprint_of, readable, readable_field
from export_adapter.model import Failure, FailureReasonType
from export_adapter.text import MAX_REASON, shorten

GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("The <b>period</b> is<br/>closed", "The period is closed"),
        (f"Locked. CorrelationId: {GUID}.", "Locked."),
        ("Locked [Support ID: aB3~x%7EZ9]", "Locked"),
        (f"VismaId: {GUID}. Locked", "Locked"),
        (f"The entry {GUID} is locked", "The entry is locked"),
        ("Locked at line 4 Trace ID: 12ab-34cd Timestamp: 2026-05-04 08:00:00Z", "Locked at line 4"),
        (
            "Invalid Reference Id : Accounts element id 7 not found",
            "Invalid Reference Id: Accounts element id 7 not found",
        ),
        ("Locked, see https://erp.example/help?token=test", "Locked, see"),
        ("Bearer abcdef.ghijkl refused", "Bearer … refused"),
        ("access_token=abcdefgh refused", "access_token=… refused"),
        ('api key: "abcd-efgh" refused', "api key: '…' refused"),
        ("Write to jane.doe@erp.example", "Write to …"),
        ("Pay from DE89370400440532013000 now", "Pay from … now"),
        ("Card 4111 1111 1111 1111 refused", "Card … refused"),
        ("Document 2026000000000123 refused", "Document 2026000000000123 refused"),
        ("aB3" * 20 + " refused", "… refused"),
        ("Locked   at System.Web.Foo.Bar(String a)", "Locked"),
        ("Locked Traceback (most recent call last): x", "Locked"),
        ("Erp.Api.LockedException: Locked", "Locked"),
        ("NotFoundException - Account 6999 is gone", "Account 6999 is gone"),
        ("(soap:Client) Locked", "Locked"),
        ("Taken.: Use another..", "Taken: Use another."),
        ("Not valid [JDT1.Account][line: 1]", "Not valid"),
        ("Not [valid] {here}", "Not (valid) (here)"),
        ('Say "closed"', "Say 'closed'"),
        ("a\x00b\x1b[31mc\u202ed", "a b (31mc d"),
    ],
)
def test_words_are_cleaned(said: str, shown: str) -> None:
    assert readable(said) == shown


def test_a_text_is_cut_at_a_word() -> None:
    assert shorten("one two three", 20) == "one two three"
    assert shorten("one two three", 9) == "one two…"
    assert shorten("one two three", 8) == "one two…"
    assert shorten("abcdefghijkl", 5) == "abcd…"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("lineItems[0].taxRateId", "tax rate"),
        ("postings.amountGrossCurrency", "amount gross currency"),
        ("AccountRef", "account"),
        ("department.id", "department"),
        ("/data/attributes/due_date", "due date"),
        ("value", ""),
        ("[0]", ""),
    ],
)
def test_a_field_is_named_as_a_person_would(path: str, name: str) -> None:
    assert readable_field(path) == name


def test_parts_of_a_sentence_go_without_their_names() -> None:
    sentence = "[Account {account}|The account][, of {company},] is closed in {system}."
    assert fill(sentence, {"system": "Xero"}) == "The account is closed in Xero."
    assert fill(sentence, {"system": "Xero", "account": "4010"}) == "Account 4010 is closed in Xero."
    assert fill("{system} is closed.", {"system": "the system"}) == "The system is closed."


def test_the_longest_reason_is_cut_at_a_word_inside_its_quotation_marks() -> None:
    verdict = Verdict(
        FailureReasonType.UNEXPECTED_FAILURE,
        FailureReasonType.UNEXPECTED_FAILURE,
        retryable=False,
        sentence="Something happened.",
        quotes=True,
    )
    long = cause_of(message="word " * 300)
    reason = failure_reason(verdict, long, long, {}, "Xero")
    assert len(reason) <= MAX_REASON
    assert reason.startswith('Something happened. Xero says: "word word')
    assert reason.endswith('word…"')


def test_a_code_is_quoted_where_there_are_no_words() -> None:
    verdict = Verdict(
        FailureReasonType.UNEXPECTED_FAILURE,
        FailureReasonType.UNEXPECTED_FAILURE,
        retryable=False,
        sentence="Something happened.",
        quotes=True,
    )
    cause = cause_of(code="E-17")
    assert failure_reason(verdict, cause, cause, {}, "Xero").endswith('Xero says: "error E-17"')


def test_failures_of_one_kind_have_one_fingerprint() -> None:
    prints = {
        fingerprint_of(Reader().read(Failure(http_status=400, body={"code": "Q1", "message": message})))
        for message in (
            "Voucher 4711 of 'Jane' refused at 2026-01-01",
            "Voucher 815 of 'Joe' refused at 2027-12-31",
        )
    }
    assert prints == {"400 | q1 | voucher # of '…' refused at #"}
